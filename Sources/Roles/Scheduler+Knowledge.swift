import Model
import Scheduling

extension Scheduler {
    mutating func take(
        _ contents: ClusterContents, _ revision: Int64, at now: Timestamp, _ effects: inout [Effect]
    ) {
        if contents.isRestored { beginAnew(at: now) }
        if revision > 0, revision < seen {
            if isReading { effects.append(.readAnew) }
            return
        }
        seen = max(seen, revision)
        hasContents = true
        isReading = false
        leader = contents.cluster.leader
        let known = Set(contents.units.map(\.name))
        for name in unitRevision.keys.sorted() where !known.contains(name) {
            placementRevision[name] = nil
            forget(name)
            schedule.setPlacement(name, nil)
        }
        let there = Set(contents.machines.map(\.id))
        drains = contents.drains ?? drains.subtracting(there).union(contents.machines.filter(\.isDraining).map(\.id))
        for machine in contents.machines.sorted(by: { $0.id < $1.id }) { welcome(machine) }
        for machine in present.sorted() where !there.contains(machine) { suspect(machine, at: now) }
        for unit in contents.units.sorted(by: { $0.name < $1.name }) {
            unitRevision[unit.name] = unit.revision
            schedule.setUnit(unit.name, unit.requirements, unit.desired)
            if let machine = unit.placement?.machine, !there.contains(machine) { expect(machine, at: now) }
            take(unit.name, unit.placement, revision)
            note(unit.name, waits: unit.waiting)
            note(unit.name, unit.move)
        }
    }

    /// Forgets all that another store said, leadership included; the machines get a lease's time to register anew.
    private mutating func beginAnew(at now: Timestamp) {
        let (limits, nextBatch) = (limits, nextBatch)
        self = Scheduler(limits: limits)
        self.nextBatch = nextBatch
        hear(at: now)
    }

    mutating func take(_ changes: [ClusterChange], _ revision: Int64, at now: Timestamp) {
        if revision > 0, revision <= seen { return }
        seen = max(seen, revision)
        for change in changes { take(change, revision, at: now) }
    }

    private mutating func take(_ change: ClusterChange, _ revision: Int64, at now: Timestamp) {
        switch change {
        case .machine(let machine): welcome(machine)
        case .machineGone(let machine): suspect(machine, at: now)
        case .draining(let machine, let isDraining):
            if isDraining { drains.insert(machine) } else { drains.remove(machine) }
            schedule.setDraining(machine, isDraining)
        case .unit(let name, let file, let desired, let revision):
            unitRevision[name] = revision
            schedule.setUnit(name, Requirements(of: file, name: name), desired)
        case .unitGone(let name): forget(name)
        case .placement(let name, let placement): take(name, placement, revision)
        // While it leads nobody else writes these, and an echo may be older than the next plan.
        case .waiting(let name, let waiting): if fence == nil { note(name, waits: waiting) }
        case .move(let name, let move): note(name, move)
        case .leader(let machine): leader = machine
        case .rival, .roll, .state, .wanted, .members, .access, .event: break
        }
    }

    /// A machine that units are placed on, but that is not there when we look anew: it gets a lease's time to show up.
    private mutating func expect(_ machine: ID<Machine>, at now: Timestamp) {
        guard !present.contains(machine) else { return }
        present.insert(machine)
        schedule.awaitMachine(machine)
        suspect(machine, at: now)
    }

    private mutating func welcome(_ machine: Machine) {
        suspects[machine.id] = nil
        losses.removeAll { $0.machine == machine.id }
        present.insert(machine.id)
        var machine = machine
        machine.isDraining = drains.contains(machine.id)
        schedule.set(machine)
    }

    private mutating func suspect(_ machine: ID<Machine>, at now: Timestamp) {
        guard present.contains(machine), suspects[machine] == nil else { return }
        if let settledAt, settledAt > now {
            suspects[machine] = settledAt
            schedule.awaitMachine(machine)
        } else {
            lose(machine, at: now)
        }
    }

    /// What the store says of a unit that is not being committed just now; older news than our own commit is none.
    private mutating func take(_ name: UnitName, _ placement: Placement?, _ revision: Int64) {
        if unitsInFlight.contains(name) { return }
        let known = placementRevision[name] ?? 0
        if let placement {
            // News as of a later revision than our own commit are right even where the record is older.
            guard placement.revision >= known || revision >= known && revision > 0 else { return }
            placementRevision[name] = placement.revision
            schedule.setPlacement(name, placement.machine)
        } else {
            if revision > 0, known > revision { return }
            placementRevision[name] = nil
            schedule.setPlacement(name, nil)
        }
    }

    private mutating func forget(_ name: UnitName) {
        unitRevision[name] = nil
        waits.remove(name)
        moves[name] = nil
        schedule.removeUnit(name)
    }

    private mutating func note(_ name: UnitName, waits waiting: Unit.Waiting?) {
        if waiting == nil { waits.remove(name) } else { waits.insert(name) }
        schedule.setWaiting(name, waiting?.why)
    }

    private mutating func note(_ name: UnitName, _ move: Move?) {
        moves[name] = move
        if let move, move.refusal == nil { schedule.move(name, to: move.to) }
    }
}
