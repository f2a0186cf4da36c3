import AgentAPI
import Etcd
import FoundationEssentials
import LocalCloud
import Model
import NodeAgent
import OpenStack
import Registry
import Runtime
import Settings
import Web

/// Which door a cloud or cluster of the configuration is behind.
enum SourceKinds {
    /// The cloud's door; one that cannot be used says why, and keeps the others from nothing.
    static func source(_ entry: Configuration.CloudEntry, clock: SystemClock) -> any CloudSource {
        switch entry.kind {
        case .local(let endpoint): LocalCloudSource(cloud: ID(entry.name), endpoint: endpoint, clock: clock)
        case .openStack(let cloud, let file, let allProjects):
            openStack(ID(entry.name), cloud, file, allProjects, clock)
        }
    }

    /// A cluster with a store of ours.
    static func cluster(
        _ entry: Configuration.ClusterEntry, _ client: EtcdClient, clock: SystemClock
    ) throws -> ConnectedCluster {
        let registry = ClusterRegistry(cluster: ID(entry.name), store: client)
        let agents = try AgentClient(tls: agentTLS(entry), tokenFile: entry.agentTokenFile)
        let source = ClusterSource(
            registry: registry, agents: agents, clock: clock, storeName: entry.endpoints.joined(separator: " "),
            isProtected: entry.isProtected)
        return ConnectedCluster(
            id: ID(entry.name), door: registry, records: registry, source: source, agents: agents)
    }

    /// A cluster that fleet drives; its machines have no agents of ours.
    static func fleet(
        _ entry: Configuration.ClusterEntry, clock: SystemClock, note: @escaping @Sendable (String) -> Void
    ) throws -> ConnectedCluster {
        let client = try FleetClient(
            endpoints: entry.endpoints, tls: agentTLS(entry), deadline: entry.answersWithin, note: note)
        let source = FleetSource(
            cluster: ID(entry.name), client: client, clock: clock, isProtected: entry.isProtected)
        return ConnectedCluster(
            id: ID(entry.name), door: source, records: nil, source: source, agents: AgentClient(),
            listsWithin: max(.seconds(60), entry.answersWithin ?? .zero))
    }

    private static func agentTLS(_ entry: Configuration.ClusterEntry) -> WebTLS {
        WebTLS(ca: entry.agentCA, cert: entry.agentCert, key: entry.agentKey)
    }

    private static func openStack(
        _ id: ID<Cloud>, _ cloud: String?, _ file: String?, _ allProjects: Bool, _ clock: SystemClock
    ) -> any CloudSource {
        var environment = ProcessInfo.processInfo.environment
        if let file { environment["OS_CLIENT_CONFIG_FILE"] = file }
        do {
            let settings = try OpenStackSettings.load(cloud: cloud, environment: environment)
            return try OpenStackSource(cloud: id, settings: settings, clock: clock, allProjects: allProjects)
        } catch {
            return UnusableCloud(cloud: id, why: SafeText.clean("\(error)", limit: 512))
        }
    }
}

/// A cloud whose settings are of no use.
struct UnusableCloud: CloudSource {
    let cloud: ID<Cloud>
    let why: String
    var id: SourceID { .cloud(cloud) }

    func observe(_ tell: @Sendable (Report) async -> Void) async throws { throw SourceError(why) }
    func carryOut(_ order: Order) async -> Outcome { .refused("cannot \(order.phrase): \(why)") }
    func read(_ parts: CloudParts) async throws -> CloudContents { throw SourceError(why) }
    func check() async -> [CloudCheck] { [CloudCheck(.bad, why)] }
    func details(of vm: ID<VM>) async throws -> VMDetails { throw SourceError(why) }
    func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws { throw SourceError(why) }
}

/// The clouds that VMs are made in by whoever looks at them; a local cloud does that itself.
struct CloudMakers: Sendable {
    let context: Configuration.Context
    let clouds: [(id: ID<Cloud>, source: any CloudSource)]

    /// The cloud of a cluster's new VMs: the one it names, else the only one there is.
    func cloud(of entry: Configuration.ClusterEntry) -> (id: ID<Cloud>, source: any CloudSource)? {
        let makers = context.clouds.filter { if case .openStack = $0.kind { true } else { false } }
        let chosen = entry.vms.cloud.map { name in makers.filter { $0.name == name } } ?? makers
        guard chosen.count == 1, let one = chosen.first else { return nil }
        return clouds.first { $0.id.text == one.name }
    }
}
