import Model

/// A fleet cluster as its three lists tell it, each as of when it was last read.
struct FleetView {
    let cluster: Cluster
    private(set) var machines: [Machine]?
    private(set) var units: [FleetUnit]?
    private(set) var states: [FleetState]?
    /// Since when units are wanted on a machine and are on none.
    private var unplaced: [UnitName: Timestamp] = [:]
    /// What was told of units that the list of units did not have, so that each asks for that list once.
    private var asked: Set<UnitName> = []

    /// fleet places a unit within two seconds or, as it never says, for some reason not at all.
    static let placing = Duration.seconds(8)

    /// All that can be said of a unit that fleet places nowhere.
    static func waiting(_ since: Timestamp?) -> Unit.Waiting {
        Unit.Waiting(why: "fleet has it on no machine and does not say why", since: since)
    }

    init(cluster: Cluster) {
        self.cluster = cluster
    }

    mutating func take(machines: [Machine]) { self.machines = machines }

    /// Takes the states in; says whether they tell of something that only the list of units explains.
    mutating func take(states: [FleetState]) -> Bool {
        let known = Dictionary((units ?? []).map { ($0.name, $0) }) { first, _ in first }
        let old = Dictionary((self.states ?? []).map { (Key($0.unit, $0.machine), $0.state) }) { first, _ in first }
        var hasNews = self.states != nil && old.count != states.count
        for one in states {
            if let unit = known[one.unit] {
                let before = old[Key(one.unit, one.machine)]
                if before?.active != one.state.active || before?.hash != one.state.hash { hasNews = true }
                if before == nil, unit.machine != one.machine, !unit.file.options.isEmpty, unit.isSingle {
                    hasNews = true
                }
            } else if asked.insert(one.unit).inserted {
                hasNews = true
            }
        }
        if asked.count > 10_000 { asked = [] }
        self.states = states
        return hasNews
    }

    mutating func take(units: [FleetUnit], at now: Timestamp) {
        self.units = units
        var unplaced: [UnitName: Timestamp] = [:]
        for unit in units where unit.waitsForMachine { unplaced[unit.name] = self.unplaced[unit.name] ?? now }
        self.unplaced = unplaced
        asked.subtract(units.map(\.name))
    }

    /// All of it; nil until everything was read once.
    ///
    /// - Parameter now: tells how long units wait; nil for a single look, which cannot
    func contents(at now: Timestamp?) -> ClusterContents? {
        guard let machines, let units, let states else { return nil }
        let there = Dictionary(grouping: states) { $0.unit }
        var contents = ClusterContents(
            cluster: cluster, machines: machines,
            units: units.map { unit in unit.unit(there[unit.name] ?? [], now.flatMap { _ in unplaced[unit.name] }, now)
            })
        let known = Set(units.map(\.name))
        contents.leaving = there.filter { !known.contains($0.key) }.map { name, states in
            Unit.destroyed(name, Dictionary(states.map { ($0.machine, $0.state) }) { first, _ in first })
        }.sorted { $0.name < $1.name }
        return contents
    }

    private struct Key: Hashable {
        let unit: UnitName
        let machine: ID<Machine>

        init(_ unit: UnitName, _ machine: ID<Machine>) {
            self.unit = unit
            self.machine = machine
        }
    }
}

extension FleetUnit {
    /// Is placed on one machine by fleet's engine.
    var isSingle: Bool { !Requirements(of: file, name: name).isGlobal }

    /// Should be on a machine and is on none.
    var waitsForMachine: Bool { desired != .inactive && machine == nil && !name.isTemplate && isSingle }

    /// The unit with what its machines say of it.
    ///
    /// - Parameter unplacedSince: since when it waits for a machine; nil when nobody has looked before
    func unit(_ there: [FleetState], _ unplacedSince: Timestamp? = nil, _ now: Timestamp? = nil) -> Unit {
        var unit = Unit(name: name, file: file, desired: desired)
        unit.requirements = unit.requirements.asFleetReads
        if !unit.isGlobal { unit.placement = machine.map { Placement(machine: $0, why: "placed by fleet") } }
        for one in there {
            var state = one.state
            state.isLaunched = isLaunched(on: one.machine, state, isGlobal: unit.isGlobal)
            unit.states[one.machine] = state
        }
        if waitsForMachine {
            guard let now, let since = unplacedSince else {
                unit.waiting = FleetView.waiting(nil)
                return unit
            }
            if now.since(since) >= FleetView.placing { unit.waiting = FleetView.waiting(since) }
        }
        return unit
    }

    /// fleet tells of a unit as a whole whether it called start; what runs was started whatever the list says yet.
    private func isLaunched(on machine: ID<Machine>, _ state: UnitState, isGlobal: Bool) -> Bool {
        switch state.active {
        case .active, .activating, .reloading: return true
        case .inactive, .failed, .deactivating, .maintenance, .other: break
        }
        if isGlobal { return desired == .launched }
        return current == .launched && machine == self.machine
    }
}

extension Requirements {
    /// What of it fleet knows: all that stands in `[X-Fleet]`, and nothing else.
    fileprivate var asFleetReads: Requirements {
        Requirements(
            machineID: machineID, peers: peers, metadata: metadata, conflicts: conflicts, replaces: replaces,
            isGlobal: isGlobal)
    }
}

extension Unit {
    /// Its file asks for more than counts where it is.
    fileprivate var isReadInPart: Bool { requirements != Requirements(of: file, name: name) }
}

extension ClusterContents {
    /// What has to be told to those who were told of this, so that they know of the other.
    func news(in new: ClusterContents) -> Report.Body {
        let changes = changes(to: new)
        if changes.isEmpty { return .quiet }
        let told = Set(changes.compactMap { if case .unit(let name, _, _, _) = $0 { name } else { nil } })
        // A change of a unit brings its file alone, of which more would be read than counts there.
        if new.units.contains(where: { told.contains($0.name) && $0.isReadInPart }) { return .cluster(new) }
        return .changes(cluster.id, changes)
    }

    /// What has to happen to this to become the other, in an order in which each step finds what it needs.
    private func changes(to new: ClusterContents) -> [ClusterChange] {
        var changes: [ClusterChange] = []
        let oldMachines = Dictionary(machines.map { ($0.id, $0) }) { first, _ in first }
        let newMachines = Set(new.machines.map(\.id))
        for machine in new.machines where oldMachines[machine.id] != machine { changes.append(.machine(machine)) }
        let oldUnits = Dictionary(units.map { ($0.name, $0) }) { first, _ in first }
        let newUnits = Set(new.units.map(\.name))
        for unit in new.units {
            let old = oldUnits[unit.name]
            if old != unit { changes += Self.changes(from: old, to: unit) }
        }
        for unit in units where !newUnits.contains(unit.name) { changes.append(.unitGone(unit.name)) }
        changes += leavingChanges(to: new)
        for machine in machines where !newMachines.contains(machine.id) { changes.append(.machineGone(machine.id)) }
        return changes
    }

    /// What machines say by now of units that were destroyed.
    private func leavingChanges(to new: ClusterContents) -> [ClusterChange] {
        let told = Dictionary((leaving + units).map { ($0.name, $0.states) }) { first, _ in first }
        let kept = Set(new.units.map(\.name))
        var changes: [ClusterChange] = []
        for unit in new.leaving {
            for (machine, state) in unit.states.sorted(by: { $0.key < $1.key })
            where told[unit.name]?[machine] != state { changes.append(.state(unit.name, machine, state)) }
        }
        let now = Dictionary(new.leaving.map { ($0.name, $0.states) }) { first, _ in first }
        for unit in leaving + units where !kept.contains(unit.name) {
            for machine in unit.states.keys.sorted() where now[unit.name]?[machine] == nil {
                changes.append(.state(unit.name, machine, nil))
            }
        }
        return changes
    }

    private static func changes(from old: Unit?, to unit: Unit) -> [ClusterChange] {
        var changes: [ClusterChange] = []
        if old?.file != unit.file || old?.desired != unit.desired {
            changes.append(.unit(unit.name, unit.file, unit.desired, revision: 0))
        }
        if old?.placement != unit.placement { changes.append(.placement(unit.name, unit.placement)) }
        if old?.waiting != unit.waiting { changes.append(.waiting(unit.name, unit.waiting)) }
        for (machine, state) in unit.states.sorted(by: { $0.key < $1.key }) where old?.states[machine] != state {
            changes.append(.state(unit.name, machine, state))
        }
        for machine in (old?.states ?? [:]).keys.sorted() where unit.states[machine] == nil {
            changes.append(.state(unit.name, machine, nil))
        }
        return changes
    }
}
