import Model
import Scheduling
import Screen

/// What is supposed to happen to some objects, and what would become of the farm then.
struct WhatIfState: Sendable {
    enum Choice: String, CaseIterable, Sendable {
        case lose, drain, add
    }

    /// Servers, VMs, machines, or a cluster: then its machine with the most units.
    let targets: [Subject]
    /// Where machines are added.
    let cluster: ID<Cluster>?
    var choice: Choice
    /// How many machines are added.
    var count = 1
    var top = 0
    var height = 10
    var lineCount = 0
    var result: WhatIf?
    var sections: [WhatIf.Section] = []
    /// What of the inventory it was planned for, and when.
    var version: UInt64 = 0
    var plannedAt: Timestamp?

    mutating func scroll(by delta: Int) { top = max(0, min(top + delta, lineCount - height)) }

    /// Something else is supposed: planned anew at once.
    mutating func suppose(_ choice: Choice, count: Int) {
        self.choice = choice
        self.count = count
        top = 0
        plannedAt = nil
    }
}

extension Console {
    /// The marked objects, or the one under the cursor, if something can be supposed of them.
    var canSuppose: Command.Availability {
        let targets = targets
        guard let first = targets.first else { return .no("there is nothing selected") }
        for target in targets {
            switch target {
            case .server, .vm, .machine: continue
            case .cluster(let id) where targets.count == 1 && facts.inventory.clusters[id] != nil: continue
            case .cluster, .unit, .cloud, .source:
                return .no(
                    "this is for servers, VMs or a cluster; \(facts.name(of: first)) is a \(Facts.kind(of: first))")
            }
        }
        return .yes
    }

    mutating func suppose() -> [Effect] {
        var targets = targets
        let cluster = cluster ?? Supposed.clusters(targets, facts).first
        var choice = WhatIfState.Choice.lose
        if case .cluster(let id)? = targets.first {
            targets = Supposed.fullest(id, facts).map { [.machine(id, $0)] } ?? []
            choice = targets.isEmpty ? .add : .lose
        }
        whatIf = WhatIfState(targets: targets, cluster: cluster, choice: choice)
        let effects = close()
        places.append(.whatIf)
        return effects
    }

    mutating func turnWhatIf(by delta: Int) -> [Effect] {
        guard let state = whatIf else { return [] }
        let all = WhatIfState.Choice.allCases
        let at = all.firstIndex(of: state.choice) ?? 0
        whatIf?.suppose(all[(at + delta + all.count) % all.count], count: state.count)
        return []
    }

    mutating func supposeMore(_ delta: Int) -> [Effect] {
        guard let state = whatIf else { return [] }
        let count = state.choice == .add ? min(max(1, state.count + delta), ScaleDialog.deltaMax) : max(1, state.count)
        whatIf?.suppose(.add, count: count)
        return []
    }

    /// What is supposed now, as changes.
    var supposed: [WhatIf.Change] {
        guard let state = whatIf else { return [] }
        switch state.choice {
        case .lose: return [.lose(state.targets)]
        case .drain: return [.drain(state.targets, isPaced: true)]
        case .add: return state.cluster.map { [.add($0, state.count)] } ?? []
        }
    }

    /// Plans anew when that is looked at and the farm changed: at most every two seconds, and never by itself for
    /// clusters whose planning could be felt.
    mutating func planWhatIf() {
        guard place == .whatIf, let state = whatIf else { return }
        if let at = state.plannedAt, facts.now >= at {
            if state.version == facts.inventory.version || facts.now.since(at) < .seconds(2) { return }
            let ids = Supposed.clusters(state.targets, facts) + (state.cluster.map { [$0] } ?? [])
            let units = ids.reduce(0) { $0 + (facts.inventory.clusters[$1]?.units.count ?? 0) }
            if units > Limits.plannedOften { return }
        }
        let found = WhatIf(facts.inventory, supposed, unitsMax: Limits.supposedUnits)
        whatIf?.result = found
        whatIf?.sections = found.sections(facts.inventory)
        whatIf?.version = facts.inventory.version
        whatIf?.plannedAt = facts.now
    }

    var canDoSo: Command.Availability {
        guard let state = whatIf, let result = state.result else { return .no("nothing is foretold yet") }
        switch state.choice {
        case .lose: return .no("a loss is nothing to order; \(Command.nextPaneKey) chooses drain or add")
        case .add: return state.cluster == nil ? .no("it belongs to no cluster that could grow") : .yes
        case .drain:
            if drainRun?.isUnderWay == true {
                return .no("a drain is under way; \(key(of: Command.stopDrain)) stops it")
            }
            let machines = result.clusters.flatMap { one in one.steps.map { (one.cluster, $0.machine) } }
            let isNew = machines.contains { facts.inventory.clusters[$0.0]?.machines[$0.1]?.isDraining == false }
            if machines.isEmpty { return .no("no machine of a cluster is there to drain") }
            return isNew ? .yes : .no("it drains already")
        }
    }

    /// Turns what is foretold into orders, after a question.
    mutating func doSo() -> [Effect] {
        guard let state = whatIf, let result = state.result else { return [] }
        if state.choice == .drain {
            dialog = .confirmation(drainQuestion(result, state.targets))
            return []
        }
        guard let cluster = state.cluster else { return [] }
        return askScale(state.count, of: cluster)
    }
}

/// Small questions about what is supposed.
enum Supposed {
    /// The clusters that have machines on the targets.
    static func clusters(_ targets: [Subject], _ facts: Facts) -> [ID<Cluster>] {
        var found: Set<ID<Cluster>> = []
        for target in targets {
            switch target {
            case .machine(let cluster, _), .cluster(let cluster): found.insert(cluster)
            case .vm(let id): if let place = facts.inventory.machineOfVM[id] { found.insert(place.cluster) }
            case .server(let id):
                for vm in facts.inventory.vms(on: id) {
                    if let place = facts.inventory.machineOfVM[vm.id] { found.insert(place.cluster) }
                }
            case .unit, .cloud, .source: break
            }
        }
        return found.sorted()
    }

    /// The machine with the most units, the one that drains not.
    static func fullest(_ cluster: ID<Cluster>, _ facts: Facts) -> ID<Machine>? {
        facts.inventory.clusters[cluster]?.machines.values.filter { !$0.isDraining }
            .max { (facts.unitCount(on: cluster, $0.id), $1.id) < (facts.unitCount(on: cluster, $1.id), $0.id) }?.id
    }
}
