import Etcd
import Keyspace

/// The keyspace itself as a store, without network or disk, on a clock that is moved by hand.
actor KeyspaceTwin: KeyStore {
    private var keyspace = Keyspace(limits: KeyspaceTwin.limits)
    private var now: Int64 = 0
    private var watches: [Int: AsyncStream<Void>.Continuation] = [:]
    private var lastWatch = 0

    private static var limits: Keyspace.Limits { Keyspace.Limits() }

    /// Moves the clock on and ends the leases whose time is up.
    func advance(milliseconds: Int64) {
        now += milliseconds
        _ = keyspace.expireLeases(atMilliseconds: now)
        wake()
    }

    func compact(to revision: Int64) throws {
        try keyspace.compact(to: revision)
        wake()
    }

    func get(_ key: String) throws -> KeyValue? {
        keyspace.item(Array(key.utf8)).map(KeyValue.init)
    }

    func range(prefix: String, revision: Int64) throws -> RangeResult {
        var request = Keyspace.RangeRequest(.prefix(Array(prefix.utf8)))
        request.revision = revision
        let answer = try translating { () throws(KeyspaceError) in try keyspace.range(request) }
        return RangeResult(
            items: answer.items.map(KeyValue.init), revision: revision > 0 ? revision : keyspace.revision,
            count: Int64(answer.count))
    }

    func put(_ key: String, _ value: [UInt8], lease: Int64) throws -> Int64 {
        let request = Keyspace.PutRequest(Array(key.utf8), value, lease: lease)
        defer { wake() }
        return try translating(lease: lease) { () throws(KeyspaceError) in try keyspace.put(request).revision }
    }

    func delete(_ key: String) throws -> Bool {
        defer { wake() }
        return try translating { () throws(KeyspaceError) in
            try keyspace.delete(Keyspace.DeleteRequest(.key(Array(key.utf8)))).answer.deleted > 0
        }
    }

    func deletePrefix(_ prefix: String) throws -> Int64 {
        defer { wake() }
        return try translating { () throws(KeyspaceError) in
            Int64(try keyspace.delete(Keyspace.DeleteRequest(.prefix(Array(prefix.utf8)))).answer.deleted)
        }
    }

    func txn(if guards: [Compare], then: [Op], else otherwise: [Op]) throws -> TxnResult {
        let request = Keyspace.Txn(
            if: guards.map(\.keyspace), then: then.map(\.keyspace), else: otherwise.map(\.keyspace))
        defer { wake() }
        let applied = try translating { () throws(KeyspaceError) in try keyspace.txn(request) }
        return TxnResult(
            succeeded: applied.answer.succeeded, revision: applied.revision,
            fetched: applied.answer.answers.map(\.items))
    }

    func watch(
        prefix: String, from revision: Int64, _ tell: @Sendable (WatchUpdate) async throws -> Void
    ) async throws {
        let (changes, sink) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        lastWatch += 1
        let id = lastWatch
        watches[id] = sink
        defer { watches[id] = nil }
        let range = Keyspace.KeyRange.prefix(Array(prefix.utf8))
        var next = revision > 0 ? revision : keyspace.revision + 1
        try await tell(.opened(revision: keyspace.revision))
        sink.yield()
        for await _ in changes {
            let commits: [Keyspace.Commit]
            do {
                commits = try keyspace.commits(in: range, from: next)
            } catch KeyspaceError.compacted(let first) {
                return try await tell(.compacted(first))
            }
            next = max(next, keyspace.revision + 1)
            for commit in commits {
                try await tell(.changes(revision: commit.revision, commit.events.map(WatchChange.init)))
            }
            try await tell(.progress(revision: next - 1))
        }
        try Task.checkCancellation()
    }

    func grantLease(ttlSeconds: Int64) throws -> Lease {
        let lease = try translating { () throws(KeyspaceError) in
            try keyspace.grantLease(ttlSeconds: ttlSeconds, atMilliseconds: now)
        }
        return Lease(id: lease.id, ttlSeconds: lease.grantedTTLSeconds)
    }

    func keepAlive(_ id: Int64) throws -> Int64 {
        try translating(lease: id) { () throws(KeyspaceError) in try keyspace.keepAlive(id, atMilliseconds: now) }
    }

    func revokeLease(_ id: Int64) throws {
        defer { wake() }
        _ = try translating(lease: id) { () throws(KeyspaceError) in try keyspace.revokeLease(id) }
    }

    func mark(at key: String) -> StoreMark { StoreMark(clusterID: 1, revision: keyspace.revision) }

    func status() -> [MemberStatus] {
        [MemberStatus(name: "twin", id: 1, endpoint: "twin", version: "3.4.0", isLeader: true, raftTerm: 1)]
    }

    private func wake() {
        for sink in watches.values { sink.yield() }
    }

    private func translating<Answer>(
        lease: Int64 = 0, _ body: () throws(KeyspaceError) -> Answer
    ) throws -> Answer {
        do {
            return try body()
        } catch {
            switch error {
            case .compacted(let first): throw EtcdError.compacted(first)
            case .futureRevision: throw EtcdError.futureRevision(endpoint: "twin")
            case .leaseNotFound: throw EtcdError.leaseExpired(lease)
            case .requestTooLarge: throw EtcdError.tooLarge(endpoint: "twin")
            case .tooManyOperations: throw EtcdError.tooManyOperations(endpoint: "twin")
            case .keyNotProvided, .keyNotFound, .valueProvided, .leaseProvided, .duplicateKey, .leaseExists,
                .leaseTTLTooLarge:
                throw EtcdError.invalid(endpoint: "twin", cause: error.description)
            }
        }
    }
}

extension KeyValue {
    init(_ item: Keyspace.KeyValue) {
        self.init(
            key: String(decoding: item.key, as: UTF8.self), value: item.value, createRevision: item.createRevision,
            modRevision: item.modRevision, version: item.version, lease: item.lease)
    }
}

extension WatchChange {
    init(_ event: Keyspace.Event) {
        let item = KeyValue(event.item)
        self = event.isDelete ? .delete(key: item.key, modRevision: item.modRevision) : .put(item)
    }
}

extension Compare {
    fileprivate var keyspace: Keyspace.Compare {
        func compare(_ key: String, _ target: Keyspace.Compare.Target) -> Keyspace.Compare {
            Keyspace.Compare(.key(Array(key.utf8)), .equal, target)
        }
        switch self {
        case .modRevision(let key, let revision): return compare(key, .modRevision(revision))
        case .createRevision(let key, let revision): return compare(key, .createRevision(revision))
        case .version(let key, let version): return compare(key, .version(version))
        case .value(let key, let value): return compare(key, .value(value))
        case .absent(let key): return compare(key, .createRevision(0))
        case .present(let key): return Keyspace.Compare(.key(Array(key.utf8)), .notEqual, .createRevision(0))
        }
    }
}

extension Op {
    fileprivate var keyspace: Keyspace.Operation {
        switch self {
        case .put(let key, let value, let lease): .put(.init(Array(key.utf8), value, lease: lease))
        case .delete(let key): .delete(.init(.key(Array(key.utf8)), wantsPrevious: true))
        case .deletePrefix(let prefix): .delete(.init(.prefix(Array(prefix.utf8)), wantsPrevious: true))
        case .get(let key): .range(.init(.key(Array(key.utf8))))
        }
    }
}

extension Keyspace.OperationAnswer {
    fileprivate var items: [KeyValue] {
        switch self {
        case .range(let answer): answer.items.map(KeyValue.init)
        case .delete(let answer): answer.previous.map(KeyValue.init)
        case .put, .txn: []
        }
    }
}
