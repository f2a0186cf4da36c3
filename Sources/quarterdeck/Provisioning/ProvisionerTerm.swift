import Etcd
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Registry
import Runtime

/// Lets one program at a time make a cluster's VMs: it does as long as it keeps a lease in the cluster's store.
struct ProvisionerTerm: Sendable {
    static let ttlSeconds: Int64 = 15

    let registry: ClusterRegistry

    /// Who this program is, for people.
    private var name: String {
        "quarterdeck on \(SafeText.name(ProcessInfo.processInfo.hostName)), process \(getpid())"
    }

    /// Runs the work whenever it is this program's turn, until cancelled.
    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        var backoff = Backoff(longest: .seconds(5))
        while !Task.isCancelled {
            do {
                let lease = try await registry.store.grantLease(ttlSeconds: Self.ttlSeconds).id
                try await serve(lease, work)
                backoff.reset()
            } catch is EtcdError {
                // Whoever reads the cluster says what is wrong with its store.
            }
            try await backoff.pause()
        }
    }

    private func serve(_ lease: Int64, _ work: @escaping @Sendable () async throws -> Void) async throws {
        do {
            try await hold(lease, work)
        } catch {
            // The next one need not wait until the lease has ended.
            await uncancelled { [store = registry.store] in try? await store.revokeLease(lease) }
            throw error
        }
    }

    private func hold(_ lease: Int64, _ work: @escaping @Sendable () async throws -> Void) async throws {
        while try await registry.campaignToProvision(as: name, lease: lease) != nil {
            _ = try await registry.store.keepAlive(lease)
            try await Task.sleep(for: .seconds(3))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(4))
                    _ = try await registry.store.keepAlive(lease)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
