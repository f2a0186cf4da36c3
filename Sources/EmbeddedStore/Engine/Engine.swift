import Keyspace

/// The store proper: one keyspace, its journal, and who waits for what.
///
/// A request is applied in memory at once and answered when everything it saw is durable. What comes in while the disk
/// is busy becomes durable together, in one commit of the journal.
/// **Invariant:** no answer and no watch event tells of a revision that a power loss could undo.
actor Engine {
    /// Who this store says it is.
    struct Identity: Sendable {
        var clusterID: UInt64
        var memberID: UInt64
    }

    nonisolated let identity: Identity
    /// When leases end next: whoever reads it calls `expireLeases(due:)` at that time.
    nonisolated let expiries: AsyncStream<Int64>

    private let journal: Journal?
    private let clock = StoreClock()
    private let expirySink: AsyncStream<Int64>.Continuation
    private let workSink: AsyncStream<Void>.Continuation
    private let work: AsyncStream<Void>

    private var keyspace: Keyspace
    private var history = HistoryBudget()
    private var watchers = Watchers()

    /// Changes made in memory and not yet given to the journal.
    private var pending = JournalBatch()
    private var unpublished: [Keyspace.Commit] = []
    /// How many writes have been made in memory, and how many of them are durable.
    private var written = 0
    private var durable = 0
    private var durableRevision: Int64
    private var waiting: [(write: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    private var failure: (any Error)?
    private var scheduledExpiries: Set<Int64> = []

    /// Goes on from the journal's contents; without a journal it begins empty and forgets all at its end.
    init(journal: Journal?) throws {
        self.journal = journal
        (work, workSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (expiries, expirySink) = AsyncStream.makeStream()
        if let journal {
            let contents = try journal.load()
            identity = Identity(clusterID: contents.clusterID, memberID: contents.memberID)
            keyspace = Keyspace(restoring: contents.snapshot, atMilliseconds: clock.milliseconds)
        } else {
            identity = Identity(clusterID: .random(in: 1 ... .max), memberID: .random(in: 1 ... .max))
            keyspace = Keyspace()
        }
        durableRevision = keyspace.revision
        if let next = keyspace.nextExpiryMilliseconds {
            scheduledExpiries.insert(next)
            expirySink.yield(next)
        }
    }
}

// MARK: - Keys

extension Engine {
    func range(_ request: Keyspace.RangeRequest) async throws -> (answer: Keyspace.RangeAnswer, revision: Int64) {
        let answer = try keyspace.range(request)
        let revision = keyspace.revision
        try await untilDurable()
        return (answer, revision)
    }

    func put(_ request: Keyspace.PutRequest) async throws -> Keyspace.Applied<Keyspace.KeyValue?> {
        try await settle(try keyspace.put(request))
    }

    func delete(_ request: Keyspace.DeleteRequest) async throws -> Keyspace.Applied<Keyspace.DeleteAnswer> {
        try await settle(try keyspace.delete(request))
    }

    func txn(_ request: Keyspace.Txn) async throws -> Keyspace.Applied<Keyspace.TxnAnswer> {
        try await settle(try keyspace.txn(request))
    }

    func compact(to revision: Int64) async throws -> Int64 {
        try keyspace.compact(to: revision)
        history.forget(before: revision)
        watchers.wakeAll()
        try await untilDurable()
        return keyspace.revision
    }

    /// The newest revision that may be told.
    var revision: Int64 { durableRevision }

    func byteCount() async throws -> Int64 {
        try await journal?.byteCount() ?? 0
    }
}

// MARK: - Leases

extension Engine {
    func grantLease(id: Int64, ttlSeconds: Int64) async throws -> Keyspace.LeaseStatus {
        // By chance, so that an ID is not used again after a restart.
        let chosen = id == 0 ? Int64.random(in: 1 ... .max) : id
        let lease = try keyspace.grantLease(id: chosen, ttlSeconds: ttlSeconds, atMilliseconds: clock.milliseconds)
        pending.add(lease: lease.id, ttlSeconds: lease.grantedTTLSeconds)
        noteWrite()
        scheduleExpiry()
        try await untilDurable()
        return lease
    }

    func keepAlive(_ id: Int64) throws -> Int64 {
        if let failure { throw failure }
        return try keyspace.keepAlive(id, atMilliseconds: clock.milliseconds)
    }

    func revokeLease(_ id: Int64) async throws -> Int64 {
        let applied = try keyspace.revokeLease(id)
        pending.add(lease: id, ttlSeconds: nil)
        noteWrite()
        return try await settle(applied).revision
    }

    func lease(_ id: Int64) async throws -> Keyspace.LeaseStatus? {
        let lease = keyspace.lease(id, atMilliseconds: clock.milliseconds)
        try await untilDurable()
        return lease
    }

    func leaseIDs() async throws -> [Int64] {
        let ids = keyspace.leaseIDs
        try await untilDurable()
        return ids
    }

    /// Sleeps until a time `expiries` told, then ends the leases whose time is up.
    nonisolated func expireLeases(at due: Int64) async throws {
        try await clock.sleep(untilMilliseconds: due)
        await expireLeases(due: due)
    }

    private func expireLeases(due: Int64) {
        scheduledExpiries.remove(due)
        for expired in keyspace.expireLeases(atMilliseconds: clock.milliseconds) {
            pending.add(lease: expired.answer, ttlSeconds: nil)
            noteWrite()
            note(expired.commit)
        }
        scheduleExpiry()
    }

    /// Has somebody wake at the next expiry, unless somebody wakes before it anyway.
    private func scheduleExpiry() {
        guard let next = keyspace.nextExpiryMilliseconds, next < scheduledExpiries.min() ?? .max else { return }
        scheduledExpiries.insert(next)
        expirySink.yield(next)
    }
}

// MARK: - Watches

extension Engine {
    /// Registers a watch of the range from a revision on (0: from now); `wake` is called when `take` has something.
    func openWatch(
        _ range: Keyspace.KeyRange, from revision: Int64, wake: @escaping @Sendable () -> Void
    ) -> (token: Int, revision: Int64) {
        let token = watchers.add(range, next: revision > 0 ? revision : durableRevision + 1, wake: wake)
        if revision > 0, revision <= durableRevision { watchers.wake(token) }
        return (token, durableRevision)
    }

    func closeWatch(_ token: Int) {
        watchers.remove(token)
    }

    /// The next commits a watch has not seen; what it takes it will not get again.
    /// - Throws: `KeyspaceError.compacted` when the watch has fallen behind what is kept.
    func take(_ token: Int) throws -> [Keyspace.Commit] {
        guard let watcher = watchers[token], watcher.next <= durableRevision else {
            watchers.settle(token, next: nil)
            return []
        }
        let commits = try keyspace.commits(in: watcher.range, from: watcher.next, atMost: Watchers.takeMax)
            .filter { $0.revision <= durableRevision }
        let isAll = commits.count < Watchers.takeMax
        let last = isAll ? durableRevision : commits.last?.revision ?? durableRevision
        watchers.settle(token, next: last + 1)
        if !isAll { watchers.wake(token) }
        return commits
    }

    /// The revision up to which a watch has been given everything; nil while something waits for it.
    func progress(_ token: Int) -> Int64? {
        guard let watcher = watchers[token], watcher.next > durableRevision else { return nil }
        return durableRevision
    }
}

// MARK: - Durability

extension Engine {
    /// Writes what is pending whenever there is something, until cancelled or the disk fails.
    func writeUntilCancelled() async throws {
        do {
            for await _ in work {
                while durable < written { try await flush() }
            }
            throw CancellationError()
        } catch {
            fail(error)
            throw error
        }
    }

    private func flush() async throws {
        let (batch, commits, target) = (pending, unpublished, written)
        pending = JournalBatch()
        unpublished = []
        try await journal?.write(batch)
        durable = target
        if let last = commits.last { durableRevision = last.revision }
        let ready = waiting.prefix { $0.write <= target }
        waiting.removeFirst(ready.count)
        for waiter in ready { waiter.continuation.resume() }
        for commit in commits { watchers.publish(commit) }
        trimHistory(adding: commits)
    }

    private func trimHistory(adding commits: [Keyspace.Commit]) {
        for commit in commits { history.add(commit) }
        guard let revision = history.excess, revision > keyspace.compactedRevision else { return }
        do {
            try keyspace.compact(to: revision)
        } catch {
            preconditionFailure("cannot compact to \(revision) of \(keyspace.revision): \(error)")
        }
        history.forget(before: revision)
        watchers.wakeLagging(before: revision)
    }

    /// Notes what a request changed and waits until that, and all it saw, is durable.
    private func settle<Answer>(_ applied: Keyspace.Applied<Answer>) async throws -> Keyspace.Applied<Answer> {
        if applied.commit != nil { noteWrite() }
        note(applied.commit)
        try await untilDurable()
        return applied
    }

    private func note(_ commit: Keyspace.Commit?) {
        guard let commit else { return }
        pending.add(commit)
        unpublished.append(commit)
    }

    private func noteWrite() {
        written += 1
        workSink.yield()
    }

    private func untilDurable() async throws {
        if let failure { throw failure }
        if durable >= written { return }
        let write = written
        try await withCheckedThrowingContinuation { waiting.append((write, $0)) }
    }

    /// Fails everybody who waits and will ever ask: what is in memory is ahead of the disk and must not be told.
    private func fail(_ error: any Error) {
        failure = error
        for waiter in waiting { waiter.continuation.resume(throwing: error) }
        waiting = []
        expirySink.finish()
    }
}
