import Model
import Screen

/// What is done to objects at hand, without further choices.
enum Action: String, Sendable {
    case start, stop, restart, unload, drain, destroy, delete
}

extension Console {
    /// Asks for an action on the targets: at once where nothing is lost, else after a question.
    mutating func ask(_ action: Action) -> [Effect] {
        let targets = targets
        let orders = self.orders(action, targets)
        if let refusal = roleRefusal(orders.compactMap(\.cluster)) {
            tell(refusal, .warning)
            return []
        }
        guard !orders.isEmpty else {
            tell("there is nothing to \(action.rawValue)")
            return []
        }
        let isUndrain = action == .drain && orders.allSatisfy { if case .undrain = $0 { true } else { false } }
        if (action == .start && targets.count == 1) || isUndrain { return send(orders) }
        dialog = .confirmation(confirmation(action, targets, orders))
        return []
    }

    /// The orders that an action on objects comes to.
    func orders(_ action: Action, _ targets: [Subject]) -> [Order] {
        if action == .drain {
            let machines = drained
            let isUndrain = !machines.isEmpty && machines.allSatisfy(\.machine.isDraining)
            return machines.map { isUndrain ? .undrain($0.cluster, $0.machine.id) : .drain($0.cluster, $0.machine.id) }
        }
        return targets.compactMap { target in
            switch target {
            case .unit(let key): order(action, key)
            case .vm(let id): facts.inventory.vm(id).flatMap { order(action, $0) }
            case .server, .cluster, .machine, .cloud, .source: nil
            }
        }
    }

    private func order(_ action: Action, _ key: UnitKey) -> Order? {
        if facts.inventory.unit(key)?.isDestroyed == true { return nil }
        return switch action {
        case .start: start(key)
        case .stop: .want(key.cluster, key.name, .loaded)
        case .unload: .want(key.cluster, key.name, .inactive)
        case .restart: .restart(key.cluster, key.name, on: facts.inventory.unit(key)?.placement?.machine)
        case .destroy: .destroy(key.cluster, key.name)
        case .drain, .delete: nil
        }
    }

    /// What is wanted launched already and does not run is started by a restart; wanting it once more does nothing.
    private func start(_ key: UnitKey) -> Order {
        guard let unit = facts.inventory.unit(key), unit.desired == .launched, let state = unit.state,
            state.active == .failed || state.active == .inactive
        else { return .want(key.cluster, key.name, .launched) }
        return .restart(key.cluster, key.name, on: unit.placement?.machine)
    }

    private func order(_ action: Action, _ vm: VM) -> Order? {
        switch action {
        case .start: .act(vm.cloud, vm.id, .start)
        case .stop: .act(vm.cloud, vm.id, .stop)
        case .restart: .act(vm.cloud, vm.id, .reboot(isHard: false))
        case .delete: .act(vm.cloud, vm.id, .delete)
        case .drain, .destroy, .unload: nil
        }
    }

    /// Sends orders out, and keeps them; looks at the lock once more, it may have closed meanwhile.
    mutating func send(_ orders: [Order]) -> [Effect] {
        if let refusal = lock ?? roleRefusal(orders.compactMap(\.cluster)) {
            tell(refusal, .warning)
            return []
        }
        var effects: [Effect] = []
        for order in orders {
            let number = (self.orders.last?.number ?? 0) + 1
            self.orders.append(
                OrderRecord(
                    number: number, order: order, phrase: phrase(order), askedAt: clock, undo: undo(of: order)))
            effects.append(.order(number, order))
            grow(order)
        }
        if self.orders.count > Limits.orders { self.orders.removeFirst(self.orders.count - Limits.orders) }
        panes[focus.rawValue].marks = []
        tell(orders.count == 1 ? "asked: \(phrase(orders[0]))" : "asked: \(orders.count) orders", .changing)
        return effects
    }

    /// What an order asks, with names instead of IDs.
    func phrase(_ order: Order) -> String {
        switch order {
        case .move(let cluster, let name, let machine?):
            "move \(name) to \(facts.inventory.name(of: machine, in: cluster))"
        case .drain(let cluster, let machine): "drain \(facts.inventory.name(of: machine, in: cluster))"
        case .undrain(let cluster, let machine): "undo the drain of \(facts.inventory.name(of: machine, in: cluster))"
        case .scale(let cluster, let count, _): "scale \(facts.name(of: .cluster(cluster))) to \(count)"
        case .act(_, let vm, .start): "switch on VM \(facts.name(of: .vm(vm)))"
        case .act(_, let vm, .stop): "switch off VM \(facts.name(of: .vm(vm)))"
        case .act(_, let vm, let action): "\(action.verb) VM \(facts.name(of: .vm(vm)))"
        case .submit, .want, .destroy, .restart, .move, .roll, .endRoll, .createVM: order.phrase
        }
    }

    private func undo(of order: Order) -> Order? {
        switch order {
        case .want(let cluster, let name, let wanted):
            guard let before = facts.inventory.unit(UnitKey(cluster, name))?.desired, before != wanted else {
                return nil
            }
            return .want(cluster, name, before)
        case .drain(let cluster, let machine): return .undrain(cluster, machine)
        case .undrain(let cluster, let machine): return .drain(cluster, machine)
        case .act(let cloud, let vm, let action): return action.undo.map { .act(cloud, vm, $0) }
        case .move(let cluster, let name, _):
            let before = facts.inventory.unit(UnitKey(cluster, name))?.placement?.machine
            return before.map { .move(cluster, name, to: $0) }
        case .scale(let cluster, _, _):
            guard let part = facts.inventory.clusters[cluster] else { return nil }
            return .scale(cluster, to: part.cluster.wanted ?? part.machines.count, VMChoice())
        case .submit, .destroy, .restart, .roll, .endRoll, .createVM: return nil
        }
    }

    private mutating func grow(_ order: Order) {
        guard case .scale(let cluster, let count, _) = order, let part = facts.inventory.clusters[cluster] else {
            return
        }
        let before = part.machines.count
        guard count > before else { return }
        growths.removeAll { $0.cluster == cluster }
        growths.append(
            Growth(
                cluster: cluster, from: before, to: count, askedAt: clock, known: Set(facts.vmsOf[cluster] ?? [])))
    }

    /// What an order is about.
    static func subject(of order: Order) -> Subject {
        switch order {
        case .submit(let cluster, let name, _, _), .want(let cluster, let name, _), .destroy(let cluster, let name),
            .restart(let cluster, let name, _), .move(let cluster, let name, _), .roll(let cluster, let name, _, _),
            .endRoll(let cluster, let name, _):
            .unit(UnitKey(cluster, name))
        case .drain(let cluster, let machine), .undrain(let cluster, let machine): .machine(cluster, machine)
        case .scale(let cluster, _, _): .cluster(cluster)
        case .createVM(let cloud, _): .cloud(cloud)
        case .act(_, let vm, _): .vm(vm)
        }
    }

    /// Submits a file that was read to the cluster at hand.
    mutating func submit(_ name: UnitName, _ file: UnitFile) -> [Effect] {
        guard let cluster else {
            tell("select the cluster that \(name) is for", .warning)
            return []
        }
        return send([.submit(cluster, name, file, .inactive)])
    }
}
