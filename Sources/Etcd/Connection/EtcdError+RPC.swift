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
            if let fault = Self.handshakeFault(cause, isTLS: endpoint.hasPrefix("https")) {
                self = .handshake(endpoint: endpoint, cause: fault)
            } else {
                self = .unavailable(endpoint: endpoint, cause: Self.plain(cause))
            }
        }
    }

    /// What is wrong with TLS where that is why there is no connection; nil for other reasons.
    ///
    /// - Source: the texts of BoringSSL and NIOSSL, and of grpc-swift's transport where it has nothing else to tell.
    private static func handshakeFault(_ text: String, isTLS: Bool) -> String? {
        let otherScheme = isTLS ? "write 'http' if it speaks no TLS" : "write 'https' if it speaks TLS"
        let faults = [
            (
                "CERTIFICATE_VERIFY_FAILED",
                "its certificate is not trusted; check that it has not expired, and that the CA file is its signer's"
            ),
            (
                "failedToValidateHostname",
                "its certificate is for another host; name the host as the certificate does, or give it another one"
            ),
            (
                "ALERT_",
                "it does not take our certificate; name one that its authority has signed and that has not expired"
            ),
            ("CERTIFICATE_REQUIRED", "it wants a certificate of ours; name one and its key"),
            ("WRONG_VERSION_NUMBER", otherScheme),
            ("HTTP/2 connection preface", "it closes the connection at once; \(otherScheme)"),
        ]
        return faults.first { text.contains($0.0) }?.1
    }

    /// The reason in fewer words than grpc-swift's.
    private static func plain(_ text: String) -> String {
        if text.contains("Connection refused") { return "nobody listens there" }
        if text.contains("Stream unexpectedly closed") { return "the connection was lost" }
        let prefix = "Channel is in a transient failure state and 'wait for ready' isn't enabled. "
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }

    /// Whether another member, or the same one a moment later, may do better.
    var mayMend: Bool {
        switch self {
        case .unavailable, .timeout, .handshake: true
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
