import FoundationEssentials
import Model
import NodeAgent
import Registry
import Runtime
import Settings

/// Makes and removes VMs for those clusters of a context whose cloud is asked by this program itself.
struct Provisioning: Sendable {
    private struct Part: Sendable {
        let cloud: ID<Cloud>
        let process: ProvisionerProcess
        let term: ProvisionerTerm
    }

    private let parts: [Part]

    /// For all such clusters, or one.
    init(_ connections: Connections, only one: ID<Cluster>? = nil) {
        parts = connections.clusters.compactMap { cluster in
            guard one == nil || cluster.id == one,
                let entry = connections.context.clusters.first(where: { $0.name == cluster.id.text }),
                let cloud = connections.makers.cloud(of: entry), let registry = cluster.records
            else { return nil }
            let process = ProvisionerProcess(
                registry, cloud: cloud.source, cloudID: cloud.id, clock: connections.clock
            ) { try VMMaking(entry).completed($0) }
            return Part(cloud: cloud.id, process: process, term: ProvisionerTerm(registry: registry))
        }
    }

    /// Whether there is any such cluster.
    var isEmpty: Bool { parts.isEmpty }

    /// Takes in what a source tells.
    func take(_ report: Report) {
        for part in parts where .cloud(part.cloud) == report.source { part.process.take(report) }
    }

    /// Runs until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in parts { group.addTask { try await part.term.run { try await part.process.run() } } }
            try await untilCancelled()
        }
    }
}
