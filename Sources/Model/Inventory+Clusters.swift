extension Inventory {
    mutating func take(_ contents: ClusterContents, _ change: inout InventoryChange) {
        let id = contents.cluster.id
        let old = clusters[id]
        if contents.isRestored {
            sources[change.report.source]?.revision = change.report.revision
            let what =
                "is another store, or was restored: what it tells as of revision \(change.report.revision) counts"
            change.tell(.critical, .cluster(id), what, .restored)
        } else if let old, change.report.revision < old.revision {
            return
        }
        var part = ClusterPart(cluster: contents.cluster, revision: change.report.revision)
        for machine in contents.machines { part.machines[machine.id] = machine }
        for unit in contents.leaving + contents.units {
            part.units[unit.name] = carryingFigures(unit, old?.units[unit.name])
            part.index(unit)
        }
        part.figures = (old?.figures ?? [:]).filter { part.machines[$0.key] != nil }
        clusters[id] = part
        for machine in old?.machines.values ?? [:].values where part.machines[machine.id] == nil {
            unlink(machine, at: change.report.observedAt)
            remember(machine, of: id, with: old?.unitsOn[machine.id] ?? [], at: change.report.observedAt)
        }
        for machine in contents.machines { link(machine, id) }
        guard let old else { return }
        tellDifferences(from: old, to: part, &change)
    }

    mutating func take(_ changes: [ClusterChange], of id: ID<Cluster>, _ change: inout InventoryChange) {
        guard let revision = clusters[id]?.revision else { return }
        // What has no revision, such as the store's members, is not part of the store's history.
        if change.report.revision > 0 {
            guard change.report.revision >= revision else { return }
            clusters[id]?.revision = change.report.revision
        }
        for one in changes { take(one, of: id, &change) }
    }

    mutating func take(
        _ figures: MachineFigures, _ units: [UnitName: UnitFigures], of id: ID<Cluster>, _ machine: ID<Machine>
    ) {
        guard clusters[id]?.machines[machine] != nil else { return }
        clusters[id]?.figures[machine] = figures
        for (name, used) in units {
            clusters[id]?.units[name]?.states[machine]?.cpuPercent = used.cpuPercent
            clusters[id]?.units[name]?.states[machine]?.memoryBytes = used.memoryBytes
            clusters[id]?.units[name]?.states[machine]?.tasks = used.tasks
            clusters[id]?.units[name]?.states[machine]?.container = used.container
        }
    }

    private mutating func take(_ one: ClusterChange, of id: ID<Cluster>, _ change: inout InventoryChange) {
        switch one {
        case .machine(let machine): takeMachine(machine, id, &change)
        case .machineGone(let gone): dropMachine(gone, id, &change)
        case .draining(let machine, let isDraining):
            clusters[id]?.machines[machine]?.isDraining = isDraining
            change.tell(
                .note, .machine(id, machine), isDraining ? "drains: it takes no units" : "takes units again",
                .drain)
        case .rival(let machine, let rival):
            clusters[id]?.machines[machine]?.rival = rival
            if let rival {
                change.tell(.critical, .machine(id, machine), "its machine ID is taken again: \(rival) was refused")
            }
        case .unit(let name, let file, let desired, let revision):
            takeUnit(name, file, desired, revision, id, &change)
        case .unitGone(let name):
            if let unit = clusters[id]?.units[name] { clusters[id]?.replace(unit, by: unit.destroyed) }
            change.tell(.note, .unit(UnitKey(id, name)), "is destroyed", .wanted)
        case .placement(let name, let placement): takePlacement(name, placement, id, &change)
        case .waiting(let name, let waiting):
            let before = clusters[id]?.units[name]?.waiting
            clusters[id]?.units[name]?.waiting = waiting
            if let waiting, before?.why != waiting.why {
                change.tell(.warning, .unit(UnitKey(id, name)), "waits: \(waiting.why)")
            }
        case .move(let name, let move): clusters[id]?.units[name]?.move = move
        case .roll(let name, let roll):
            clusters[id]?.units[name]?.roll = roll
            if let roll {
                let text = "gets a new file \(roll.file.hash.short) machine by machine: \(roll.machines.count) so far"
                change.tell(.note, .unit(UnitKey(id, name)), text, .newFile)
            }
        case .state(let name, let machine, let state): takeState(name, machine, state, id, &change)
        case .leader(let machine):
            clusters[id]?.cluster.leader = machine
            let text = machine.map { "is led by \(self.name(of: $0, in: id))" } ?? "has no leading scheduler"
            change.tell(machine == nil ? .warning : .note, .cluster(id), text, .leader)
        case .wanted(let count):
            clusters[id]?.cluster.wanted = count
            if let count { change.tell(.note, .cluster(id), "wants \(count) machines", .scale) }
        case .members(let members): takeMembers(members, id, &change)
        case .access(let mayWrite): clusters[id]?.cluster.mayWrite = mayWrite
        case .event(let event): change.events.append(event)
        }
    }

    private mutating func takeMembers(_ members: [Member], _ id: ID<Cluster>, _ change: inout InventoryChange) {
        guard let before = clusters[id]?.cluster else { return }
        clusters[id]?.cluster.members = members
        guard let after = clusters[id]?.cluster, !before.members.isEmpty else { return }
        let was = Set(before.silentMembers.map(\.name))
        let silent = Set(after.silentMembers.map(\.name))
        for name in silent.subtracting(was).sorted() {
            change.tell(.warning, .cluster(id), "store's member \(name) does not answer", .member)
        }
        for name in was.subtracting(silent).sorted() {
            change.tell(.good, .cluster(id), "store's member \(name) answers again", .member)
        }
        if before.hasQuorum != false, after.hasQuorum == false {
            change.tell(.critical, .cluster(id), "its store lost its quorum", .member)
        } else if before.hasQuorum == false, after.hasQuorum == true {
            change.tell(.good, .cluster(id), "its store has its quorum again", .member)
        }
    }

    private mutating func takeMachine(_ machine: Machine, _ id: ID<Cluster>, _ change: inout InventoryChange) {
        var machine = machine
        let before = clusters[id]?.machines[machine.id]
        machine.isDraining = before?.isDraining ?? machine.isDraining
        machine.rival = before?.rival ?? machine.rival
        clusters[id]?.machines[machine.id] = machine
        if let before, before.vm != machine.vm { unlink(before, at: change.report.observedAt) }
        link(machine, id)
        if before == nil { change.tell(.good, .machine(id, machine.id), "\(machine.name) joined", .joined) }
    }

    private mutating func dropMachine(_ gone: ID<Machine>, _ id: ID<Cluster>, _ change: inout InventoryChange) {
        guard let machine = clusters[id]?.machines.removeValue(forKey: gone) else { return }
        unlink(machine, at: change.report.observedAt)
        let units = clusters[id]?.unitsOn[gone] ?? []
        remember(machine, of: id, with: units, at: change.report.observedAt)
        clusters[id]?.figures[gone] = nil
        let text = "\(machine.name) left with \(units.count) units: its lease ended"
        change.tell(.critical, .machine(id, gone), text, .left)
    }

    private mutating func takeUnit(
        _ name: UnitName, _ file: UnitFile, _ desired: DesiredState, _ revision: Int64, _ id: ID<Cluster>,
        _ change: inout InventoryChange
    ) {
        let key = UnitKey(id, name)
        let before = clusters[id]?.units[name]
        guard var unit = before, !unit.isDestroyed else {
            // What a machine still says of one of that name that was destroyed is said of this one.
            let unit = Unit(
                name: name, file: file, desired: desired, states: before?.states ?? [:], revision: revision)
            clusters[id]?.replace(before, by: unit)
            change.tell(.note, .unit(key), "is stored, wanted \(desired.rawValue)", .stored)
            return
        }
        if unit.desired != desired { change.tell(.note, .unit(key), "is wanted \(desired.rawValue)", .wanted) }
        if unit.file != file {
            unit.file = file
            unit.requirements = Requirements(of: file, name: name)
            change.tell(.note, .unit(key), "has a new file \(file.hash.short)", .newFile)
        }
        unit.desired = desired
        unit.revision = revision
        clusters[id]?.units[name] = unit
    }

    private mutating func takePlacement(
        _ name: UnitName, _ placement: Placement?, _ id: ID<Cluster>, _ change: inout InventoryChange
    ) {
        guard var unit = clusters[id]?.units[name], !unit.isDestroyed else { return }
        let before = unit.placement
        clusters[id]?.unindex(unit)
        unit.placement = placement
        if placement != nil { unit.waiting = nil }
        clusters[id]?.units[name] = unit
        clusters[id]?.index(unit)
        let key = UnitKey(id, name)
        if let placement, placement.machine != before?.machine {
            let why = placement.why.isEmpty ? "" : ": \(placement.why)"
            change.tell(.note, .unit(key), "is placed on \(self.name(of: placement.machine, in: id))\(why)", .placed)
        } else if placement == nil, let before {
            change.tell(.note, .unit(key), "is withdrawn from \(self.name(of: before.machine, in: id))", .withdrawn)
        }
    }

    private mutating func takeState(
        _ name: UnitName, _ machine: ID<Machine>, _ state: UnitState?, _ id: ID<Cluster>,
        _ change: inout InventoryChange
    ) {
        if clusters[id]?.units[name]?.isDestroyed ?? true { return takeLast(name, machine, state, id) }
        guard let before = clusters[id]?.units[name]?.states[machine] else {
            guard let state else { return }
            clusters[id]?.units[name]?.states[machine] = state
            clusters[id]?.unitsOn[machine, default: []].insert(name)
            tell(state, nil, UnitKey(id, name), machine, &change)
            return
        }
        guard var state else {
            clusters[id]?.units[name]?.states[machine] = nil
            if clusters[id]?.units[name]?.placement?.machine != machine { clusters[id]?.unitsOn[machine]?.remove(name) }
            return
        }
        state.cpuPercent = state.cpuPercent ?? before.cpuPercent
        state.memoryBytes = state.memoryBytes ?? before.memoryBytes
        clusters[id]?.units[name]?.states[machine] = state
        tell(state, before, UnitKey(id, name), machine, &change)
    }

    /// What a machine says of a unit that was destroyed.
    private mutating func takeLast(
        _ name: UnitName, _ machine: ID<Machine>, _ state: UnitState?, _ id: ID<Cluster>
    ) {
        let unit = clusters[id]?.units[name]
        var states = unit?.states ?? [:]
        states[machine] = state
        clusters[id]?.replace(unit, by: states.isEmpty ? nil : .destroyed(name, states))
    }

    func tell(
        _ state: UnitState, _ before: UnitState?, _ key: UnitKey, _ machine: ID<Machine>,
        _ change: inout InventoryChange
    ) {
        guard before?.active != state.active || (before?.restarts ?? 0) < state.restarts else { return }
        let place = " on \(name(of: machine, in: key.cluster))"
        let note = state.note.map { ": \($0)" } ?? ""
        switch state.active {
        case .failed: change.tell(.critical, .unit(key), "failed" + place + note, .failed)
        case .active where before?.active != .active: change.tell(.good, .unit(key), "is active (\(state.sub))" + place)
        case .activating where (before?.restarts ?? 0) < state.restarts || state.sub == "auto-restart":
            change.tell(.warning, .unit(key), "restarts" + place + note, .restarted)
        case .inactive where before != nil: change.tell(.note, .unit(key), "is inactive (\(state.sub))" + place)
        case .active, .activating, .reloading, .inactive, .deactivating, .maintenance, .other: break
        }
    }
}
