import Etcd
import FoundationEssentials
import Model
import Registry
import Runtime
import Synchronization

/// Keeps the machine's lease and its record; a lease of an earlier agent that still lives is taken over.
final class LeaseKeeper: Sendable {
    private let registry: ClusterRegistry
    let ttlSeconds: Int64
    private let file: String
    private let machine: Mutex<Machine>
    private let lease = Mutex<Int64?>(nil)
    private let heardAt = Mutex<ContinuousClock.Instant?>(nil)

    init(registry: ClusterRegistry, machine: Machine, ttlSeconds: Int64, stateDirectory: String) {
        self.registry = registry
        self.ttlSeconds = ttlSeconds
        self.machine = Mutex(machine)
        file = stateDirectory + "/lease"
    }

    /// The lease while it lives.
    var current: Int64? { lease.withLock { $0 } }

    /// How long the store has been silent; nil when it was never heard.
    var silence: Duration? { heardAt.withLock { $0.map { ContinuousClock().now - $0 } } }

    private func noteHeard() { heardAt.withLock { $0 = ContinuousClock().now } }

    func setAPI(_ api: String) { machine.withLock { $0.api = api } }

    /// Keeps lease and record until cancelled.
    func run(
        registered: @Sendable () async -> Void, heard: @Sendable () async -> Void, lost: @Sendable () async -> Void
    ) async throws {
        var backoff = Backoff(longest: .seconds(2))
        while !Task.isCancelled {
            do {
                let id = try await obtain()
                try await registry.register(machine.withLock { $0 }, lease: id)
                lease.withLock { $0 = id }
                noteHeard()
                await registered()
                backoff.reset()
                try await renew(id, heard)
            } catch let error as EtcdError {
                if case .leaseExpired = error {
                    lease.withLock { $0 = nil }
                    await lost()
                }
                try await backoff.pause()
            }
        }
    }

    private func obtain() async throws -> Int64 {
        if let id = current ?? saved(), let left = try? await registry.store.keepAlive(id), left > 0 { return id }
        let granted = try await registry.store.grantLease(ttlSeconds: ttlSeconds)
        try? Data("\(granted.id)".utf8).write(to: URL(filePath: file), options: .atomic)
        return granted.id
    }

    private func saved() -> Int64? {
        (try? Data(contentsOf: URL(filePath: file))).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }

    private func renew(_ id: Int64, _ heard: @Sendable () async -> Void) async throws {
        while true {
            try await Task.sleep(for: .milliseconds(ttlSeconds * 1_000 / 3))
            do {
                _ = try await registry.store.keepAlive(id)
                noteHeard()
                await heard()
            } catch let error as EtcdError {
                if case .leaseExpired = error { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}

/// Tells the store what changed of units: the newest state of each only, many in one write, in order.
final class StatePublisher: Sendable {
    private let pending = Mutex<[UnitName: UnitState?]>([:])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func enqueue(_ name: UnitName, _ state: UnitState?) {
        pending.withLock { $0[name] = .some(state) }
        signal.yield()
    }

    /// Writes until cancelled; what could not be written is told.
    func run(
        _ registry: ClusterRegistry, machine: ID<Machine>, lease: @Sendable () -> Int64?,
        failed: @Sendable (UnitName) async -> Void
    ) async throws {
        for await _ in signals {
            let batch = pending.withLock { pending -> [(UnitName, UnitState?)] in
                defer { pending = [:] }
                return pending.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            }
            guard !batch.isEmpty, let id = lease() else { continue }
            do {
                try await registry.publish(batch, of: machine, lease: id)
            } catch let error as EtcdError {
                for (name, _) in batch { await failed(name) }
                if case .leaseExpired = error { continue }
                pending.withLock { pending in
                    for (name, state) in batch where pending[name] == nil { pending[name] = .some(state) }
                }
                try await Task.sleep(for: .milliseconds(300))
                signal.yield()
            }
        }
    }
}
