public import Model

extension Schedule {
    /// The best machine for a unit, and why.
    func choose(_ unit: Int32, leaving: Int32, _ plan: inout PlanInProgress) -> (machine: Int32, reason: Reason)? {
        let number = units[Int(unit)].need
        let plain = needs[number].isPlain && (globs.isEmpty || matched[unit] == nil) && leaving < 0
        if plain || (leaving < 0 && matched[unit] == nil), plan.failed[number] == plan.takes,
            needs[number].requirements.peers.isEmpty
        {
            return nil
        }
        if !needs[number].isPlain {
            if let machineID = needs[number].requirements.machineID {
                return only(machine(called: machineID), unit, leaving, .named)
            }
            if let (machine, peer) = machineOfPeers(unit) { return only(machine, unit, leaving, .besidePeer(peer)) }
            if !needs[number].requirements.peers.isEmpty { return nil }
        }
        let pool = needs[number].pool
        let found = pools[pool].heap.first { plain || ($0 != leaving && misfit(unit, $0, staying: false) == nil) }
        guard let found else {
            plan.failed[number] = plan.takes
            return nil
        }
        return (found, .wanted(units: machines[Int(found)].load, machines: pools[pool].heap.count))
    }

    private func only(_ machine: Int32?, _ unit: Int32, _ leaving: Int32, _ reason: Reason) -> (Int32, Reason)? {
        guard let machine, machine != leaving, machines[Int(machine)].isPresent,
            misfit(unit, machine, staying: false) == nil
        else { return nil }
        return (machine, reason)
    }

    private func machine(called text: String) -> Int32? {
        if let number = machineNumber[ID(text)] { return number }
        guard text.utf8.count == 8 else { return nil }
        return machines.indices.filter { machines[$0].isPresent && machines[$0].id.short == text }
            .min { machines[$0].id < machines[$1].id }.map(Int32.init)
    }

    /// Where the peers are, by the first that is placed and not global.
    private func machineOfPeers(_ unit: Int32) -> (Int32, UnitName)? {
        for peer in needs[units[Int(unit)].need].requirements.peers {
            if let number = unitNumber[peer], units[Int(number)].machine >= 0 {
                return (units[Int(number)].machine, peer)
            }
        }
        return nil
    }

    /// What keeps a unit from a machine; nil when nothing does.
    ///
    /// - Parameter staying: it is there already; then scarce resources do not drive it away.
    func misfit(_ unit: Int32, _ machine: Int32, staying: Bool) -> Misfit? {
        let number = units[Int(unit)].need
        let there = machines[Int(machine)]
        if there.isDraining { return .draining }
        if !(needs[number].isPlain && needs[number].requirements.metadata.isEmpty) {
            if let misfit = namedMisfit(needs[number].requirements, there) { return misfit }
            if let misfit = peerMisfit(unit, machine) { return misfit }
        }
        if !globs.isEmpty, let misfit = globMisfit(unit, machine) { return misfit }
        return staying ? nil : resourceMisfit(needs[number].requirements, there)
    }

    private func namedMisfit(_ requirements: Requirements, _ machine: MachineRecord) -> Misfit? {
        if let wanted = requirements.machineID, wanted != machine.id.text, wanted != machine.id.short {
            return .otherMachine(wanted: wanted)
        }
        for (key, values) in requirements.metadata.sorted(by: { $0.key < $1.key }) {
            guard let value = machine.metadata[key], values.contains(value) else {
                return .lacksMetadata(key: key, values: values)
            }
        }
        return nil
    }

    private func peerMisfit(_ unit: Int32, _ machine: Int32) -> Misfit? {
        for peer in needs[units[Int(unit)].need].requirements.peers {
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

    private func globMisfit(_ unit: Int32, _ machine: Int32) -> Misfit? {
        let need = needs[units[Int(unit)].need]
        let own = matched[unit] ?? []
        let isThere: Int32 = units[Int(unit)].machine == machine ? 1 : 0
        for number in need.conflicts {
            let self_ = own.contains(number) ? isThere : 0
            if (globs.entries[number].matching[machine] ?? 0) > self_ {
                return .conflict(with: globs.entries[number].glob)
            }
        }
        for number in own {
            let self_ = need.conflicts.contains(number) ? isThere : 0
            if (globs.entries[number].conflicting[machine] ?? 0) > self_ {
                return .conflict(with: globs.entries[number].glob)
            }
            let replacing = need.replaces.contains(number) ? isThere : 0
            guard (globs.entries[number].replacing[machine] ?? 0) > replacing else { continue }
            if let by = replacer(of: unit, on: machine, globs.entries[number].glob), !replaces(unit, by) {
                return .givesWay(to: globs.entries[number].glob)
            }
        }
        return nil
    }

    /// The unit on a machine that replaces another by a pattern.
    func replacer(of unit: Int32, on machine: Int32, _ glob: Glob) -> UnitName? {
        machines[Int(machine)].units
            .filter { $0 != unit && needs[units[Int($0)].need].requirements.replaces.contains(glob) }
            .map { units[Int($0)].name }.min()
    }

    /// Units that replace each other do neither.
    private func replaces(_ unit: Int32, _ name: UnitName) -> Bool {
        needs[units[Int(unit)].need].requirements.replaces.contains { $0.matches(name) }
    }

    private func resourceMisfit(_ requirements: Requirements, _ machine: MachineRecord) -> Misfit? {
        if requirements.milliCPU > 0, machine.milliCPU > 0 {
            let free = machine.milliCPU - machine.milliCPUUsed
            if requirements.milliCPU > free { return .milliCPU(asked: requirements.milliCPU, free: max(0, free)) }
        }
        if requirements.memoryMiB > 0, machine.memoryMiB > 0 {
            let free = machine.memoryMiB - machine.memoryUsedMiB
            if requirements.memoryMiB > free { return .memory(asked: requirements.memoryMiB, free: max(0, free)) }
        }
        return nil
    }

    func whyNowhere(_ unit: Int32, leaving: Int32, _ plan: inout PlanInProgress) -> Reason {
        let number = units[Int(unit)].need
        guard matched[unit] == nil else { return whyNowhere(unit, leaving: leaving) }
        if let known = plan.reasons[number] { return known }
        let reason = whyNowhere(unit, leaving: leaving)
        plan.reasons[number] = reason
        return reason
    }

    /// Counts what keeps a unit from every machine.
    func whyNowhere(_ unit: Int32, leaving: Int32) -> Reason {
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
            .sorted { ($1.machines, $0.misfit.sentence) < ($0.machines, $1.misfit.sentence) }
        return .noMachineFits(sorted)
    }
}

/// Why a unit is where it is, or nowhere: machine by machine.
public struct Explanation: Hashable, Sendable {
    /// What holds for one machine.
    public struct Line: Hashable, Sendable {
        /// The machine.
        public let machine: ID<Machine>
        /// How many units it has.
        public let units: Int
        /// What keeps the unit from it; nil when it fits.
        public let misfit: Misfit?
        /// The unit is placed there.
        public let isPlacement: Bool
    }

    /// By machine ID.
    public let lines: [Line]
}

extension Schedule {
    /// How every machine stands to a unit; nil when there is no such unit.
    public func explain(_ name: UnitName) -> Explanation? {
        guard let unit = unitNumber[name], units[Int(unit)].isPresent else { return nil }
        let own = units[Int(unit)].machine
        let lines = machines.indices.filter { machines[$0].isPresent }.map { at in
            Explanation.Line(
                machine: machines[at].id, units: machines[at].load,
                misfit: misfit(unit, Int32(at), staying: Int32(at) == own), isPlacement: Int32(at) == own)
        }
        return Explanation(lines: lines.sorted { $0.machine < $1.machine })
    }

    /// The machines that a global unit runs on, or that any unit could be moved to, by ID.
    public func machinesThatFit(_ name: UnitName) -> [ID<Machine>] {
        (explain(name)?.lines ?? []).filter { $0.misfit == nil }.map(\.machine)
    }
}
