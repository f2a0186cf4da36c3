import Etcd
import FoundationEssentials
import Model
import NodeAgent
import Registry
import Runtime
import Settings
import Web

/// A cluster that is to be made, step by step.
struct ClusterPlan: Sendable {
    private let name: String
    private let size: Int
    private let discovery: String?
    private let context: Configuration.Context
    private let cloud: Configuration.CloudEntry
    private var entry: Configuration.ClusterEntry
    /// How long all VMs may take until their store stands, or they have joined.
    private static let limit = Duration.seconds(1_800)

    init(_ command: CreateCluster, context: Configuration.Context) throws {
        let makers = context.clouds.filter { if case .openStack = $0.kind { true } else { false } }
        let named = makers.filter { command.cloud == nil || $0.name == command.cloud }
        guard let cloud = named.first, named.count == 1 else {
            let all = makers.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                .refused,
                makers.isEmpty
                    ? "context '\(context.name)' has no cloud to make VMs in; add one of kind \"openstack\""
                    : "name one cloud with --cloud: \(all)")
        }
        name = command.name
        size = command.size
        discovery = command.discovery.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.context = context
        self.cloud = cloud
        entry = Configuration.ClusterEntry(
            name: command.name, endpoints: command.endpoints.flatMap { $0.split(separator: ",").map(String.init) },
            vms: command.vms(in: cloud.name))
    }

    /// Makes the cluster and says what happens; returns it as the configuration is to have it.
    /// - Throws: a sentence; what was made until then stays, and is named.
    func make() async throws -> Configuration.ClusterEntry {
        var plan = self
        if let discovery { plan.entry.endpoints = try await formStore(discovery) }
        try await plan.join()
        return plan.entry
    }

    // MARK: A store of their own

    private func formStore(_ discovery: String) async throws -> [String] {
        let web = WebClient(deadline: .seconds(10))
        let address = "\(discovery)/\(name)"
        _ = try await ask(web, "PUT", "\(discovery)/new?size=\(size)&token=\(name)")
        Output.line("discovery token: \(address)")
        try await makeVMs(address)
        Output.line("waiting for \(size) members of etcd")
        let peers = try await withDeadline(Self.limit) { try await self.members(web, address) }
        let endpoints = peers.map { Self.clientAddress(ofPeer: $0) }
        Output.line("the store: \(endpoints.joined(separator: " "))")
        return endpoints
    }

    private func ask(_ web: WebClient, _ method: String, _ address: String) async throws -> [UInt8] {
        do {
            return try await web.send(method, address)
        } catch WebError.status(_, _, let text) {
            throw CommandFailure(.refused, "'\(address)' refuses the cluster: \(SafeText.clean(text, limit: 512))")
        } catch {
            throw CommandFailure(.unreachable, SafeText.clean("\(error)", limit: 512))
        }
    }

    private func makeVMs(_ address: String) async throws {
        let source = SourceKinds.source(cloud, clock: SystemClock())
        var making = VMMaking(entry)
        making.discovery = address
        for number in 1...size {
            let spec = VMSpec(name: "\(name)-\(number)", cluster: ID(name))
            let outcome = await source.carryOut(.createVM(ID(cloud.name), try making.completed(spec)))
            guard outcome.isDone else {
                throw CommandFailure(
                    .refused,
                    "VM \(spec.name) cannot be made: \(outcome.text); \(number - 1) of \(size) are there: delete-vm")
            }
            Output.line(outcome.text)
        }
    }

    /// The peer addresses of all members, once all have come.
    private func members(_ web: WebClient, _ address: String) async throws -> [String] {
        struct Reply: Decodable {
            struct Node: Decodable {
                var value: String?
                var nodes: [Node]?
            }
            var node: Node
        }
        var seen = 0
        while true {
            let bytes = try await ask(web, "GET", address)
            let reply = try? JSONDecoder().decode(Reply.self, from: Data(bytes))
            let peers = (reply?.node.nodes ?? []).compactMap { node -> String? in
                node.value?.split(separator: "=", maxSplits: 1).last.map(String.init)
            }
            if peers.count != seen { Output.line("\(peers.count) of \(size) members came") }
            seen = peers.count
            if peers.count >= size { return peers }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// The address for clients beside that for peers, as user data has them.
    private static func clientAddress(ofPeer address: String) -> String {
        guard address.hasSuffix(":2380") else { return address }
        return address.dropLast(5) + ":2379"
    }

    // MARK: Joining

    private func join() async throws {
        var context = context
        context.clusters = [entry]
        context.clouds = [cloud]
        let connections = try Connections(context, clock: SystemClock())
        let (size, name, choice, formed) = (size, name, entry.vms.choice, discovery != nil)
        try await connections.whileConnected {
            guard let registry = connections.clusters.first?.records else { return }
            try await insist {
                try await registry.create(
                    Cluster(id: ID(name), name: name, flavor: choice.flavor, image: choice.image))
            }
            try await registry.scale(to: size, choice)
            guard let wish = try await registry.scale()?.wish else { return }
            if formed { Output.line("waiting for \(size) machines to join") }
            try await ScaleWait(registry, connections, Provisioning(connections)).run(wish, limit: Self.limit)
        }
    }
}

/// Repeats what a store refuses while it is being formed.
private func insist(_ work: () async throws -> Void) async throws {
    let deadline = ContinuousClock().now + .seconds(60)
    while true {
        do {
            return try await work()
        } catch let error as EtcdError {
            guard ContinuousClock().now < deadline else { throw error }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

extension CreateCluster {
    /// The options as the configuration has them.
    func vms(in cloud: String) -> Configuration.VMEntry {
        var entry = Configuration.VMEntry()
        entry.cloud = cloud
        entry.choice = choice.choice
        entry.userData = making.userData
        entry.agentURL = making.agentURL
        entry.agentSHA256 = making.agentSHA256
        entry.agentPath = making.agentPath
        entry.agentOptions = making.agentOption
        return entry
    }
}
