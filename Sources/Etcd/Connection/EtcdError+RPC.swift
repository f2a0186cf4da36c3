import GRPCCore

extension EtcdError {
    /// Tells etcd's errors apart by code and, where etcd uses one code for many, by its texts.
    ///
    /// - Source: etcd, `api/v3rpc/rpctypes/error.go`.
    init(_ error: RPCError, endpoint: String, user: String?, timeout: Duration) {
        let text = error.message
        switch error.code {
        case .deadlineExceeded: self = .timeout(endpoint: endpoint, after: timeout)
        case .unauthenticated: self = .unauthenticated(endpoint: endpoint, user: user)
        case .permissionDenied: self = .permissionDenied(endpoint: endpoint, user: user)
        case .notFound where text.contains("lease not found"): self = .leaseExpired(0)
        case .outOfRange where text.contains("compacted"): self = .compacted(0)
        case .outOfRange where text.contains("future revision"): self = .futureRevision(endpoint: endpoint)
        case .resourceExhausted where text.contains("space exceeded"): self = .noSpace(endpoint: endpoint)
        case .resourceExhausted where text.contains("larger than max") || text.contains("maximum payload"):
            self = .tooLarge(endpoint: endpoint)
        case .invalidArgument where text.contains("too large"): self = .tooLarge(endpoint: endpoint)
        case .invalidArgument where text.contains("too many operations"):
            self = .tooManyOperations(endpoint: endpoint)
        case .invalidArgument where text.contains("user name is empty") || text.contains("authentication failed"):
            self = .unauthenticated(endpoint: endpoint, user: user)
        case .invalidArgument, .outOfRange, .failedPrecondition, .notFound, .alreadyExists, .unimplemented, .dataLoss:
            self = .invalid(endpoint: endpoint, cause: text)
        default:
            let cause = error.cause.map { "\(text) (\($0))" } ?? text
            self = .unavailable(endpoint: endpoint, cause: cause)
        }
    }

    /// Whether another member, or the same one a moment later, may do better.
    var mayMend: Bool {
        switch self {
        case .unavailable, .timeout: true
        default: false
        }
    }
}

extension RPCError {
    /// Whether the token was refused rather than the user: authenticating again helps.
    var isStaleToken: Bool {
        (code == .unauthenticated && message.contains("invalid auth token"))
            || message.contains("revision of auth store is old")
    }
}
