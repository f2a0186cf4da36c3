extension Inventory {
    /// A machine's name, or the short form of its ID when it is gone.
    public func name(of machine: ID<Machine>, in cluster: ID<Cluster>) -> String {
        clusters[cluster]?.machines[machine]?.name ?? machine.short
    }

    /// A unit by key.
    public func unit(_ key: UnitKey) -> Unit? {
        clusters[key.cluster]?.units[key.name]
    }

    /// The units a machine has, by name.
    public func units(on machine: ID<Machine>, in cluster: ID<Cluster>) -> [Unit] {
        guard let part = clusters[cluster] else { return [] }
        return (part.unitsOn[machine] ?? []).sorted().compactMap { part.units[$0] }
    }

    mutating func link(_ machine: Machine, _ cluster: ID<Cluster>) {
        if gone[machine.id]?.cluster == cluster { gone[machine.id] = nil }
        guard let vm = machine.vm else { return }
        machineOfVM[vm] = (cluster, machine.id)
        leftAt[vm] = nil
    }

    mutating func unlink(_ machine: Machine, at moment: Timestamp) {
        guard let vm = machine.vm, machineOfVM[vm]?.machine == machine.id else { return }
        machineOfVM[vm] = nil
        leftAt[vm] = moment
    }

    func carryingFigures(_ unit: Unit, _ old: Unit?) -> Unit {
        guard let old else { return unit }
        var unit = unit
        for (machine, state) in old.states where unit.states[machine]?.cpuPercent == nil {
            unit.states[machine]?.cpuPercent = state.cpuPercent
            unit.states[machine]?.memoryBytes = state.memoryBytes
        }
        return unit
    }

    func tellDifferences(from old: ClusterPart, to new: ClusterPart, _ change: inout InventoryChange) {
        let id = new.cluster.id
        for machine in old.machines.keys.sorted() where new.machines[machine] == nil {
            change.tell(.critical, .machine(id, machine), "\(old.machines[machine]?.name ?? machine.short) left", .left)
        }
        for machine in new.machines.keys.sorted() where old.machines[machine] == nil {
            change.tell(.good, .machine(id, machine), "\(new.machines[machine]?.name ?? machine.short) joined", .joined)
        }
        for name in old.units.keys.sorted() where new.units[name] == nil {
            change.tell(.note, .unit(UnitKey(id, name)), "is destroyed")
        }
        for (name, unit) in new.units.sorted(by: { $0.key < $1.key }) {
            for (machine, state) in unit.states.sorted(by: { $0.key < $1.key }) {
                tell(state, old.units[name]?.states[machine], UnitKey(id, name), machine, &change)
            }
        }
        if old.cluster.leader != new.cluster.leader, let leader = new.cluster.leader {
            change.tell(.note, .cluster(id), "is led by \(name(of: leader, in: id))", .leader)
        }
    }
}

extension Inventory.ClusterPart {
    mutating func index(_ unit: Unit) {
        if let machine = unit.placement?.machine { unitsOn[machine, default: []].insert(unit.name) }
        for machine in unit.states.keys { unitsOn[machine, default: []].insert(unit.name) }
    }

    /// Takes a unit out, or in, or one of the same name in its place.
    mutating func replace(_ old: Unit?, by new: Unit?) {
        if let old {
            unindex(old)
            units[old.name] = nil
        }
        if let new {
            units[new.name] = new
            index(new)
        }
    }

    mutating func unindex(_ unit: Unit) {
        if let machine = unit.placement?.machine { remove(unit.name, from: machine) }
        for machine in unit.states.keys { remove(unit.name, from: machine) }
    }

    private mutating func remove(_ name: UnitName, from machine: ID<Machine>) {
        unitsOn[machine]?.remove(name)
        if unitsOn[machine]?.isEmpty == true { unitsOn[machine] = nil }
    }
}
