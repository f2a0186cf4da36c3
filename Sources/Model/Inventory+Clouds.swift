extension Inventory {
    mutating func take(_ contents: CloudContents, _ change: inout InventoryChange) {
        let id = contents.cloud.id
        let isFirst = clouds[id] == nil
        let old = clouds[id]
        var part = CloudPart(cloud: contents.cloud)
        part.flavors = contents.flavors
        part.images = contents.images
        part.networks = contents.networks
        part.keys = contents.keys
        part.quota = contents.quota
        part.isPartial = contents.isPartial
        for customer in contents.customers { part.customers[customer.id] = customer }
        for server in contents.servers { part.servers[server.id] = server }
        for vm in contents.vms {
            part.vms[vm.id] = vm
            if let server = vm.server { part.vmsOn[server, default: []].insert(vm.id) }
            cloudOfVM[vm.id] = id
        }
        clouds[id] = part
        for (gone, vm) in (old?.vms ?? [:]).sorted(by: { $0.key < $1.key }) where part.vms[gone] == nil {
            cloudOfVM[gone] = nil
            leftAt[gone] = nil
            change.tell(.note, .vm(gone), "\(vm.name) is gone from cloud \(id)", .vm)
            forgetVM(gone, at: change.report.observedAt)
        }
        guard !isFirst, let old, !old.isPartial else { return }
        for server in contents.servers { tell(server, before: old.servers[server.id], &change) }
        for vm in contents.vms { tell(vm, before: old.vms[vm.id], &change) }
    }

    private func tell(_ server: Server, before: Server?, _ change: inout InventoryChange) {
        guard let before else {
            change.tell(.note, .server(server.id), "is new in the farm", .server)
            return
        }
        guard before.state != server.state else { return }
        switch server.state {
        case .up: change.tell(.good, .server(server.id), "is up", .server)
        case .down: change.tell(.critical, .server(server.id), "is down", .server)
        case .disabled(let why): change.tell(.warning, .server(server.id), "takes no VMs: \(why)", .server)
        case .unknown: change.tell(.note, .server(server.id), "is no longer told of", .server)
        }
    }

    private func tell(_ vm: VM, before: VM?, _ change: inout InventoryChange) {
        guard before?.state != vm.state else { return }
        let place = vm.server.flatMap { self.server($0)?.name }.map { " on \($0)" } ?? ""
        switch vm.state {
        case .lost(let why):
            change.tell(.critical, .vm(vm.id), "is lost" + place + (why.isEmpty ? "" : ": \(why)"), .vm)
        case .error(let why): change.tell(.critical, .vm(vm.id), "is in error" + (why.isEmpty ? "" : ": \(why)"), .vm)
        case .active: change.tell(.good, .vm(vm.id), "is active" + place, .vm)
        case .building, .stopped, .rebooting, .paused, .suspended, .shelved, .migrating, .resizing, .resized,
            .deleting, .unknown:
            change.tell(.note, .vm(vm.id), "is \(vm.state.word)" + place, .vm)
        }
    }

    /// A server of any cloud.
    public func server(_ id: ID<Server>) -> Server? {
        for (_, part) in clouds {
            if let server = part.servers[id] { return server }
        }
        return nil
    }

    /// A VM of any cloud.
    public func vm(_ id: ID<VM>) -> VM? {
        guard let cloud = cloudOfVM[id] else { return nil }
        return clouds[cloud]?.vms[id]
    }

    /// The machine that runs in a VM, once it has joined.
    public func machine(of vm: ID<VM>) -> (cluster: ID<Cluster>, machine: Machine)? {
        guard let place = machineOfVM[vm], let machine = clusters[place.cluster]?.machines[place.machine] else {
            return nil
        }
        return (place.cluster, machine)
    }

    /// The server under a machine, when the chain is known.
    public func server(of machine: Machine) -> Server? {
        machine.vm.flatMap { vm($0) }?.server.flatMap { server($0) }
    }

    /// The VMs made for a cluster, by name.
    public func vms(of cluster: ID<Cluster>) -> [VM] {
        clouds.values.flatMap { $0.vms.values.filter { $0.cluster == cluster } }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The VMs a server carries, by name.
    public func vms(on server: ID<Server>) -> [VM] {
        clouds.values.flatMap { part in (part.vmsOn[server] ?? []).compactMap { part.vms[$0] } }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}
