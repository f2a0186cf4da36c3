import AgentAPI
import Etcd
import FoundationEssentials
import Model
import NodeAgent
import Recording
import Registry
import Runtime
import Settings
import Web

/// Everything one context is connected to: its sources, and the clients they share.
struct Connections: Sendable {
    let context: Configuration.Context
    let clock: SystemClock
    let clouds: [(id: ID<Cloud>, source: any CloudSource)]
    let clusters: [ConnectedCluster]
    private let clients: [EtcdClient]
    private let orders: OrderLog?

    /// - Parameters:
    ///   - orders: where orders are noted; nil for a look that gives none
    ///   - note: is told what fleet's API is asked and what comes of it, in words
    init(
        _ context: Configuration.Context, clock: SystemClock, orders: OrderLog? = nil,
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.context = context
        self.orders = orders
        self.clock = clock
        clouds = context.clouds.map { (ID($0.name), SourceKinds.source($0, clock: clock)) }
        var clients: [EtcdConfiguration: EtcdClient] = [:]
        clusters = try context.clusters.map { entry in
            if entry.kind == .fleet { return try SourceKinds.fleet(entry, clock: clock, note: note) }
            let configuration = try Self.configuration(entry)
            let client = try clients[configuration] ?? EtcdClient(configuration)
            clients[configuration] = client
            return try SourceKinds.cluster(entry, client, clock: clock)
        }
        self.clients = Array(clients.values)
    }

    private static func configuration(_ entry: Configuration.ClusterEntry) throws -> EtcdConfiguration {
        try StoreAccess(
            endpoints: entry.endpoints, ca: entry.ca, cert: entry.cert, key: entry.key, user: entry.user,
            passwordFile: entry.passwordFile
        ).configuration()
    }

    /// All sources, clouds first.
    var sources: [any Source] { clouds.map(\.source) + clusters.map(\.source) }

    /// The clouds that this program makes VMs in.
    var makers: CloudMakers { CloudMakers(context: context, clouds: clouds) }

    /// Runs the clients' connections until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { try await client.run() } }
            if clients.isEmpty { try await untilCancelled() }
            try await group.waitForAll()
        }
    }

    /// Notes an order, carries it out at the source it belongs to, and notes what became of it.
    ///
    /// An order that cannot be noted is carried out nevertheless: a full disk must not keep anybody from mending a
    /// farm. Its outcome says so too.
    ///
    /// - Parameter noting: is told why it cannot be noted, before it goes out; nil when all of it was noted
    func carryOut(
        _ order: Order,
        noting: @Sendable (String?) async -> Void = { why in
            if let why { Output.error(why) }
        }
    ) async -> Outcome {
        if context.isReadOnly {
            return .refused("cannot \(order.phrase): context '\(context.name)' is read-only in the configuration")
        }
        guard let orders else { return await give(order) }
        let id: String
        do {
            id = try await orders.asked(order, at: clock.now())
        } catch {
            await noting("orders are carried out but NOT written down: \(error)")
            return await give(order).with("this order is not written down")
        }
        let outcome = await give(order)
        do {
            try await orders.ended(id, outcome, at: clock.now())
        } catch {
            await noting("what becomes of orders is NOT written down: \(error)")
            return outcome.with("this outcome is not written down")
        }
        await noting(nil)
        return outcome
    }

    private func give(_ order: Order) async -> Outcome {
        if let id = order.cluster {
            guard let cluster = clusters.first(where: { $0.id == id }) else {
                return .refused("there is no cluster '\(id)' in context '\(context.name)'")
            }
            return await cluster.source.carryOut(order)
        }
        guard let cloud = clouds.first(where: { $0.id == order.cloud }) else {
            return .refused("there is no cloud '\(order.cloud?.text ?? "")' in context '\(context.name)'")
        }
        return await cloud.source.carryOut(order)
    }

    /// Runs the work while the clients are connected.
    func whileConnected<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await run()
                return nil
            }
            group.addTask { try await work() }
            defer { group.cancelAll() }
            while let done = try await group.next() {
                if let value = done { return value }
            }
            throw CancellationError()
        }
    }

    /// Reads every source once, the clusters as of now; what does not answer in time is told and left out.
    func inventory(
        within limit: Duration, clouds parts: CloudParts = .all, _ tell: @escaping @Sendable (Report) -> Void = { _ in }
    ) async -> (inventory: Inventory, problems: [String]) {
        await collect(tell) { group in
            for cluster in clusters { group.addTask { await read(cluster, within: limit) } }
            for cloud in clouds { group.addTask { await read(cloud.source, parts) } }
        }
    }

    /// Reads parts of every cloud once.
    func cloudInventory(_ parts: CloudParts) async -> (inventory: Inventory, problems: [String]) {
        await collect { group in
            for cloud in clouds { group.addTask { await read(cloud.source, parts) } }
        }
    }

    private func collect(
        _ tell: @escaping @Sendable (Report) -> Void = { _ in },
        _ ask: (inout TaskGroup<(Report?, String?)>) -> Void
    ) async -> (inventory: Inventory, problems: [String]) {
        let collected = await withTaskGroup(of: (Report?, String?).self) { group in
            ask(&group)
            return await group.reduce(into: []) { $0.append($1) }
        }
        var inventory = Inventory()
        for report in collected.compactMap(\.0) {
            _ = inventory.apply(report)
            tell(report)
        }
        return (inventory, collected.compactMap(\.1).sorted())
    }

    private func read(_ cluster: ConnectedCluster, within limit: Duration) async -> (Report?, String?) {
        do {
            let (contents, revision) = try await withDeadline(cluster.limit(limit)) { try await cluster.door.read() }
            var whole = contents
            if let records = cluster.records {
                whole.cluster.members = (try? await withDeadline(.seconds(2)) { try await records.members() }) ?? []
            }
            let entry = context.clusters.first { $0.name == cluster.id.text }
            whole.cluster.store = entry?.endpoints.joined(separator: " ")
            if entry?.isProtected == true { whole.cluster.isProtected = true }
            let report = Report(
                source: .cluster(cluster.id), revision: revision, observedAt: clock.now(), body: .cluster(whole))
            return (report, nil)
        } catch {
            return (nil, "cluster '\(cluster.id)': \(SafeText.clean("\(error)", limit: 512))")
        }
    }

    private func read(_ source: any CloudSource, _ parts: CloudParts) async -> (Report?, String?) {
        do {
            let contents = try await withDeadline(Self.cloudLimit) { try await source.read(parts) }
            return (Report(source: source.id, observedAt: clock.now(), body: .cloud(contents)), nil)
        } catch {
            return (nil, "cloud '\(source.id)': \(SafeText.clean("\(error)", limit: 512))")
        }
    }

    /// How long a cloud may take to tell all it has: thousands of VMs come page by page.
    private static let cloudLimit = Duration.seconds(60)
}

extension Outcome {
    /// The same, with something to add in brackets.
    fileprivate func with(_ remark: String) -> Outcome {
        let text = "\(text) (\(remark))"
        return switch self {
        case .done: .done(text)
        case .refused: .refused(text)
        case .failed: .failed(text)
        case .unreachable: .unreachable(text)
        }
    }
}
