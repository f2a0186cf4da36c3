import Model
import Screen

extension Pane {
    static let units: Pane = Pane(
        id: .units, title: "Units",
        columns: [
            Column(
                key: "unit", title: "UNIT", width: 20, least: 12, growth: 28, priority: 0, fit: .middle, isNames: true,
                ending: ".service"),
            Column(
                key: "cluster", title: "CLUSTER", width: 10, least: 10, growth: 16, priority: 3, fit: .middle,
                isNames: true),
            Column(key: "desired", title: "DESIRED", width: 8, priority: 7),
            Column(key: "active", title: "ACTIVE", width: 10, priority: 0),
            Column(key: "sub", title: "SUB", width: 12, least: 9, priority: 4),
            Column(key: "machine", title: "MACHINE", width: 8, priority: 10),
            Column(key: "vm", title: "VM", width: 12, least: 6, growth: 18, priority: 2, fit: .middle, isNames: true),
            Column(
                key: "server", title: "SERVER", width: 9, least: 7, growth: 12, priority: 5, fit: .middle,
                isNames: true),
            Column(key: "since", title: "SINCE", width: 5, priority: 6, fit: .right, isSearched: false),
            Column(key: "cpu", title: "CPU", width: 5, priority: 8, fit: .right, isSearched: false),
            Column(key: "mem", title: "MEM", width: 5, priority: 9, fit: .right, isSearched: false),
            Column(key: "restarts", title: "RST", width: 4, priority: 11, fit: .right, isSearched: false),
            Column(key: "why", title: "WHY", width: 32, least: 16, growth: 1_000, priority: 1),
        ],
        word: { subject, column, facts in
            guard case .unit(let key) = subject, let part = facts.inventory.clusters[key.cluster],
                let unit = part.units[key.name]
            else { return .none }
            return facts.word(of: unit, in: part, column)
        },
        entries: { facts in
            facts.inventory.clusters.values.flatMap { part in
                part.units.map { (key: UnitKey(part.cluster.id, $0), condition: facts.condition($1, in: part)) }
            }
            .sorted { $0.key < $1.key }.map { (.unit($0.key), $0.condition) }
        },
        emptiness: "no unit in this context",
        texts: { facts in
            let carriers = facts.carriers
            return { facts.searchedTexts(of: $0, carriers) }
        })
}

extension Facts {
    /// The texts by which the filter finds a unit on a machine: the machine, its VM, its server.
    fileprivate var carriers: [ID<Machine>: [String]] {
        var carriers: [ID<Machine>: [String]] = [:]
        for part in inventory.clusters.values {
            for machine in part.machines.values {
                let vm = machine.vm.flatMap { inventory.vm($0) }
                let server = vm?.server.flatMap { inventory.server($0) }
                carriers[machine.id] = [machine.id.short, vm?.name ?? machine.name, server?.name ?? ""]
            }
        }
        return carriers
    }

    /// The searched columns of a unit, in their order.
    fileprivate func searchedTexts(of subject: Subject, _ carriers: [ID<Machine>: [String]]) -> [String] {
        guard case .unit(let key) = subject, let part = inventory.clusters[key.cluster], let unit = part.units[key.name]
        else { return Array(repeating: "", count: 9) }
        let carrier = unit.placement.map { carriers[$0.machine] ?? [$0.machine.short, "gone", ""] }
        let state = unit.state
        return [
            unit.name.text, part.cluster.name, desired(unit), state?.active.word ?? "", sub(unit).text,
        ] + (carrier ?? [unit.isGlobal ? "global" : "", "", ""]) + [why(unit, in: part) ?? ""]
    }

    fileprivate func word(of unit: Unit, in part: Inventory.ClusterPart, _ column: Int) -> Word {
        switch column {
        case 0: return Word(unit.name.text)
        case 1: return cluster(part.cluster.id)
        case 2: return Word(desired(unit), unit.desired == .launched ? .text : .dim)
        case 3: return unit.state.map { Word($0.active.word, face($0, unit)) } ?? .none
        case 4: return sub(unit)
        case 5, 6, 7: return place(unit, in: part, column)
        case 8: return age(unit.state?.since ?? unit.waiting?.since ?? unit.placement?.since, now)
        case 9: return figure(unit) { Figure.percent($0.cpuPercent) }
        case 10: return figure(unit) { Figure.bytes($0.memoryBytes) }
        case 11: return restarts(unit.state?.restarts ?? 0)
        default: return why(unit, in: part).map { Word($0, condition(unit, in: part).face) } ?? .empty
        }
    }

    private func desired(_ unit: Unit) -> String { unit.isDestroyed ? "gone" : unit.desired.rawValue }

    private func face(_ state: UnitState, _ unit: Unit) -> Face {
        switch state.active {
        case .active: .good
        case .failed: .critical
        case .activating, .deactivating, .reloading: state.sub == "auto-restart" ? .warning : .changing
        case .inactive: unit.desired == .launched && !state.isDone ? .warning : .dim
        case .maintenance, .other: .warning
        }
    }

    private func sub(_ unit: Unit) -> Word {
        if let state = unit.state, state.isDone { return Word("done", .good) }
        if let state = unit.state { return Word(state.sub, state.active == .failed ? .critical : .text) }
        if unit.waiting != nil { return Word("waiting", .warning) }
        return unit.desired == .inactive ? .none : Word("asked", .changing)
    }

    private func place(_ unit: Unit, in part: Inventory.ClusterPart, _ column: Int) -> Word {
        if unit.isGlobal {
            let text = column == 5 ? "global" : column == 6 ? "\(unit.states.count)/\(part.machines.count)" : ""
            return Word(text, .dim)
        }
        guard let placement = unit.placement else { return .none }
        guard let machine = part.machines[placement.machine] else {
            return column == 7 ? .none : Word(column == 5 ? placement.machine.short : "gone", .critical)
        }
        switch column {
        case 5: return Word(machine.id.short, .dim)
        case 6: return Word(machine.vm.flatMap { inventory.vm($0)?.name } ?? machine.name)
        default: return inventory.server(of: machine).map { Word($0.name) } ?? .none
        }
    }

    private func figure(_ unit: Unit, _ figure: (UnitState) -> Word) -> Word {
        guard let state = unit.state, state.active != .inactive, state.active != .failed else { return .empty }
        return figure(state)
    }

    private func restarts(_ count: Int) -> Word {
        Word(count == 0 ? "" : "\(count)", count >= 3 ? .warning : .text, number: Double(count))
    }
}
