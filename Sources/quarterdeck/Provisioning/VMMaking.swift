import FoundationEssentials
import Model
import NodeAgent
import Settings
import UserData

/// What a cluster's configuration says of its new VMs.
struct VMMaking: Sendable {
    let cluster: ID<Cluster>
    let entry: Configuration.VMEntry
    let endpoints: [String]
    let storeCA: String?
    /// Where the VMs find each other, when they form the store themselves.
    var discovery: String?

    init(_ cluster: Configuration.ClusterEntry) {
        self.init(cluster: ID(cluster.name), cluster.vms, endpoints: cluster.endpoints, storeCA: cluster.ca)
    }

    init(cluster: ID<Cluster>, _ entry: Configuration.VMEntry, endpoints: [String], storeCA: String?) {
        self.cluster = cluster
        self.entry = entry
        self.endpoints = entry.endpoints ?? endpoints
        self.storeCA = storeCA
    }

    /// The VM with what it was not given yet, its user data included.
    /// - Throws: a sentence for what cannot be in user data.
    func completed(_ spec: VMSpec) throws -> VMSpec {
        var spec = spec
        spec.choice = spec.choice.completed(by: entry.choice)
        guard spec.userData == nil, let format else { return spec }
        spec.userData = try UserData.text(try plan(spec), format: format)
        return spec
    }

    private var format: UserDataFormat? {
        switch entry.userData {
        case "ignition": .ignition
        case "cloud-init": .cloudInit
        default: nil
        }
    }

    private static func option(_ line: String) throws -> JoinPlan.AgentOption {
        let parts = line.split(separator: "=", maxSplits: 1).map { String($0.trimmed) }
        guard parts.count == 2 else {
            throw CommandFailure(
                .refused, "vm-agent-options: '\(SafeText.name(line))' is no option of the agent, written name = value")
        }
        return JoinPlan.AgentOption(name: parts[0], value: parts[1])
    }

    private func plan(_ spec: VMSpec) throws -> JoinPlan {
        var supply = JoinPlan.AgentSupply.inImage(path: entry.agentPath ?? "/usr/local/bin/quarterdeck-agent")
        if let url = entry.agentURL, let sum = entry.agentSHA256 { supply = .download(url: url, sha256: sum) }
        var plan = JoinPlan(
            cluster: spec.cluster, storeEndpoints: endpoints, agent: supply, metadata: spec.metadata,
            etcdDiscovery: discovery, hostname: spec.name)
        plan.agentOptions = try entry.agentOptions.map(Self.option)
        if let storeCA {
            guard let data = try? Data(contentsOf: URL(filePath: storeCA)) else {
                throw CommandFailure(.refused, "cannot read '\(storeCA)', the authority of the store's certificates")
            }
            plan.storeCA = String(decoding: data, as: UTF8.self)
        }
        return plan
    }
}
