import Model

extension Agent {
    /// What this machine is to have of a unit; nil when nothing.
    private func target(_ name: UnitName) -> (file: UnitFile, desired: DesiredState)? {
        guard let unit = wanted[name], unit.desired != .inactive, !name.isTemplate else { return nil }
        if unit.requirements.isGlobal {
            return runsGlobal(name, unit.requirements) ? (unit.file, unit.desired) : nil
        }
        return unit.machine == machine.id ? (unit.file, unit.desired) : nil
    }

    /// A global unit runs where it has the metadata and conflicts with nothing that is placed there; of two global
    /// units that conflict the first by name runs.
    private func runsGlobal(_ name: UnitName, _ requirements: Requirements) -> Bool {
        let hasMetadata = requirements.metadata.allSatisfy { key, values in
            machine.metadata[key].map(values.contains) ?? false
        }
        guard hasMetadata else { return false }
        for (other, unit) in wanted where other != name && unit.desired != .inactive {
            let isHere = unit.machine == machine.id || (unit.requirements.isGlobal && other < name)
            guard isHere else { continue }
            if requirements.conflicts.contains(where: { $0.matches(other) }) { return false }
            if unit.requirements.conflicts.contains(where: { $0.matches(name) }) { return false }
        }
        return true
    }

    mutating func reconcile(_ name: UnitName, _ effects: inout [Effect]) {
        guard hasContents, !busy.contains(name) else { return }
        guard let target = target(name) else {
            failed[name] = nil
            if local[name] != nil { begin(.unload(name), name, &effects) }
            return
        }
        let hash = target.file.hash
        if let failure = failed[name], failure.hash == hash, failure.desired == target.desired { return }
        failed[name] = nil
        let starts = target.desired == .launched
        guard let have = local[name], have.hash == hash else {
            local[name] = Local(hash: hash, isLaunched: starts, state: local[name]?.state)
            begin(.load(name, target.file, start: starts), name, &effects)
            return
        }
        if have.isLaunched == starts { return }
        local[name]?.isLaunched = starts
        begin(starts ? .start(name) : .stop(name), name, &effects)
    }

    private mutating func begin(_ effect: Effect, _ name: UnitName, _ effects: inout [Effect]) {
        if case .unload = effect { local[name]?.isLaunched = false }
        busy.insert(name)
        effects.append(effect)
    }

    mutating func finish(_ name: UnitName, _ failure: String?) {
        busy.remove(name)
        let target = target(name)
        if let failure {
            if let target {
                failed[name] = (target.file.hash, target.desired, failure)
                local[name]?.failure = failure
            } else {
                local[name]?.failure = failure
            }
        } else {
            local[name]?.failure = nil
            if target == nil { local[name] = nil }
        }
    }

    /// Tells the store what changed since it was last told.
    mutating func publish(_ name: UnitName, _ effects: inout [Effect]) {
        guard isRegistered, hasContents else { return }
        guard let local = local[name], wanted[name] != nil, var state = local.state ?? failureState(local) else {
            if published.removeValue(forKey: name) != nil || stored.remove(name) != nil {
                effects.append(.publish(name, nil))
            }
            return
        }
        state.hash = local.hash
        state.isLaunched = local.isLaunched
        if let failure = local.failure { state.note = failure }
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
