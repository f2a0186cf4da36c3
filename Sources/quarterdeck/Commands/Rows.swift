import Model

/// One unit on one machine, or a unit that is on none; the names are the JSON's.
struct UnitRow: Encodable {
    var unit: String
    var cluster: String
    var desired: String
    var load: String?
    var active: String?
    var sub: String?
    var machine: String?
    var address: String?
    var vm: String?
    var server: String?
    var since: String?
    var restarts: Int?
    var cpuPercent: Double?
    var memoryBytes: Int64?
    var why: String?
    var hash: String?

    static func rows(_ inventory: Inventory) -> [UnitRow] {
        inventory.clusters.sorted { $0.key < $1.key }.flatMap { id, part in
            part.units.values.sorted { $0.name < $1.name }.flatMap { unit -> [UnitRow] in
                if unit.name.isTemplate { return [] }
                let there = Set(unit.states.keys).union(unit.placement.map { [$0.machine] } ?? []).sorted()
                if there.isEmpty { return unit.desired == .inactive ? [] : [UnitRow(unit, id, nil, inventory)] }
                return there.map { UnitRow(unit, id, $0, inventory) }
            }
        }
    }

    init(_ one: Unit, _ id: ID<Cluster>, _ place: ID<Machine>?, _ inventory: Inventory) {
        unit = one.name.text
        cluster = id.text
        desired = one.desired.rawValue
        machine = place?.text
        let there = place.flatMap { inventory.clusters[id]?.machines[$0] }
        address = there.flatMap { $0.address.isEmpty ? nil : $0.address }
        vm = there.map { machine in machine.vm.flatMap { inventory.vm($0)?.name } ?? machine.name }
        server = there.flatMap { inventory.server(of: $0)?.name }
        why = one.waiting?.why ?? place.flatMap { one.states[$0]?.note }
        guard let state = place.flatMap({ one.states[$0] }) else { return }
        load = state.load
        active = state.active.word
        sub = state.sub
        since = state.since?.iso8601
        restarts = inventory.clusters[id]?.cluster.kind == .fleet ? nil : state.restarts
        cpuPercent = state.cpuPercent.map { ($0 * 10).rounded() / 10 }
        memoryBytes = state.memoryBytes
        hash = state.hash?.hex
    }
}

/// One unit file.
struct UnitFileRow: Encodable {
    var unit: String
    var cluster: String
    var hash: String
    var desired: String
    var current: String?
    var machine: String?
    var address: String?
    var global: Bool
    var description: String?

    static func rows(_ inventory: Inventory) -> [UnitFileRow] {
        inventory.clusters.sorted { $0.key < $1.key }.flatMap { id, part in
            part.units.values.filter { !$0.isDestroyed }.sorted { $0.name < $1.name }.map { unit in
                UnitFileRow(
                    unit: unit.name.text, cluster: id.text, hash: unit.file.hash.hex, desired: unit.desired.rawValue,
                    current: unit.isGlobal ? nil : unit.current.rawValue, machine: unit.placement?.machine.text,
                    address: unit.placement.flatMap { part.machines[$0.machine]?.address }.flatMap {
                        $0.isEmpty ? nil : $0
                    }, global: unit.isGlobal, description: unit.file.unitDescription.map { SafeText.clean($0) })
            }
        }
    }
}

/// One machine.
struct MachineRow: Encodable {
    var machine: String
    var name: String
    var cluster: String
    var vm: String?
    var address: String
    var metadata: [String: String]
    var units: Int
    var lastSeen: String?
    var draining: Bool
    var refused: String?

    static func rows(_ inventory: Inventory) -> [MachineRow] {
        inventory.clusters.sorted { $0.key < $1.key }.flatMap { id, part in
            part.machines.values.sorted { $0.id < $1.id }.map { machine in
                MachineRow(
                    machine: machine.id.text, name: machine.name, cluster: id.text,
                    vm: machine.vm.map { inventory.vm($0)?.name ?? machine.name }, address: machine.address,
                    metadata: machine.metadata, units: part.unitsOn[machine.id]?.count ?? 0,
                    lastSeen: inventory.sources[.cluster(id)]?.answeredAt?.iso8601, draining: machine.isDraining,
                    refused: machine.rival)
            }
        }
    }
}

/// One cluster.
struct ClusterRow: Encodable {
    var name: String
    var id: String
    var kind: String
    var customer: String?
    var store: String?
    var leader: String?
    var members: Int?
    var quorum: Bool?
    var machines: Int
    var wanted: Int?
    var active: Int

    static func rows(_ inventory: Inventory) -> [ClusterRow] {
        inventory.clusters.values.sorted { $0.cluster.id < $1.cluster.id }.map { part in
            ClusterRow(
                name: part.cluster.name, id: part.cluster.id.text, kind: part.cluster.kind.rawValue,
                customer: part.cluster.customer?.text,
                store: part.cluster.store, leader: part.cluster.leader?.text,
                members: part.cluster.members.isEmpty ? nil : part.cluster.members.count,
                quorum: part.cluster.hasQuorum, machines: part.machines.count, wanted: part.cluster.wanted,
                active: part.units.values.count { $0.state?.active == .active })
        }
    }
}

/// One VM.
struct VMRow: Encodable {
    var name: String
    var id: String
    var cloud: String
    var server: String?
    var cluster: String?
    var customer: String?
    var state: String
    var task: String?
    var power: String?
    var zone: String?
    var tags: [String]?
    var fault: String?
    var machine: String?
    var flavor: String?
    var image: String?
    var addresses: [String]
    var created: String?
    var pid: Int32?

    static func rows(_ inventory: Inventory) -> [VMRow] {
        inventory.clouds.values.flatMap { part in
            part.vms.values.map { vm in
                VMRow(
                    name: vm.name, id: vm.id.text, cloud: vm.cloud.text,
                    server: vm.server.flatMap { part.servers[$0]?.name }, cluster: vm.cluster?.text,
                    customer: vm.customer.map { part.customers[$0]?.name ?? $0.text }, state: vm.state.word,
                    task: vm.task, power: vm.power, zone: vm.zone, tags: vm.tags.isEmpty ? nil : vm.tags,
                    fault: vm.state.fault, machine: inventory.machine(of: vm.id)?.machine.id.text, flavor: vm.flavor,
                    image: vm.image, addresses: vm.addresses, created: vm.created?.iso8601, pid: vm.pid)
            }
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}

/// One server.
struct ServerRow: Encodable {
    var name: String
    var cloud: String
    var state: String
    var vcpus: Int?
    var vcpusUsed: Int?
    var memoryMiB: Int?
    var memoryUsedMiB: Int?
    var diskGiB: Int?
    var diskUsedGiB: Int?
    var zone: String?
    var note: String?
    var vms: Int

    static func rows(_ inventory: Inventory) -> [ServerRow] {
        inventory.clouds.values.flatMap { part in
            part.servers.values.map { server in
                ServerRow(
                    name: server.name, cloud: server.cloud.text, state: server.state.word, vcpus: server.vcpus,
                    vcpusUsed: server.vcpusUsed, memoryMiB: server.memoryMiB, memoryUsedMiB: server.memoryUsedMiB,
                    diskGiB: server.diskGiB, diskUsedGiB: server.diskUsedGiB, zone: server.zone, note: server.why,
                    vms: part.vmsOn[server.id]?.count ?? 0)
            }
        }.sorted { ($0.cloud, $0.name) < ($1.cloud, $1.name) }
    }
}

/// One event.
struct EventRow: Encodable {
    var at: String
    var weight: String
    var cluster: String
    var subject: String
    var text: String
}
