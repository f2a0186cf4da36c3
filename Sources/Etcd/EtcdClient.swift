/// A client of one etcd cluster, over gRPC.
public final class EtcdClient: KeyStore {
    public init(_ configuration: EtcdConfiguration) throws { throw EtcdError.closed }
    public func run() async throws {}
    public func close() async {}
    public func get(_ key: String) async throws -> KeyValue? { throw EtcdError.closed }
    public func range(prefix: String, revision: Int64) async throws -> RangeResult { throw EtcdError.closed }
    public func put(_ key: String, _ value: [UInt8], lease: Int64) async throws -> Int64 { throw EtcdError.closed }
    public func delete(_ key: String) async throws -> Bool { throw EtcdError.closed }
    public func deletePrefix(_ prefix: String) async throws -> Int64 { throw EtcdError.closed }
    public func txn(if guards: [Compare], then: [Op], else otherwise: [Op]) async throws -> TxnResult {
        throw EtcdError.closed
    }
    public func watch(
        prefix: String, from revision: Int64, _ tell: @Sendable (WatchUpdate) async throws -> Void
    ) async throws { throw EtcdError.closed }
    public func grantLease(ttlSeconds: Int64) async throws -> Lease { throw EtcdError.closed }
    public func keepAlive(_ id: Int64) async throws -> Int64 { throw EtcdError.closed }
    public func revokeLease(_ id: Int64) async throws { throw EtcdError.closed }
    public func status() async throws -> [MemberStatus] { throw EtcdError.closed }
}
