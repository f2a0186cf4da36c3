import Model

extension CloudPicture {
    /// The whole as the model has it.
    func contents() -> CloudContents {
        let servers = servers()
        let names = Names(self, servers)
        var sentences = missing.sorted { $0.key < $1.key }.map(\.value)
        if isControlPlane {
            sentences.insert(
                "all \(hypervisors?.count ?? 0) servers count as down at once: that is rather the control plane "
                    + "(message queue, conductor) than the servers, and the VMs may run well", at: 0)
        }
        var contents = CloudContents(
            cloud: Cloud(id: cloud, kind: "openstack", missing: sentences, isAdmin: isAdmin), servers: servers,
            vms: vms.values.map { vm($0, names) }.sorted { $0.id < $1.id }, customers: customers,
            flavors: flavors.map {
                Flavor(name: $0.name, vcpus: $0.vcpus, memoryMiB: $0.memoryMiB, diskGiB: $0.diskGiB)
            }, images: Set(images.compactMap(\.name)).sorted())
        contents.networks = networks
        contents.keys = keys
        contents.quota = quota
        contents.isPartial = !(hasVMs && hasServers)
        return contents
    }

    /// Everything is down at once, which hardly ever is the servers' fault.
    private var isControlPlane: Bool {
        guard let hypervisors, hypervisors.count > 1 else { return false }
        return hypervisors.allSatisfy { $0.isUp == false }
    }

    private func servers() -> [Server] {
        guard let hypervisors else { return guessedServers() }
        let services = Dictionary(services.map { ($0.host, $0) }) { first, _ in first }
        let servers = hypervisors.map { hypervisor -> Server in
            let service = services[hypervisor.serviceHost ?? hypervisor.hostname]
            let figures = figures[hypervisor.id]
            let isUp = hypervisor.isUp ?? service?.isUp
            let isDisabled = !hypervisor.isEnabled || service?.isEnabled == false
            let reason = hypervisor.disabledReason ?? service?.reason ?? "no reason given"
            var server = Server(
                id: Self.id(cloud, hypervisor.hostname), cloud: cloud, name: hypervisor.hostname,
                state: isUp == false ? .down : isDisabled ? .disabled(reason) : isUp == nil ? .unknown : .up,
                vcpus: hypervisor.vcpus ?? figures?.vcpus, vcpusUsed: hypervisor.vcpusUsed ?? figures?.vcpusUsed,
                memoryMiB: hypervisor.memoryMiB ?? figures?.memoryMiB,
                memoryUsedMiB: hypervisor.memoryUsedMiB ?? figures?.memoryUsedMiB)
            server.diskGiB = hypervisor.diskGiB ?? figures?.diskGiB
            server.diskUsedGiB = hypervisor.diskUsedGiB ?? figures?.diskUsedGiB
            server.zone = service?.zone
            if isUp == false, isDisabled { server.note = "disabled too: \(reason)" }
            if service?.isForcedDown == true { server.note = "forced down by an operator" }
            return server
        }
        return servers.sorted { $0.id < $1.id }
    }

    /// The servers that VMs tell of, where the cloud does not list them for us.
    private func guessedServers() -> [Server] {
        var servers: [ID<Server>: Server] = [:]
        for known in vms.values {
            guard let place = place(of: known, [:]) else { continue }
            var server = Server(id: place.id, cloud: cloud, name: place.name, state: .unknown)
            server.note =
                place.isOpaque ? "known by its ID only: listing servers needs the admin role" : "known by its VMs only"
            server.zone = known.vm.zone
            servers[place.id] = server
        }
        return servers.values.sorted { $0.id < $1.id }
    }

    private func place(
        of known: KnownVM, _ names: [String: String]
    ) -> (id: ID<Server>, name: String, isOpaque: Bool)? {
        if let name = known.hypervisor ?? known.host.map({ names[$0] ?? $0 }) {
            return (Self.id(cloud, name), name, false)
        }
        guard let hostID = known.hostID else { return nil }
        let name = "host-\(hostID.prefix(8))"
        return (Self.id(cloud, name), name, true)
    }

    /// What names stand for, looked up once for all VMs.
    private struct Names {
        let servers: [ID<Server>: Server]
        let hosts: [String: String]
        let flavors: [String: String]
        let images: [String: String]
        let isControlPlane: Bool

        init(_ picture: CloudPicture, _ servers: [Server]) {
            self.servers = Dictionary(servers.map { ($0.id, $0) }) { first, _ in first }
            let pairs = (picture.hypervisors ?? []).compactMap { one in one.serviceHost.map { ($0, one.hostname) } }
            hosts = Dictionary(pairs) { first, _ in first }
            flavors = Dictionary(picture.flavors.map { ($0.id, $0.name) }) { first, _ in first }
            images = Dictionary(picture.images.map { ($0.id, $0.name ?? $0.id) }) { first, _ in first }
            isControlPlane = picture.isControlPlane
        }
    }

    private func vm(_ known: KnownVM, _ names: Names) -> VM {
        var vm = known.vm
        let place = place(of: known, names.hosts)
        vm.server = place?.id
        if vm.flavor == nil { vm.flavor = known.flavorID.map { names.flavors[$0] ?? $0 } }
        if vm.image == nil { vm.image = known.imageID.map { names.images[$0] ?? $0 } }
        guard case .active = vm.state else { return vm }
        if let server = place.flatMap({ names.servers[$0.id] }), server.state != .unknown {
            if server.state == .down, !names.isControlPlane { vm.state = .lost("server \(server.name) is down") }
        } else if known.hostStatus == "DOWN" {
            vm.state = .lost("its server is down")
        }
        return vm
    }

    static func id(_ cloud: ID<Cloud>, _ name: String) -> ID<Server> { ID("\(cloud)/\(name)") }
}
