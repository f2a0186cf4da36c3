import Etcd
import FoundationEssentials
import Logging
import Model
import Registry
import Runtime
import Synchronization

/// Keeps the machine's lease and its record; a lease of an earlier agent that still lives is taken over.
///
/// A machine whose ID is taken under another lease is not registered. That lease may be its own of before a reboot: it
/// waits until that has ended, and says so when it does not end.
final class LeaseKeeper: Sendable {
    private let registry: ClusterRegistry
    let ttlSeconds: Int64
    private let file: String
    private let machine: Mutex<Machine>
    private let lease = Mutex<Int64?>(nil)
    /// The lease that was taken last, whether the machine is registered under it or not.
    private let granted = Mutex<Int64?>(nil)
    private let bootID: String
    private let log: Logger
    private let heardAt = Mutex<ContinuousClock.Instant?>(nil)

    init(registry: ClusterRegistry, machine: Machine, options: AgentOptions, log: Logger) {
        self.registry = registry
        self.log = log
        ttlSeconds = options.ttl
        bootID = AgentOptions.bootID()
        self.machine = Mutex(machine)
        file = options.stateDir + "/lease"
    }

    /// The lease while it lives.
    var current: Int64? { lease.withLock { $0 } }

    /// How long the store has been silent; nil when it was never heard.
    var silence: Duration? { heardAt.withLock { $0.map { ContinuousClock().now - $0 } } }

    private func noteHeard() { heardAt.withLock { $0 = ContinuousClock().now } }

    func setAPI(_ api: String) { machine.withLock { $0.api = api } }

    /// Keeps lease and record until cancelled.
    func run(
        registered: @Sendable () async -> Void, refused: @Sendable (Machine) async -> Void,
        heard: @Sendable () async -> Void, lost: @Sendable () async -> Void
    ) async throws {
        var backoff = Backoff(longest: .seconds(2))
        var takenSince: ContinuousClock.Instant?
        while !Task.isCancelled {
            do {
                let id = try await obtain()
                let own = machine.withLock { $0 }
                let old = saved(withAnyTTL: true)
                if case .taken(let other) = try await registry.register(own, lease: id, insteadOf: old) {
                    let since = takenSince ?? ContinuousClock().now
                    takenSince = since
                    noteHeard()
                    if ContinuousClock().now - since > .seconds(ttlSeconds + 2) {
                        await refused(other)
                        try await registry.tellRefused(own, lease: id)
                    }
                    try await Task.sleep(for: .milliseconds(500))
                    continue
                }
                takenSince = nil
                lease.withLock { $0 = id }
                noteHeard()
                save(id)
                await registered()
                backoff.reset()
                try await renew(id, heard)
            } catch let error as EtcdError {
                if case .leaseExpired = error {
                    lease.withLock { $0 = nil }
                    granted.withLock { $0 = nil }
                    await lost()
                }
                try await backoff.pause()
            }
        }
    }

    /// Writes the machine's record again, where it may have been lost or be an old one.
    func registerAgain() async {
        guard let id = current else { return }
        do {
            _ = try await registry.register(machine.withLock { $0 }, lease: id)
        } catch {
            // Whatever it is, the next renewal meets it too.
            return
        }
    }

    private func obtain() async throws -> Int64 {
        if let id = current ?? granted.withLock({ $0 }) ?? saved(), let left = try? await registry.store.keepAlive(id),
            left > 0
        {
            return id
        }
        let new = try await registry.store.grantLease(ttlSeconds: ttlSeconds)
        granted.withLock { $0 = new.id }
        return new.id
    }

    private func save(_ id: Int64) {
        do {
            try Data("\(id) \(bootID) \(ttlSeconds)".utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            let why = SafeText.clean("\(error)", limit: 200)
            log.warning("cannot write '\(file)': \(why); the next agent here waits for the end of this one's lease")
        }
    }

    /// The lease of an earlier agent since the same boot: a copy of this machine's disk has another boot. One for
    /// another time to live is not gone on with: it would end between two renewals.
    private func saved(withAnyTTL: Bool = false) -> Int64? {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else { return nil }
        let words = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[1] == bootID, withAnyTTL || words[2] == "\(ttlSeconds)" else { return nil }
        return Int64(words[0])
    }

    private func renew(_ id: Int64, _ heard: @Sendable () async -> Void) async throws {
        let interval = Duration.milliseconds(ttlSeconds * 1_000 / 3)
        var backoff = Backoff(longest: min(interval, .seconds(1)))
        var isRenewed = true
        while true {
            if isRenewed { try await Task.sleep(for: interval) }
            do {
                _ = try await registry.store.keepAlive(id)
                isRenewed = true
                backoff.reset()
                noteHeard()
                await heard()
            } catch let error as EtcdError {
                if case .leaseExpired = error { throw error }
                // Soon again: the store's own time may go on without us.
                isRenewed = false
                try await backoff.pause()
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
        var backoff = Backoff(first: .milliseconds(300))
        for await _ in signals {
            let batch = pending.withLock { pending -> [(UnitName, UnitState?)] in
                defer { pending = [:] }
                return pending.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            }
            guard !batch.isEmpty, let id = lease() else { continue }
            do {
                try await registry.publish(batch, of: machine, lease: id)
                backoff.reset()
            } catch let error as EtcdError {
                for (name, _) in batch { await failed(name) }
                if case .leaseExpired = error { continue }
                pending.withLock { pending in
                    for (name, state) in batch where pending[name] == nil { pending[name] = .some(state) }
                }
                try await backoff.pause()
                signal.yield()
            }
        }
    }
}
