extension Keyspace {
    /// All that lives at one revision, for keeping elsewhere; history is not part of it.
    public struct Snapshot: Sendable, Hashable {
        /// A lease, without the time it has left.
        public struct Lease: Sendable, Hashable {
            /// The lease's ID.
            public var id: Int64
            /// How long it was granted for, in seconds.
            public var ttlSeconds: Int64

            /// Makes a lease of its parts.
            public init(id: Int64, ttlSeconds: Int64) {
                self.id = id
                self.ttlSeconds = ttlSeconds
            }
        }

        /// The revision the snapshot stands at.
        public var revision: Int64
        /// The revision compacted to.
        public var compactedRevision: Int64
        /// The living keys, in byte order.
        public var items: [KeyValue]
        /// The leases, in the order of their IDs.
        public var leases: [Lease]

        /// Makes a snapshot of its parts.
        public init(revision: Int64, compactedRevision: Int64, items: [KeyValue], leases: [Lease]) {
            self.revision = revision
            self.compactedRevision = compactedRevision
            self.items = items
            self.leases = leases
        }
    }

    /// All that lives now.
    public var snapshot: Snapshot {
        var items: [KeyValue] = []
        items.reserveCapacity(count)
        records.visit(.all) { record in
            if let item = record.current { items.append(item) }
            return true
        }
        return Snapshot(
            revision: revision, compactedRevision: compactedRevision, items: items,
            leases: leases.sorted { $0.key < $1.key }.map { .init(id: $0.key, ttlSeconds: $0.value.ttlSeconds) })
    }

    /// Goes on from a snapshot: every lease lives for its whole time again, and all history before counts as compacted.
    ///
    /// A key whose lease is missing lives on without one.
    public init(restoring snapshot: Snapshot, atMilliseconds now: Int64, limits: Limits = Limits()) {
        self.init(limits: limits)
        revision = max(snapshot.revision, 1)
        compactedRevision = revision > 1 ? revision : snapshot.compactedRevision
        firstEventRevision = revision + 1
        for lease in snapshot.leases {
            leases[lease.id] = LeaseRecord(
                ttlSeconds: lease.ttlSeconds, expiresAtMilliseconds: now + lease.ttlSeconds * 1000)
            nextLeaseID = max(nextLeaseID, lease.id &+ 1)
        }
        for var item in snapshot.items {
            if item.lease != 0, leases[item.lease] == nil { item.lease = 0 }
            if item.lease != 0 { leases[item.lease]?.keys.insert(item.key) }
            _ = records.put(item)
        }
    }
}
