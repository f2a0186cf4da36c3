import Model
import Screen

extension Pane {
    static let vms = Pane(
        id: .vms, title: "VMs",
        columns: [
            Column(
                key: "name", title: "NAME", width: 12, least: 8, growth: 20, priority: 0, fit: .middle, isNames: true),
            Column(key: "state", title: "STATE", width: 8, priority: 0),
            Column(
                key: "server", title: "SERVER", width: 9, least: 7, growth: 12, priority: 1, fit: .middle,
                isNames: true),
            Column(
                key: "cluster", title: "CLUSTER", width: 10, least: 7, growth: 16, priority: 3, fit: .middle,
                isNames: true),
            Column(key: "cpu", title: "CPU", width: 13, priority: 5, isSearched: false),
            Column(key: "mem", title: "MEM", width: 5, priority: 6, fit: .right, isSearched: false),
            Column(key: "units", title: "UNITS", width: 5, priority: 4, fit: .right, isSearched: false),
            Column(key: "machine", title: "MACHINE", width: 8, priority: 8),
            Column(key: "flavor", title: "FLAVOR", width: 9, priority: 9, isForZoom: true),
            Column(key: "image", title: "IMAGE", width: 12, priority: 11, isForZoom: true),
            Column(key: "address", title: "ADDRESS", width: 15, priority: 8, isForZoom: true),
            Column(key: "customer", title: "CUSTOMER", width: 12, priority: 10, isForZoom: true),
            Column(key: "power", title: "POWER", width: 8, priority: 12, isForZoom: true),
            Column(key: "zone", title: "ZONE", width: 8, priority: 12, isForZoom: true),
            Column(key: "tags", title: "TAGS", width: 16, priority: 13, isForZoom: true),
            Column(key: "cloud", title: "CLOUD", width: 8, priority: 10, isForZoom: true),
            Column(key: "age", title: "AGE", width: 4, priority: 8, fit: .right, isSearched: false),
            Column(key: "note", title: "NOTE", width: 20, least: 10, growth: 1_000, priority: 7),
        ],
        word: { subject, column, facts in
            switch subject {
            case .vm(let id): facts.inventory.vm(id).map { facts.word(of: $0, column) } ?? .none
            case .machine(let cluster, let id):
                facts.inventory.clusters[cluster]?.machines[id].map { facts.word(of: $0, cluster, column) } ?? .none
            case .cloud, .source, .server, .cluster, .unit: .none
            }
        },
        entries: { facts in
            let vms = facts.inventory.clouds.values.flatMap(\.vms.values)
                .map { (name: $0.name, subject: Subject.vm($0.id), id: $0.id.text, condition: facts.condition($0)) }
            let bare = facts.inventory.clusters.values.flatMap { part in
                part.machines.values.filter { machine in machine.vm.flatMap { facts.inventory.vm($0) } == nil }
                    .map {
                        (
                            name: $0.name, subject: Subject.machine(part.cluster.id, $0.id), id: $0.id.text,
                            condition: facts.condition($0)
                        )
                    }
            }
            return (vms + bare).sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map { ($0.subject, $0.condition) }
        },
        emptiness: "no VM in this context")
}

extension Facts {
    fileprivate func word(of vm: VM, _ column: Int) -> Word {
        let place = inventory.machineOfVM[vm.id]
        switch column {
        case 0: return Word(vm.name)
        case 1: return state(vm)
        case 2: return vm.server.map { Word(inventory.server($0)?.name ?? $0.text) } ?? .none
        case 3: return cluster(vm.cluster ?? place?.cluster)
        case 4, 5, 6, 7: return place.map { figures($0.cluster, $0.machine, column) } ?? (column == 4 ? .empty : .none)
        case 8: return vm.flavor.map { Word($0) } ?? .none
        case 9: return vm.image.map { Word($0) } ?? .none
        case 10: return vm.addresses.first.map { Word($0) } ?? .none
        case 11: return customer(vm)
        case 12: return vm.power.map { Word($0) } ?? .none
        case 13: return vm.zone.map { Word($0) } ?? .none
        case 14: return vm.tags.isEmpty ? .none : Word(vm.tags.joined(separator: " "), .dim)
        case 15: return Word(vm.cloud.text, .dim)
        case 16: return age(vm.created, now)
        default: return note(vm)
        }
    }

    /// A machine without a VM that we know: shown as exactly that.
    fileprivate func word(of machine: Machine, _ cluster: ID<Cluster>, _ column: Int) -> Word {
        switch column {
        case 0: Word(machine.name)
        case 1: Word(machine.isDraining ? "draining" : "joined", machine.isDraining ? .warning : .good)
        case 3: self.cluster(cluster)
        case 4, 5, 6, 7: figures(cluster, machine.id, column)
        case 10: Word(machine.address)
        case 16: age(machine.started, now)
        case 17 where machine.rival != nil: rival(machine)
        case 17: Word(machine.vm == nil ? "no VM: a bare machine" : "its VM is not known here", .dim)
        default: .none
        }
    }

    private func state(_ vm: VM) -> Word {
        let isDraining = inventory.machine(of: vm.id)?.machine.isDraining ?? false
        if vm.state == .active, isDraining { return Word("draining", .warning) }
        if case .lost = vm.state, inventory.machineOfVM[vm.id] != nil { return Word("active", .warning) }
        if vm.state == .active, let absence = absence(of: vm) {
            return absence == .joining ? Word("joining", .changing) : Word("active", .warning)
        }
        return Word(vm.state.word, condition(vm).face)
    }

    private func note(_ vm: VM) -> Word {
        if case .lost(let why) = vm.state, inventory.machineOfVM[vm.id] != nil {
            return Word("\(why), but its machine is heard of", .warning)
        }
        if let fault = vm.state.fault { return Word(fault, .critical) }
        if let task = vm.task { return Word(task, .changing) }
        if let absence = absence(of: vm) { return Word(absence.words(now), absence.condition.face) }
        if vm.state == .resized { return Word("waits for confirm", .warning) }
        if vm.isLocked { return Word("locked by its owner", .dim) }
        if let machine = inventory.machine(of: vm.id)?.machine, machine.rival != nil { return rival(machine) }
        return .empty
    }

    private func rival(_ machine: Machine) -> Word {
        Word("its machine ID is taken again: \(machine.rival ?? "") was refused", .critical)
    }

    private func customer(_ vm: VM) -> Word {
        guard let id = vm.customer else { return .none }
        return Word(inventory.clouds[vm.cloud]?.customers[id]?.name ?? id.text)
    }

    func cluster(_ id: ID<Cluster>?) -> Word {
        id.map { Word(inventory.clusters[$0]?.cluster.name ?? $0.text, face(of: $0)) } ?? .none
    }

    private func figures(_ cluster: ID<Cluster>, _ machine: ID<Machine>, _ column: Int) -> Word {
        switch column {
        case 4: load([machine])
        case 5: Figure.bytes(inventory.clusters[cluster]?.figures[machine]?.memoryBytes)
        case 6: count(unitCount(on: cluster, machine))
        default: Word(machine.short, .dim)
        }
    }
}
