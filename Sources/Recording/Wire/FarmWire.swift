import Model

/// A cloud's server, as a recording has it.
struct ServerWire: Codable {
    var id: String
    var cloud: String
    var name: String
    var state: String
    var why: String?
    var vcpus: Int?
    var vcpusUsed: Int?
    var memoryMiB: Int?
    var memoryUsedMiB: Int?
    var diskGiB: Int?
    var diskUsedGiB: Int?
    var zone: String?
    var note: String?

    init(_ server: Server) {
        id = server.id.text
        cloud = server.cloud.text
        name = server.name
        state = server.state.word
        if case .disabled(let reason) = server.state { why = reason }
        vcpus = server.vcpus
        vcpusUsed = server.vcpusUsed
        memoryMiB = server.memoryMiB
        memoryUsedMiB = server.memoryUsedMiB
        diskGiB = server.diskGiB
        diskUsedGiB = server.diskUsedGiB
        zone = server.zone
        note = server.note
    }

    var model: Server {
        let state: Server.State =
            switch self.state {
            case "up": .up
            case "down": .down
            case "disabled": .disabled(why.safe ?? "")
            default: .unknown
            }
        var server = Server(
            id: ID(id.safe), cloud: ID(cloud.safe), name: name.safe, state: state, vcpus: vcpus, vcpusUsed: vcpusUsed,
            memoryMiB: memoryMiB, memoryUsedMiB: memoryUsedMiB, note: note.safe)
        server.diskGiB = diskGiB
        server.diskUsedGiB = diskUsedGiB
        server.zone = zone.safe
        return server
    }
}

/// A VM, as a recording has it.
struct VMWire: Codable {
    struct Port: Codable {
        var network: String
        var address: String
        var mac: String?
        var floating: String?
    }

    var id: String
    var cloud: String
    var name: String
    var server: String?
    var cluster: String?
    var customer: String?
    var state: String
    var fault: String?
    var flavor: String?
    var image: String?
    var addresses: [String]
    var created: Int64?
    var pid: Int32?
    var task: String?
    var power: String?
    var zone: String?
    var tags: [String]?
    var metadata: [String: String]?
    var key: String?
    var isLocked: Bool?
    var updated: Int64?
    var ports: [Port]?
    var securityGroups: [String]?
    var isByDiscovery: Bool?

    init(_ vm: VM) {
        id = vm.id.text
        cloud = vm.cloud.text
        name = vm.name
        server = vm.server?.text
        cluster = vm.cluster?.text
        customer = vm.customer?.text
        state = vm.state.word
        fault = vm.state.fault
        flavor = vm.flavor
        image = vm.image
        addresses = vm.addresses
        created = vm.created?.milliseconds
        pid = vm.pid
        task = vm.task
        power = vm.power
        zone = vm.zone
        tags = vm.tags.isEmpty ? nil : vm.tags
        metadata = vm.metadata.isEmpty ? nil : vm.metadata
        key = vm.key
        isLocked = vm.isLocked ? true : nil
        updated = vm.updated?.milliseconds
        ports =
            vm.ports.isEmpty
            ? nil
            : vm.ports.map { Port(network: $0.network, address: $0.address, mac: $0.mac, floating: $0.floating) }
        securityGroups = vm.securityGroups.isEmpty ? nil : vm.securityGroups
        isByDiscovery = vm.isByDiscovery ? true : nil
    }

    var model: VM {
        var vm = VM(
            id: ID(id.safe), cloud: ID(cloud.safe), name: name.safe, server: server.safe.map { ID($0) },
            cluster: cluster.safe.map { ID($0) }, customer: customer.safe.map { ID($0) },
            state: VM.State(word: state.safe, fault: fault.safe ?? ""), flavor: flavor.safe, image: image.safe,
            addresses: addresses.map(\.safe), created: created.map { Timestamp(milliseconds: $0) }, pid: pid)
        vm.task = task.safe
        vm.power = power.safe
        vm.zone = zone.safe
        vm.tags = (tags ?? []).map(\.safe)
        vm.metadata = (metadata ?? [:]).safe
        vm.key = key.safe
        vm.isLocked = isLocked ?? false
        vm.updated = updated.map { Timestamp(milliseconds: $0) }
        vm.ports = (ports ?? []).map {
            VMPort(network: $0.network.safe, address: $0.address.safe, mac: $0.mac.safe, floating: $0.floating.safe)
        }
        vm.securityGroups = (securityGroups ?? []).map(\.safe)
        vm.isByDiscovery = isByDiscovery ?? false
        return vm
    }
}

extension VM.State {
    /// The state of a word that ``word`` gave.
    init(word: String, fault: String) {
        switch word {
        case "error": self = .error(fault)
        case "lost": self = .lost(fault)
        default:
            let plain: [VM.State] = [
                .building, .active, .stopped, .rebooting, .paused, .suspended, .shelved, .migrating, .resizing,
                .resized, .deleting,
            ]
            self = plain.first { $0.word == word } ?? .unknown(word)
        }
    }
}

/// Everything of a cloud, or what changed of it, as a recording has it.
struct CloudWire: Codable {
    struct Named: Codable {
        var id: String
        var name: String
    }

    struct Size: Codable {
        var name: String
        var vcpus: Int
        var memoryMiB: Int
        var diskGiB: Int
    }

    struct Net: Codable {
        var name: String
        var subnets: [String]
        var isExternal: Bool
    }

    struct Share: Codable {
        var used: Int
        var limit: Int?

        init(_ share: Quota.Share) {
            used = share.used
            limit = share.limit
        }

        var model: Quota.Share { Quota.Share(used: used, limit: limit) }
    }

    var cloud: String
    var kind: String
    var missing: [String]
    var isAdmin: Bool?
    var servers: [ServerWire]
    var vms: [VMWire]
    /// Servers and VMs that are gone, where the rest is what changed.
    var goneServers: [String]?
    var goneVMs: [String]?
    var customers: [Named]
    var flavors: [Size]
    var images: [String]
    var networks: [Net]?
    var keys: [String]?
    var quota: [Share]?
    var isPartial: Bool?

    init(_ contents: CloudContents) {
        cloud = contents.cloud.id.text
        kind = contents.cloud.kind
        missing = contents.cloud.missing
        isAdmin = contents.cloud.isAdmin
        servers = contents.servers.map { ServerWire($0) }
        vms = contents.vms.map { VMWire($0) }
        customers = contents.customers.map { Named(id: $0.id.text, name: $0.name) }
        flavors = contents.flavors.map {
            Size(name: $0.name, vcpus: $0.vcpus, memoryMiB: $0.memoryMiB, diskGiB: $0.diskGiB)
        }
        images = contents.images
        networks = contents.networks.map { Net(name: $0.name, subnets: $0.subnets, isExternal: $0.isExternal) }
        keys = contents.keys
        quota = contents.quota.map { [Share($0.vms), Share($0.vcpus), Share($0.memoryMiB)] }
        isPartial = contents.isPartial ? true : nil
    }

    /// What changed since other contents of the same cloud.
    init(_ contents: CloudContents, since old: CloudContents) {
        self.init(contents)
        let oldServers = Dictionary(old.servers.map { ($0.id, $0) }) { $1 }
        let oldVMs = Dictionary(old.vms.map { ($0.id, $0) }) { $1 }
        servers = contents.servers.filter { oldServers[$0.id] != $0 }.map { ServerWire($0) }
        vms = contents.vms.filter { oldVMs[$0.id] != $0 }.map { VMWire($0) }
        goneServers = Set(oldServers.keys).subtracting(contents.servers.map(\.id)).map(\.text).sorted()
        goneVMs = Set(oldVMs.keys).subtracting(contents.vms.map(\.id)).map(\.text).sorted()
    }

    var model: CloudContents {
        var contents = CloudContents(
            cloud: Cloud(id: ID(cloud.safe), kind: kind.safe, missing: missing.map(\.safe), isAdmin: isAdmin),
            servers: servers.map(\.model), vms: vms.map(\.model),
            customers: customers.map { Customer(id: ID($0.id.safe), name: $0.name.safe) },
            flavors: flavors.map {
                Flavor(name: $0.name.safe, vcpus: $0.vcpus, memoryMiB: $0.memoryMiB, diskGiB: $0.diskGiB)
            }, images: images.map(\.safe))
        contents.networks = (networks ?? []).map {
            Network(name: $0.name.safe, subnets: $0.subnets.map(\.safe), isExternal: $0.isExternal)
        }
        contents.keys = (keys ?? []).map(\.safe)
        if let quota, quota.count == 3 {
            contents.quota = Quota(vms: quota[0].model, vcpus: quota[1].model, memoryMiB: quota[2].model)
        }
        contents.isPartial = isPartial ?? false
        return contents
    }

    /// The contents after it, where it is what changed.
    func applied(to old: CloudContents) -> CloudContents {
        var contents = model
        let gone = Set(goneServers ?? []), goneHere = Set(goneVMs ?? [])
        let newServers = Set(contents.servers.map(\.id)), newVMs = Set(contents.vms.map(\.id))
        contents.servers += old.servers.filter { !gone.contains($0.id.text) && !newServers.contains($0.id) }
        contents.vms += old.vms.filter { !goneHere.contains($0.id.text) && !newVMs.contains($0.id) }
        return contents
    }
}

extension String {
    /// Text of a file, which may be anybody's, made harmless.
    var safe: String { SafeText.clean(self, limit: 1_024) }
}

extension String? {
    var safe: String? { map(\.safe) }
}

extension [String: String] {
    var safe: [String: String] {
        Dictionary(map { ($0.key.safe, $0.value.safe) }) { first, _ in first }
    }
}
