extension Keyspace {
    /// A lease as it stands.
    public struct LeaseStatus: Sendable, Hashable {
        /// The lease's ID.
        public var id: Int64
        /// How long the lease was granted for, in seconds.
        public var grantedTTLSeconds: Int64
        /// How long it still lives without a keep-alive, in milliseconds.
        public var remainingMilliseconds: Int64
        /// The keys that live on it, in byte order.
        public var keys: [[UInt8]]
    }

    struct LeaseRecord: Sendable {
        var ttlSeconds: Int64
        var expiresAtMilliseconds: Int64
        var keys: Set<[UInt8]> = []
    }

    /// Grants a lease and returns its ID; the ID 0 leaves the choice to the keyspace.
    ///
    /// Chosen IDs are not used again within one value; who restarts from a snapshot should choose IDs by chance
    /// instead, so that a lease that ended before is never mistaken for a new one.
    /// - Throws: `leaseExists`, `leaseTTLTooLarge`.
    public mutating func grantLease(
        id wanted: Int64 = 0, ttlSeconds: Int64, atMilliseconds now: Int64
    ) throws(KeyspaceError) -> LeaseStatus {
        if ttlSeconds > limits.leaseTTLSeconds { throw .leaseTTLTooLarge }
        if wanted != 0, leases[wanted] != nil { throw .leaseExists }
        var id = wanted
        if id == 0 {
            while leases[nextLeaseID] != nil { nextLeaseID += 1 }
            id = nextLeaseID
            nextLeaseID += 1
        }
        let granted = max(ttlSeconds, limits.leaseTTLSecondsMin)
        let record = LeaseRecord(ttlSeconds: granted, expiresAtMilliseconds: now + granted * 1000)
        leases[id] = record
        return LeaseStatus(
            id: id, grantedTTLSeconds: granted, remainingMilliseconds: granted * 1000, keys: [])
    }

    /// Renews a lease for its whole time to live, and returns that in seconds.
    /// - Throws: `leaseNotFound`, also for a lease whose time is up though `expireLeases` has not run yet.
    public mutating func keepAlive(_ id: Int64, atMilliseconds now: Int64) throws(KeyspaceError) -> Int64 {
        guard let lease = leases[id], lease.expiresAtMilliseconds > now else { throw .leaseNotFound }
        leases[id]?.expiresAtMilliseconds = now + lease.ttlSeconds * 1000
        return lease.ttlSeconds
    }

    /// Ends a lease and deletes its keys at one revision; returns how many there were.
    /// - Throws: `leaseNotFound`.
    public mutating func revokeLease(_ id: Int64) throws(KeyspaceError) -> Applied<Int> {
        guard let lease = leases[id] else { throw .leaseNotFound }
        return end(id, lease)
    }

    private mutating func end(_ id: Int64, _ lease: LeaseRecord) -> Applied<Int> {
        var change = Change(revision: revision + 1)
        for key in lease.keys.sorted(by: ByteOrder.precedes) { _ = delete(key, in: &change) }
        leases[id] = nil
        return finish(change, answer: change.events.count)
    }

    /// Ends every lease whose time is up, each at a revision of its own, the longest overdue first.
    ///
    /// The answers are the leases' IDs.
    public mutating func expireLeases(atMilliseconds now: Int64) -> [Applied<Int64>] {
        let due = leases.filter { $0.value.expiresAtMilliseconds <= now }.sorted {
            ($0.value.expiresAtMilliseconds, $0.key) < ($1.value.expiresAtMilliseconds, $1.key)
        }
        return due.map { id, lease in
            let ended = end(id, lease)
            return Applied(answer: id, revision: ended.revision, commit: ended.commit)
        }
    }

    /// When the next lease ends if nobody renews it; nil without leases.
    public var nextExpiryMilliseconds: Int64? {
        leases.values.lazy.map(\.expiresAtMilliseconds).min()
    }

    /// How a lease stands; nil when there is none, or its time is up.
    public func lease(_ id: Int64, atMilliseconds now: Int64) -> LeaseStatus? {
        guard let lease = leases[id], lease.expiresAtMilliseconds > now else { return nil }
        return LeaseStatus(
            id: id, grantedTTLSeconds: lease.ttlSeconds, remainingMilliseconds: lease.expiresAtMilliseconds - now,
            keys: lease.keys.sorted(by: ByteOrder.precedes))
    }

    /// The IDs of all leases, in order.
    public var leaseIDs: [Int64] { leases.keys.sorted() }
}
