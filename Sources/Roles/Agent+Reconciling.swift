public import Model

extension Agent.Wanted {
    /// The file that a machine is to have.
    fileprivate func file(on machine: ID<Machine>) -> UnitFile {
        if requirements.isGlobal, let roll, roll.machines.contains(machine) { return roll.file }
        return file
    }
}

extension Agent {
    /// Whether a unit is to be on this machine.
    public func runs(_ name: UnitName) -> Bool { target(name) != nil }

    /// What this machine is to have of a unit; nil when nothing.
    private func target(_ name: UnitName) -> (file: UnitFile, desired: DesiredState)? {
        guard let unit = wanted[name], unit.desired != .inactive, !name.isTemplate else { return nil }
        let isHere = unit.requirements.isGlobal ? ownGlobals.contains(name) : unit.machine == machine.id
        let file = unit.file(on: machine.id)
        if isHere, isRefused || contact.stopped.contains(name) { return (file, min(unit.desired, .loaded)) }
        return isHere ? (file, unit.desired) : nil
    }

    /// The global units that run here: those whose metadata it has and that conflict with nothing that is placed
    /// here; of two that conflict with each other the first by name.
    func runningGlobals() -> Set<UnitName> {
        if globals.isEmpty { return [] }
        var there = placed.filter { wanted[$0].map { $0.desired != .inactive && !$0.requirements.isGlobal } ?? false }
        var running: Set<UnitName> = []
        for name in globals.sorted() {
            guard let unit = wanted[name], unit.desired != .inactive, !name.isTemplate else { continue }
            let hasMetadata = unit.requirements.fits(metadata)
            let isFree = !there.contains { other in
                unit.requirements.conflicts.contains { $0.matches(other) }
                    || wanted[other]?.requirements.conflicts.contains { $0.matches(name) } ?? false
            }
            guard hasMetadata, isFree else { continue }
            there.insert(name)
            running.insert(name)
        }
        return running
    }

    mutating func reconcile(_ name: UnitName, andGlobals: Bool, _ effects: inout [Effect]) {
        if andGlobals { reconcileGlobals(besides: name, &effects) }
        reconcile(name, &effects)
    }

    /// Looks anew which global units run here.
    mutating func reconcileGlobals(besides name: UnitName? = nil, _ effects: inout [Effect]) {
        if globals.isEmpty, ownGlobals.isEmpty { return }
        let before = ownGlobals
        ownGlobals = runningGlobals()
        for other in before.symmetricDifference(ownGlobals).sorted() where other != name { reconcile(other, &effects) }
    }

    mutating func reconcile(_ name: UnitName, _ effects: inout [Effect]) {
        guard hasContents, busy[name] == nil else { return }
        let wasOvertaken = overtaken.remove(name) != nil
        guard let target = target(name) else {
            guard let have = local[name] else {
                failed[name] = nil
                return
            }
            let operation = Operation(kind: .unload, hash: have.hash, desired: .inactive)
            if failed[name] == operation { return }
            begin(operation, .unload(name), name, &effects)
            return
        }
        let hash = target.file.hash
        if let failure = failed[name], failure.kind != .unload, failure.hash == hash,
            failure.desired == target.desired
        {
            return
        }
        let starts = target.desired == .launched
        guard let have = local[name], have.hash == hash, !have.isBroken else {
            local[name] = Local(hash: hash, isLaunched: starts, state: local[name]?.state)
            let operation = Operation(kind: .load, hash: hash, desired: target.desired)
            begin(operation, .load(name, target.file, start: starts), name, &effects)
            return
        }
        if wasOvertaken, starts, have.isLaunched {
            local[name]?.isLaunched = false
            begin(Operation(kind: .stop, hash: hash, desired: .loaded), .stop(name), name, &effects)
            return
        }
        if have.isLaunched == starts { return }
        local[name]?.isLaunched = starts
        let operation = Operation(kind: starts ? .start : .stop, hash: hash, desired: target.desired)
        begin(operation, starts ? .start(name) : .stop(name), name, &effects)
    }

    private mutating func begin(
        _ operation: Operation, _ effect: Effect, _ name: UnitName, _ effects: inout [Effect]
    ) {
        if operation.kind == .unload { local[name]?.isLaunched = false }
        failed[name] = nil
        busy[name] = operation
        effects.append(effect)
    }

    mutating func finish(_ name: UnitName, _ failure: String?) {
        guard let operation = busy.removeValue(forKey: name) else { return }
        local[name]?.failure = failure
        if failure != nil {
            failed[name] = operation
            if operation.kind == .load { local[name]?.isBroken = true }
        } else if operation.kind == .unload {
            local[name] = nil
        } else if operation.kind == .load {
            local[name]?.isBroken = false
        }
    }

    /// Tells the store what changed since it was last told: of a unit that was destroyed until it is unloaded, too.
    mutating func publish(_ name: UnitName, _ effects: inout [Effect]) {
        guard isRegistered, hasContents else { return }
        guard let local = local[name], var state = local.state ?? failureState(local) else {
            let wasPublished = published.removeValue(forKey: name) != nil
            if stored.remove(name) != nil || wasPublished { effects.append(.publish(name, nil)) }
            return
        }
        state.hash = local.hash
        state.isLaunched = local.isLaunched
        if let failure = local.failure { state.note = failure }
        // A file that was not taken will not run by itself.
        if local.isBroken, state.active == .inactive { (state.active, state.sub) = (.failed, "failed") }
        if contact.stopped.contains(name) { state.note = "stopped: this machine was cut off from the store" }
        state.cpuPercent = nil
        state.memoryBytes = nil
        guard published[name] != state else { return }
        published[name] = state
        stored.insert(name)
        effects.append(.publish(name, state))
    }

    private func failureState(_ local: Local) -> UnitState? {
        local.failure.map { UnitState(load: "error", active: .failed, sub: "failed", isLaunched: false, note: $0) }
    }
}
