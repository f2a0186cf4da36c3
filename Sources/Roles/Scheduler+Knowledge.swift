import Model
import Scheduling

extension Scheduler {
    mutating func take(_ contents: ClusterContents, at now: Timestamp) {
        let isFirst = !hasContents
        hasContents = true
        leader = contents.cluster.leader
        let known = Set(contents.units.map(\.name))
        for name in unitRevision.keys.sorted() where !known.contains(name) { forget(name) }
        drains = Set(contents.machines.filter(\.isDraining).map(\.id))
        for machine in contents.machines.sorted(by: { $0.id < $1.id }) { welcome(machine) }
        let there = Set(contents.machines.map(\.id))
        for machine in present.sorted() where !there.contains(machine) { suspect(machine, at: now) }
        for unit in contents.units.sorted(by: { $0.name < $1.name }) {
            unitRevision[unit.name] = unit.revision
            schedule.setUnit(unit.name, unit.requirements, unit.desired)
            if isFirst, let machine = unit.placement?.machine, !there.contains(machine) { expect(machine, at: now) }
            take(unit.name, unit.placement)
            note(unit.name, waits: unit.waiting != nil)
            note(unit.name, unit.move)
        }
    }

    mutating func take(_ change: ClusterChange, at now: Timestamp, _ effects: inout [Effect]) {
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
        case .placement(let name, let placement): take(name, placement)
        case .waiting(let name, let waiting): note(name, waits: waiting != nil)
        case .move(let name, let move): note(name, move)
        case .leader(let machine): leader = machine
        case .state, .wanted, .members, .event: break
        }
    }

    /// A machine that units are placed on, but that is not there as we start: it gets a lease's time to show up.
    private mutating func expect(_ machine: ID<Machine>, at now: Timestamp) {
        guard !present.contains(machine) else { return }
        present.insert(machine)
        schedule.set(Machine(id: machine, isDraining: true))
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
        if let settledAt, settledAt > now { suspects[machine] = settledAt } else { lose(machine, at: now) }
    }

    private mutating func take(_ name: UnitName, _ placement: Placement?) {
        if let placement {
            guard placement.revision >= placementRevision[name] ?? 0 else { return }
            placementRevision[name] = placement.revision
            schedule.setPlacement(name, placement.machine)
        } else if !inFlight.values.contains(where: { $0.contains(name) }) {
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

    private mutating func note(_ name: UnitName, waits isWaiting: Bool) {
        if isWaiting { waits.insert(name) } else { waits.remove(name) }
    }

    private mutating func note(_ name: UnitName, _ move: Move?) {
        moves[name] = move
        if let move, move.refusal == nil { schedule.move(name, to: move.to) }
    }
}
