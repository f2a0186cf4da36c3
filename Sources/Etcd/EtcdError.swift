/// Why a call to the store failed, told apart by what the caller can do about it.
public enum EtcdError: Error, Sendable, Hashable {
    /// No member could take the call; it may mend. A write may or may not have happened.
    case unavailable(endpoint: String, cause: String)
    /// The two ends do not agree on TLS or on a certificate; the text says what to correct.
    case handshake(endpoint: String, cause: String)
    /// The deadline passed without an answer. A write may or may not have happened.
    case timeout(endpoint: String, after: Duration)
    /// The user or the password is wrong, or a user is needed and none was given.
    case unauthenticated(endpoint: String, user: String?)
    /// The user may not do this.
    case permissionDenied(endpoint: String, user: String?)
    /// The revision asked for is no longer kept; the number is the first still kept, 0 where it is not known.
    case compacted(Int64)
    /// The revision asked for has not happened: the endpoint is another store, or one restored from a backup.
    case futureRevision(endpoint: String)
    /// There is no such lease: renewed too late, or revoked. The ID is 0 where it is not known.
    case leaseExpired(Int64)
    /// The request is larger than the store takes.
    case tooLarge(endpoint: String)
    /// The transaction has more operations than the store takes.
    case tooManyOperations(endpoint: String)
    /// The store's disk quota is used up; only reads and deletes work.
    case noSpace(endpoint: String)
    /// The store refused the request as wrong in itself.
    case invalid(endpoint: String, cause: String)
    /// The configuration cannot work.
    case configuration(String)
    /// The client was closed, or its `run()` has ended.
    case closed
}

extension EtcdError: CustomStringConvertible {
    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .unavailable(let endpoint, let cause):
            "cannot reach etcd at '\(endpoint)': \(cause); check that a majority of its members runs and is reachable"
        case .handshake(let endpoint, let cause):
            "cannot connect to etcd at '\(endpoint)': \(cause)"
        case .timeout(let endpoint, let duration):
            "etcd at '\(endpoint)' did not answer within \(duration); check the network and the members' load"
        case .unauthenticated(let endpoint, let user):
            "etcd at '\(endpoint)' does not accept \(Self.name(user)); check user and password in the configuration"
        case .permissionDenied(let endpoint, let user):
            "etcd at '\(endpoint)' denies this to \(Self.name(user)); grant a role that allows it with 'etcdctl role'"
        case .compacted(let revision):
            "history before revision \(revision) is gone from etcd; read all keys anew and go on from there"
        case .futureRevision(let endpoint):
            "etcd at '\(endpoint)' has not reached the revision asked for; check that it is the same, unrestored store"
        case .leaseExpired(let id):
            "the lease \(String(id, radix: 16)) has ended in etcd; ask for a new lease"
        case .tooLarge(let endpoint):
            "etcd at '\(endpoint)' refuses the request as too large; keep values below 1.5 MiB"
        case .tooManyOperations(let endpoint):
            "etcd at '\(endpoint)' refuses the transaction: too many operations; split it into parts of at most 128"
        case .noSpace(let endpoint):
            "etcd at '\(endpoint)' is out of disk quota; compact and defragment it, then run 'etcdctl alarm disarm'"
        case .invalid(let endpoint, let cause):
            "etcd at '\(endpoint)' refuses the request: \(cause); correct the request, repeating it will not help"
        case .configuration(let problem):
            "cannot use the etcd configuration: \(problem)"
        case .closed:
            "the connection to etcd was closed; start the client again"
        }
    }

    private static func name(_ user: String?) -> String {
        user.map { "user '\($0)'" } ?? "calls without a user"
    }
}
