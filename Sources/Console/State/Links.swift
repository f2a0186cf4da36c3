import Model

/// What belongs to the selected object in every pane.
struct Links: Hashable, Sendable {
    var servers: Set<ID<Server>> = []
    var vms: Set<ID<VM>> = []
    var clusters: Set<ID<Cluster>> = []
    var machines: Set<ID<Machine>> = []
    /// A unit belongs by its machine, or by its cluster when that is selected.
    var unitsOfClusters: Set<ID<Cluster>> = []
    var units: Set<UnitKey> = []
    /// Machines of a selected unit: they belong, their other units do not.
    var carriers: Set<ID<Machine>> = []

    init() {}

    /// Whether an object belongs to the selected one.
    func contains(_ subject: Subject, _ facts: Facts) -> Bool {
        switch subject {
        case .server(let id): servers.contains(id)
        case .vm(let id): vms.contains(id)
        case .cluster(let id): clusters.contains(id)
        case .machine(_, let id): machines.contains(id) || carriers.contains(id)
        case .unit(let key):
            unitsOfClusters.contains(key.cluster) || units.contains(key)
                || (!machines.isEmpty && facts.machines(of: key).contains { machines.contains($0) })
        case .cloud, .source: false
        }
    }
}

extension Facts {
    /// What belongs to a subject, along the chain server, VM, machine, unit.
    func links(of subject: Subject) -> Links {
        var links = Links()
        switch subject {
        case .server(let id):
            links.servers = [id]
            for vm in inventory.vms(on: id) { add(vm.id, to: &links) }
        case .vm(let id):
            add(id, to: &links)
        case .cluster(let id):
            links.clusters = [id]
            links.unitsOfClusters = [id]
            for vm in vmsOf[id] ?? [] { add(vm, to: &links) }
            for machine in inventory.clusters[id]?.machines.values ?? [:].values { add(machine, id, to: &links) }
        case .machine(let cluster, let id):
            if let machine = inventory.clusters[cluster]?.machines[id] { add(machine, cluster, to: &links) }
        case .unit(let key):
            links.units = [key]
            links.clusters = [key.cluster]
            for id in machines(of: key) {
                guard let machine = inventory.clusters[key.cluster]?.machines[id] else { continue }
                links.carriers.insert(id)
                if let vm = machine.vm { links.vms.insert(vm) }
                if let server = inventory.server(of: machine) { links.servers.insert(server.id) }
            }
        case .cloud, .source: break
        }
        return links
    }

    private func add(_ vm: ID<VM>, to links: inout Links) {
        links.vms.insert(vm)
        if let server = inventory.vm(vm)?.server { links.servers.insert(server) }
        if let cluster = inventory.vm(vm)?.cluster { links.clusters.insert(cluster) }
        if let place = inventory.machineOfVM[vm] {
            links.machines.insert(place.machine)
            links.clusters.insert(place.cluster)
        }
    }

    private func add(_ machine: Machine, _ cluster: ID<Cluster>, to links: inout Links) {
        links.machines.insert(machine.id)
        links.clusters.insert(cluster)
        if let vm = machine.vm { add(vm, to: &links) }
    }
}
