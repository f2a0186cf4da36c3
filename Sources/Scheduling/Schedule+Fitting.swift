import Model

extension Schedule {
    /// Units for which the same machines fit: what they ask, which patterns match them, and where they are to leave.
    struct Kind: Hashable {
        var need: Int32
        var leaving: Int32
        var matched: [Int]
    }

    func kind(_ unit: Int32, leaving: Int32) -> Kind {
        let own = units[Int(unit)].isMatched ? matched[unit] ?? [] : []
        return Kind(need: units[Int(unit)].need, leaving: leaving, matched: own)
    }

    /// The best machine for a unit, and why.
    func choose(_ unit: Int32, leaving: Int32, _ plan: inout PlanInProgress) -> (machine: Int32, reason: Reason)? {
        let number = Int(units[Int(unit)].need)
        if needs[number].isTied { return chooseTied(unit, needs[number].requirements, leaving) }
        let pool = needs[number].pool
        let isFree = needs[number].isPlain && !units[Int(unit)].isMatched
        if isFree, let top = pools[pool].heap.top, top != leaving { return (top, wanted(top, pool)) }
        if isFree, pools[pool].heap.count == 0 { return nil }
        let kind = kind(unit, leaving: leaving)
        if plan.failed[kind] == plan.takes { return nil }
        if needs[number].hasPreferences, let found = choosePreferred(unit, leaving) { return found }
        let found = pools[pool].heap.first { $0 != leaving && (isFree || scarcity(unit, number, $0) == nil) }
        guard let found else {
            plan.failed[kind] = plan.takes
            return nil
        }
        return (found, wanted(found, pool))
    }

    /// Of the machines that fit the one that is nearest to what a unit would like, of those the one with least load.
    private func choosePreferred(_ unit: Int32, _ leaving: Int32) -> (Int32, Reason)? {
        let number = Int(units[Int(unit)].need)
        var best: (machine: Int32, dislikes: Dislikes)?
        _ = pools[needs[number].pool].heap.first { machine in
            guard machine != leaving, scarcity(unit, number, machine) == nil else { return false }
            let dislikes = dislikes(unit, machine)
            if dislikes.count < best?.dislikes.count ?? .max { best = (machine, dislikes) }
            return dislikes.count == 0
        }
        return best.map { ($0.machine, .preferred($0.dislikes, units: machines[Int($0.machine)].load)) }
    }

    /// What a unit would rather not have on a machine.
    func dislikes(_ unit: Int32, _ machine: Int32) -> Dislikes {
        let need = needs[Int(units[Int(unit)].need)]
        let own = units[Int(unit)].isMatched && isOn(unit, machine) ? matched[unit] ?? [] : []
        let beside = need.avoids.reduce(0) { sum, glob in
            sum + Int(globs.entries[glob].matching[machine] ?? 0) - (own.contains(glob) ? 1 : 0)
        }
        let unmet = need.requirements.prefers.count { !$0.holds(for: machines[Int(machine)].metadata) }
        return Dislikes(beside: beside, unmet: unmet)
    }

    private func wanted(_ machine: Int32, _ pool: Int) -> Reason {
        .wanted(units: machines[Int(machine)].load, machines: pools[pool].heap.count)
    }

    private func chooseTied(_ unit: Int32, _ asked: Requirements, _ leaving: Int32) -> (Int32, Reason)? {
        if let text = asked.machineID { return only(machine(called: text), unit, leaving, .named) }
        for peer in asked.peers {
            guard let number = unitNumber[peer], !globals.contains(number) else { continue }
            return only(units[Int(number)].machine, unit, leaving, .besidePeer(peer))
        }
        // All peers are global: any machine that has them.
        guard let peer = asked.peers.first else { return nil }
        let pool = needs[Int(units[Int(unit)].need)].pool
        let found = pools[pool].heap.first { $0 != leaving && misfit(unit, $0, staying: false) == nil }
        return found.map { ($0, .besidePeer(peer)) }
    }

    private func only(_ machine: Int32?, _ unit: Int32, _ leaving: Int32, _ reason: Reason) -> (Int32, Reason)? {
        guard let machine, machine >= 0, machine != leaving, machines[Int(machine)].isPresent,
            misfit(unit, machine, staying: false) == nil
        else { return nil }
        return (machine, reason)
    }

    private func machine(called text: String) -> Int32? {
        if let number = machineNumber[ID(text)] { return number }
        return (machinesByShortID[text] ?? []).filter { machines[Int($0)].isPresent }
            .min { machines[Int($0)].id < machines[Int($1)].id }
    }

    /// What keeps a unit from a machine that is present; nil when nothing does.
    ///
    /// - Parameter staying: it is there already; then scarce resources and global units do not drive it away.
    func misfit(_ unit: Int32, _ machine: Int32, staying: Bool) -> Misfit? {
        let number = Int(units[Int(unit)].need)
        if machines[Int(machine)].isAwaited { return staying ? nil : .absent }
        if machines[Int(machine)].isDraining { return .draining }
        if let wanted = needs[number].requirements.machineID, wanted != machines[Int(machine)].id.text,
            wanted != machines[Int(machine)].id.short
        {
            return .otherMachine(wanted: wanted)
        }
        for (key, values) in needs[number].metadata {
            guard let value = machines[Int(machine)].metadata[key], values.contains(value) else {
                return .lacksMetadata(key: key, values: values)
            }
        }
        for rule in needs[number].requirements.rules where !rule.holds(for: machines[Int(machine)].metadata) {
            return .breaksRule(rule)
        }
        if needs[number].isTied, let misfit = peerMisfit(needs[number].requirements.peers, machine) { return misfit }
        guard staying else { return scarcity(unit, number, machine) }
        guard let misfit = globMisfit(unit, number, machine) else { return nil }
        if case .conflict = misfit, !globals.isEmpty, !conflictsWithPlaced(unit, machine) { return nil }
        return misfit
    }

    private func peerMisfit(_ peers: [UnitName], _ machine: Int32) -> Misfit? {
        for peer in peers {
            guard let number = unitNumber[peer], units[Int(number)].isPresent else { return .peerNotPlaced(peer) }
            if globals.contains(number) {
                if !carries(machines[Int(machine)], number) { return .peerElsewhere(peer) }
            } else if units[Int(number)].machine < 0 {
                return .peerNotPlaced(peer)
            } else if units[Int(number)].machine != machine {
                return .peerElsewhere(peer)
            }
        }
        return nil
    }

    /// What is in the way on a machine that has all the metadata asked for.
    private func scarcity(_ unit: Int32, _ number: Int, _ machine: Int32) -> Misfit? {
        if needs[number].hasGlobs || units[Int(unit)].isMatched,
            let misfit = globMisfit(unit, number, machine)
        {
            return misfit
        }
        return processorShortage(unit, number, machine) ?? memoryShortage(unit, number, machine)
    }

    private func processorShortage(_ unit: Int32, _ number: Int, _ machine: Int32) -> Misfit? {
        let (asked, at) = (needs[number].milliCPU, Int(machine))
        guard asked > 0, machines[at].milliCPU > 0 else { return nil }
        let free = machines[at].milliCPU - machines[at].milliCPUUsed + (isOn(unit, machine) ? asked : 0)
        return asked > free ? .milliCPU(asked: asked, free: max(0, free)) : nil
    }

    private func memoryShortage(_ unit: Int32, _ number: Int, _ machine: Int32) -> Misfit? {
        let (asked, at) = (needs[number].memoryMiB, Int(machine))
        guard asked > 0, machines[at].memoryMiB > 0 else { return nil }
        let free = machines[at].memoryMiB - machines[at].memoryUsedMiB + (isOn(unit, machine) ? asked : 0)
        return asked > free ? .memory(asked: asked, free: max(0, free)) : nil
    }

    /// All that keeps a unit from a machine where it is not, in the order in which the scheduler looks.
    func misfits(_ unit: Int32, _ machine: Int32) -> [Misfit] {
        let number = Int(units[Int(unit)].need)
        if machines[Int(machine)].isAwaited { return [.absent] }
        var found: [Misfit] = machines[Int(machine)].isDraining ? [.draining] : []
        let id = machines[Int(machine)].id
        if let wanted = needs[number].requirements.machineID, wanted != id.text, wanted != id.short {
            found.append(.otherMachine(wanted: wanted))
        }
        found += needs[number].metadata.compactMap { key, values in
            let isThere = machines[Int(machine)].metadata[key].map(values.contains) ?? false
            return isThere ? nil : .lacksMetadata(key: key, values: values)
        }
        found += needs[number].requirements.rules.filter { !$0.holds(for: machines[Int(machine)].metadata) }
            .map { .breaksRule($0) }
        found += needs[number].requirements.peers.compactMap { peerMisfit([$0], machine) }
        let scarce = [
            globMisfit(unit, number, machine), processorShortage(unit, number, machine),
            memoryShortage(unit, number, machine),
        ]
        return found + scarce.compactMap { $0 }
    }

    private func isOn(_ unit: Int32, _ machine: Int32) -> Bool { units[Int(unit)].machine == machine }

    private func globMisfit(_ unit: Int32, _ number: Int, _ machine: Int32) -> Misfit? {
        let own = units[Int(unit)].isMatched ? matched[unit] ?? [] : []
        if own.isEmpty, !needs[number].hasGlobs { return nil }
        let isThere: Int32 = isOn(unit, machine) ? 1 : 0
        for glob in needs[number].conflicts {
            let itself = isThere > 0 && own.contains(glob) ? isThere : 0
            if (globs.entries[glob].matching[machine] ?? 0) > itself {
                return .conflict(with: globs.entries[glob].glob)
            }
        }
        for glob in own {
            let itself = isThere > 0 && needs[number].conflicts.contains(glob) ? isThere : 0
            if (globs.entries[glob].conflicting[machine] ?? 0) > itself {
                return .conflict(with: globs.entries[glob].glob)
            }
            if globs.entries[glob].replacing.isEmpty { continue }
            let replacing = needs[number].replaces.contains(glob) ? isThere : 0
            guard (globs.entries[glob].replacing[machine] ?? 0) > replacing else { continue }
            if replacer(of: unit, on: machine, globs.entries[glob].glob) != nil {
                return .givesWay(to: globs.entries[glob].glob)
            }
        }
        return nil
    }

    /// The unit on a machine that replaces another by a pattern; units that replace each other do neither.
    func replacer(of unit: Int32, on machine: Int32, _ glob: Glob) -> UnitName? {
        let own = needs[Int(units[Int(unit)].need)].requirements.replaces
        return machines[Int(machine)].units
            .filter { $0 != unit && needs[Int(units[Int($0)].need)].requirements.replaces.contains(glob) }
            .map { units[Int($0)].name }
            .filter { name in !own.contains { $0.matches(name) } }
            .min()
    }

    /// Whether a unit conflicts with one that is placed beside it: a global one would be the one to give way.
    private func conflictsWithPlaced(_ unit: Int32, _ machine: Int32) -> Bool {
        let name = units[Int(unit)].name
        let own = needs[Int(units[Int(unit)].need)].requirements.conflicts
        return machines[Int(machine)].units.contains { other in
            if other == unit || globals.contains(other) { return false }
            let others = needs[Int(units[Int(other)].need)].requirements.conflicts
            return own.contains { $0.matches(units[Int(other)].name) } || others.contains { $0.matches(name) }
        }
    }

    // MARK: Reasons

    func whyNowhere(_ unit: Int32, leaving: Int32, _ plan: inout PlanInProgress) -> Reason {
        let kind = kind(unit, leaving: leaving)
        if let known = plan.reasons[kind] { return known }
        let reason = whyNowhere(unit, leaving: leaving)
        plan.reasons[kind] = reason
        return reason
    }

    /// Counts what keeps a unit from every machine.
    func whyNowhere(_ unit: Int32, leaving: Int32) -> Reason {
        if presentCount == 0 { return .noMachines }
        for peer in needs[Int(units[Int(unit)].need)].requirements.peers {
            let number = unitNumber[peer]
            let isSomewhere = number.map { units[Int($0)].machine >= 0 || globals.contains($0) } ?? false
            if !isSomewhere {
                return .noMachineFits([MisfitCount(misfit: .peerNotPlaced(peer), machines: presentCount)])
            }
        }
        var counts: [Misfit: Int] = [:]
        for at in machines.indices where machines[at].isPresent {
            if Int32(at) == leaving, !machines[at].isDraining {
                counts[.leaving, default: 0] += 1
            } else if let misfit = misfit(unit, Int32(at), staying: false) {
                counts[misfit.kind, default: 0] += 1
            }
        }
        if counts.isEmpty { return .noMachines }
        let sorted = counts.map { MisfitCount(misfit: $0.key, machines: $0.value) }
            .sorted { ($1.machines, $0.misfit.plural) < ($0.machines, $1.misfit.plural) }
        return .noMachineFits(sorted)
    }
}
