import EtcdWire
import FoundationEssentials
import SwiftProtobuf

/// A client of one etcd cluster, over gRPC; etcd 3.4 or later, or the embedded store.
///
/// Goes on at another member when one does not answer. What was cut off on its way is done again only where that does
/// no harm: reads, puts of the same bytes, guarded transactions, keep-alives.
/// **Invariant:** knows keys and bytes, not units; tells no password or token in any text.
public final class EtcdClient: KeyStore {
    /// Keys read at a time: fewer would cost round trips, more would delay what else shares the connection.
    private static let pageSize: Int64 = 5_000

    private let configuration: EtcdConfiguration
    private let links: [Link]
    let caller: Caller

    /// Makes a client; nothing is connected before `run()`.
    /// - Throws: `EtcdError.configuration`.
    public init(_ configuration: EtcdConfiguration) throws {
        if configuration.endpoints.isEmpty { throw EtcdError.configuration("there is no endpoint; name at least one") }
        if let tls = configuration.tls, (tls.certFile == nil) != (tls.keyFile == nil) {
            throw EtcdError.configuration("a client certificate needs its key and the other way round; name both")
        }
        self.configuration = configuration
        links = try configuration.endpoints.map { try Link(Endpoint($0), tls: configuration.tls) }
        caller = Caller(links: links, session: Session(), configuration: configuration)
    }

    /// Keeps connections up until cancelled or closed; calls wait for it. A client runs once.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in links { group.addTask { try await link.run() } }
            try await group.waitForAll()
        }
    }

    /// Ends `run()` when the calls under way are done.
    public func close() async {
        for link in links { link.close() }
    }
}

// MARK: - Keys

extension EtcdClient {
    /// Reads one key; nil when it does not exist.
    public func get(_ key: String) async throws -> KeyValue? {
        let answer = try await caller.call(.range, .with { $0.key = Data(key.utf8) })
        return answer.kvs.first.map(KeyValue.init)
    }

    /// Where the store's history stands now; a read that a majority of the members has part in.
    public func mark(at key: String) async throws -> StoreMark {
        let header = try await caller.call(.range, .with { $0.key = Data(key.utf8) }).header
        return StoreMark(clusterID: header.clusterID, term: header.raftTerm, revision: header.revision)
    }

    /// Reads every key that begins with the prefix, in pages, all at one revision.
    public func range(prefix: String, revision: Int64) async throws -> RangeResult {
        let range = PrefixRange(prefix)
        var request = Etcdserverpb_RangeRequest.with {
            $0.key = range.key
            $0.rangeEnd = range.end
            $0.limit = Self.pageSize
            $0.revision = revision
        }
        var answer = try await caller.call(.range, request)
        var result = RangeResult(
            items: answer.kvs.map(KeyValue.init), revision: revision > 0 ? revision : answer.header.revision,
            count: answer.count)
        while answer.more, let last = answer.kvs.last {
            request.key = last.key + [0]
            request.revision = result.revision
            answer = try await caller.call(.range, request)
            result.items += answer.kvs.map(KeyValue.init)
        }
        return result
    }

    /// Writes one key and returns the revision of the write.
    public func put(_ key: String, _ value: [UInt8], lease: Int64) async throws -> Int64 {
        let request = Etcdserverpb_PutRequest.with {
            $0.key = Data(key.utf8)
            $0.value = Data(value)
            $0.lease = lease
        }
        return try await naming(lease) { try await caller.call(.put, request).header.revision }
    }

    /// Deletes one key and says whether it was there.
    public func delete(_ key: String) async throws -> Bool {
        try await caller.call(.delete, .with { $0.key = Data(key.utf8) }).deleted > 0
    }

    /// Deletes every key that begins with the prefix and returns how many there were.
    public func deletePrefix(_ prefix: String) async throws -> Int64 {
        let range = PrefixRange(prefix)
        let request = Etcdserverpb_DeleteRangeRequest.with {
            $0.key = range.key
            $0.rangeEnd = range.end
        }
        return try await caller.call(.delete, request).deleted
    }

    /// Runs a guarded transaction.
    public func txn(if guards: [Compare], then: [Op], else otherwise: [Op]) async throws -> TxnResult {
        let request = Etcdserverpb_TxnRequest.with {
            $0.compare = guards.map(Etcdserverpb_Compare.init)
            $0.success = then.map(Etcdserverpb_RequestOp.init)
            $0.failure = otherwise.map(Etcdserverpb_RequestOp.init)
        }
        return TxnResult(try await caller.call(guards.isEmpty ? .plainTxn : .guardedTxn, request))
    }

    /// Tells every change under the prefix, one revision at a time, until cancelled.
    public func watch(
        prefix: String, from revision: Int64, _ tell: @Sendable (WatchUpdate) async throws -> Void
    ) async throws {
        let first = await caller.session.preferred
        for attempt in 0..<links.count {
            let index = (first + attempt) % links.count
            let opened = SentMark()
            do {
                let stream = WatchStream(caller: caller, link: links[index], prefix: prefix, from: revision)
                try await stream.run { update in
                    if case .opened = update { await opened.set() }
                    try await tell(update)
                }
                return
            } catch let error as EtcdError where error.mayMend {
                await caller.session.leave(index, of: links.count)
                // Once it stood, the caller knows what it has seen and resumes there.
                if await opened.isSet || attempt + 1 == links.count { throw error }
            }
        }
    }
}

// MARK: - Leases

extension EtcdClient {
    /// Asks for a lease that lives at least so long without a keep-alive.
    public func grantLease(ttlSeconds: Int64) async throws -> Lease {
        let answer = try await caller.call(.grantLease, .with { $0.ttl = ttlSeconds })
        return Lease(id: answer.id, ttlSeconds: answer.ttl)
    }

    /// Renews a lease and returns how many seconds it now has.
    public func keepAlive(_ id: Int64) async throws -> Int64 {
        let answer = try await naming(id) { try await caller.call(.keepAlive, .with { $0.id = id }) }
        // That, and no error, is etcd's way to say that there is no such lease.
        if answer.ttl <= 0 { throw EtcdError.leaseExpired(id) }
        return answer.ttl
    }

    /// Ends a lease and deletes its keys.
    public func revokeLease(_ id: Int64) async throws {
        _ = try await naming(id) { try await caller.call(.revokeLease, .with { $0.id = id }) }
    }

    /// Names the lease in an error that does not.
    private func naming<Answer>(_ lease: Int64, _ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch EtcdError.leaseExpired(0) {
            throw EtcdError.leaseExpired(lease)
        }
    }
}
