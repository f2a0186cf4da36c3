import Model

extension Survey {
    /// How long a unit may take to start or stop, or a machine to tell of a unit that it got.
    static let slow: Duration = .seconds(120)
    static let unheard: Duration = .seconds(60)

    mutating func findUnits() {
        for key in known.suspects?.sorted() ?? allUnits {
            guard let part = inventory.clusters[key.cluster], let unit = part.units[key.name] else { continue }
            find(unit, key, part)
        }
        nameFailures()
        findSick()
    }

    /// Every unit that may have a problem; those that run as they should are most, and cost one look each.
    private var allUnits: [UnitKey] {
        inventory.clusters.values.flatMap { part in
            part.units.values.filter { isSuspect($0, part) }.map { UnitKey(part.cluster.id, $0.name) }
        }.sorted()
    }

    private func isSuspect(_ unit: Unit, _ part: Inventory.ClusterPart) -> Bool {
        if unit.waiting != nil || unit.move != nil || unit.isBouncing(at: now) { return true }
        if let placement = unit.placement {
            guard part.machines[placement.machine] != nil, let state = unit.states[placement.machine] else {
                return true
            }
            return state.active != .active
        }
        return unit.desired != .inactive && unit.states.values.contains { $0.active != .active }
    }

    private mutating func find(_ unit: Unit, _ key: UnitKey, _ part: Inventory.ClusterPart) {
        if let waiting = unit.waiting { return addWaiting(waiting, key) }
        if let placement = unit.placement, part.machines[placement.machine] == nil {
            return addLost(placement, key)
        }
        if let refusal = unit.move?.refusal { addRefusal(refusal, key) }
        guard !unit.states.isEmpty || unit.placement == nil else { return addUnheard(unit, key) }
        for (machine, state) in unit.states.sorted(by: { $0.key < $1.key }) {
            guard unit.placement == nil || unit.placement?.machine == machine else { continue }
            find(state, of: unit, on: machine, key)
        }
    }

    private mutating func find(_ state: UnitState, of unit: Unit, on machine: ID<Machine>, _ key: UnitKey) {
        switch state.active {
        case .failed: addFailure(state, unit, machine, key)
        case .activating where state.sub == "auto-restart": addFailure(state, unit, machine, key)
        case .active where state.isBouncing(at: now): addFailure(state, unit, machine, key)
        case .activating, .deactivating, .reloading: addSlow(state, machine, key)
        case .inactive where unit.desired == .launched && !state.hasJob && !state.isDone: addIdle(state, machine, key)
        case .maintenance, .other: addIdle(state, machine, key)
        case .active, .inactive: break
        }
    }

    private func touch(_ key: UnitKey, on machine: ID<Machine>?, _ draft: inout Draft) {
        draft.units += 1
        draft.clusters.insert(key.cluster)
        draft.related.families.insert(family(of: key.name))
        draft.related.clusters.insert(key.cluster)
        guard let machine else { return }
        draft.related.machines.insert(machine)
        if let vm = inventory.clusters[key.cluster]?.machines[machine]?.vm {
            draft.vms.insert(vm)
        } else {
            draft.bare.insert(machine)
        }
    }

    private mutating func addWaiting(_ waiting: Unit.Waiting, _ key: UnitKey) {
        var draft = begin(.unitWaits, "\(key.cluster) \(withoutNumbers(waiting.why))", .warning, .unit(key))
        draft.one = "waits: \(waiting.why)"
        draft.many = "wait: \(waiting.why)"
        draft.began(waiting.since)
        touch(key, on: nil, &draft)
        draft.say(waiting.since, "scheduler of \(key.cluster)", "\(key.name): \(waiting.why)")
        drafts[draft.key] = draft
    }

    private mutating func addLost(_ placement: Placement, _ key: UnitKey) {
        let taker = takers[placement.machine]
        let left = inventory.gone[placement.machine]
        let name = left?.machine.name ?? placement.machine.short
        var draft = begin(.unitLost, "\(key.cluster) \(taker?.group ?? placement.machine.text)", .critical, .unit(key))
        draft.one = "is placed on \(name), which is gone"
        draft.many = "are placed on machines that are gone"
        draft.began(left?.at)
        touch(key, on: nil, &draft)
        draft.related.machines.insert(placement.machine)
        let fate = left == nil ? "is not in the cluster" : "left"
        draft.say(left?.at, "store of \(key.cluster)", "\(name) \(fate); \(key.name) is still placed there")
        if let taker { draft.cause = .because(taker, "its machine was taken away by that") }
        drafts[draft.key] = draft
    }

    private mutating func addRefusal(_ refusal: String, _ key: UnitKey) {
        var draft = begin(.moveRefused, key.description, .warning, .unit(key))
        draft.one = "was not moved: \(refusal)"
        touch(key, on: nil, &draft)
        draft.say(nil, "scheduler of \(key.cluster)", refusal)
        drafts[draft.key] = draft
    }

    private mutating func addUnheard(_ unit: Unit, _ key: UnitKey) {
        guard let placement = unit.placement, unit.desired != .inactive else { return }
        guard let since = placement.since, now.since(since) > Self.unheard else { return }
        let machine = inventory.name(of: placement.machine, in: key.cluster)
        var draft = begin(.unitUnheard, "\(key.cluster) \(placement.machine)", .warning, .unit(key))
        draft.one = "was placed on \(machine) \(now.since(since).brief) ago, and \(machine) tells nothing of it"
        draft.many = "were placed on \(machine), and it tells nothing of them"
        draft.began(since)
        touch(key, on: placement.machine, &draft)
        draft.say(since, "scheduler of \(key.cluster)", "placed \(key.name) on \(machine)")
        draft.say(nil, "machine \(machine)", "is in its cluster")
        drafts[draft.key] = draft
    }

    private mutating func addSlow(_ state: UnitState, _ machine: ID<Machine>, _ key: UnitKey) {
        guard let since = state.since, now.since(since) > Self.slow else { return }
        let word = state.active == .deactivating ? "stopping" : state.active == .reloading ? "reloading" : "starting"
        var draft = begin(.unitSlow, "\(key.cluster) \(family(of: key.name)) \(word)", .warning, .unit(key))
        draft.one = "has been \(word) for \(now.since(since).brief)"
        draft.many = "have been \(word) for long"
        draft.began(since)
        touch(key, on: machine, &draft)
        draft.say(since, "machine \(inventory.name(of: machine, in: key.cluster))", said(state, key))
        drafts[draft.key] = draft
    }

    private mutating func addIdle(_ state: UnitState, _ machine: ID<Machine>, _ key: UnitKey) {
        var draft = begin(.unitIdle, "\(key.cluster) \(family(of: key.name))", .warning, .unit(key))
        draft.one = "is wanted launched, and is \(state.active.word) (\(state.sub))"
        draft.many = "are wanted launched, and do not run"
        draft.began(state.since)
        touch(key, on: machine, &draft)
        draft.say(state.since, "machine \(inventory.name(of: machine, in: key.cluster))", said(state, key))
        drafts[draft.key] = draft
    }

    func said(_ state: UnitState, _ key: UnitKey) -> String {
        "\(key.name) is \(state.active.word) (\(state.sub))" + (state.note.map { ": \($0)" } ?? "")
    }

    /// What instances of one template have in common; else the name itself.
    func family(of name: UnitName) -> String { name.template?.text ?? name.text }
}
