/// Why a keyspace refuses a request: etcd's reasons, told in etcd's words.
public enum KeyspaceError: Error, Sendable, Hashable {
    /// A request names no key.
    case keyNotProvided
    /// A put wants to keep the value or lease of a key that does not exist.
    case keyNotFound
    /// A put both keeps the value and gives one.
    case valueProvided
    /// A put both keeps the lease and gives one.
    case leaseProvided
    /// A transaction has more operations or guards than `Limits.operations`.
    case tooManyOperations
    /// A transaction changes one key twice.
    case duplicateKey
    /// The revision is no longer kept; the number is the first that is.
    case compacted(first: Int64)
    /// The revision has not happened yet.
    case futureRevision
    /// There is no such lease.
    case leaseNotFound
    /// The chosen lease ID is taken.
    case leaseExists
    /// The lease is asked for longer than `Limits.leaseTTLSeconds`.
    case leaseTTLTooLarge
    /// Keys and values of the request are larger than `Limits.requestBytes`.
    case requestTooLarge
}

extension KeyspaceError: CustomStringConvertible {
    /// etcd's text for the error; clients tell errors apart by it.
    /// - Source: etcd, `api/v3rpc/rpctypes/error.go`.
    public var description: String {
        switch self {
        case .keyNotProvided: "etcdserver: key is not provided"
        case .keyNotFound: "etcdserver: key not found"
        case .valueProvided: "etcdserver: value is provided"
        case .leaseProvided: "etcdserver: lease is provided"
        case .tooManyOperations: "etcdserver: too many operations in txn request"
        case .duplicateKey: "etcdserver: duplicate key given in txn request"
        case .compacted: "etcdserver: mvcc: required revision has been compacted"
        case .futureRevision: "etcdserver: mvcc: required revision is a future revision"
        case .leaseNotFound: "etcdserver: requested lease not found"
        case .leaseExists: "etcdserver: lease already exists"
        case .leaseTTLTooLarge: "etcdserver: too large lease TTL"
        case .requestTooLarge: "etcdserver: request is too large"
        }
    }
}
