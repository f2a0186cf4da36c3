/// A store of keys and bytes with etcd's rules: revisions, leases, guarded transactions, watches.
///
/// `EtcdClient` is the one in production; a twin of it runs in tests.
/// - Throws: every method throws `EtcdError`, or `CancellationError` when its task was cancelled.
public protocol KeyStore: Sendable {
    /// Reads one key; nil when it does not exist.
    func get(_ key: String) async throws -> KeyValue?

    /// Reads every key that begins with the prefix, all at one revision; 0 is the newest.
    /// - Throws: `EtcdError.compacted` when that revision is no longer kept.
    func range(prefix: String, revision: Int64) async throws -> RangeResult

    /// Writes one key and returns the revision of the write; the lease 0 is none.
    /// - Throws: `EtcdError.leaseExpired` when there is no such lease.
    func put(_ key: String, _ value: [UInt8], lease: Int64) async throws -> Int64

    /// Deletes one key and says whether it was there.
    func delete(_ key: String) async throws -> Bool

    /// Deletes every key that begins with the prefix and returns how many there were.
    func deletePrefix(_ prefix: String) async throws -> Int64

    /// Runs `then` if every guard holds, else `else`, all at one revision.
    ///
    /// A guarded transaction is repeated at another member when the answer was lost. It may then report that its guard
    /// failed because its own first attempt succeeded: act on what is read afterwards.
    func txn(if guards: [Compare], then: [Op], else otherwise: [Op]) async throws -> TxnResult

    /// Tells every change under the prefix from a revision on (0: from now), one revision at a time, until cancelled.
    ///
    /// Ends by returning only after `.compacted`; throws when the stream breaks or has fallen silent. The caller
    /// resumes one after the revision of the last `.changes` or `.progress`; before the first of them, after that of
    /// `.opened` if it watched from now, else where it began.
    func watch(
        prefix: String, from revision: Int64, _ tell: @Sendable (WatchUpdate) async throws -> Void
    ) async throws

    /// Asks for a lease that lives at least so long without a keep-alive.
    func grantLease(ttlSeconds: Int64) async throws -> Lease

    /// Renews a lease and returns how many seconds it now has.
    /// - Throws: `EtcdError.leaseExpired` when renewed too late; ask for a new lease, do not retry.
    func keepAlive(_ id: Int64) async throws -> Int64

    /// Ends a lease and deletes its keys.
    /// - Throws: `EtcdError.leaseExpired` when there is no such lease.
    func revokeLease(_ id: Int64) async throws

    /// Where the store's history stands now, for a key that may be read; the key need not exist.
    func mark(at key: String) async throws -> StoreMark

    /// Asks every member how it is; a dead one has its error in its row.
    func status() async throws -> [MemberStatus]
}

extension KeyStore {
    /// Reads every key that begins with the prefix, as of now.
    public func range(prefix: String) async throws -> RangeResult {
        try await range(prefix: prefix, revision: 0)
    }

    /// Writes one key without a lease.
    @discardableResult
    public func put(_ key: String, _ value: [UInt8]) async throws -> Int64 {
        try await put(key, value, lease: 0)
    }

    /// Runs operations without a guard, all at one revision.
    @discardableResult
    public func txn(_ operations: [Op]) async throws -> TxnResult {
        try await txn(if: [], then: operations, else: [])
    }
}
