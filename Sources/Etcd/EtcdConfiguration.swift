/// Where a cluster's store is and how to be let in.
public struct EtcdConfiguration: Sendable, Hashable {
    /// The certificate files for members that speak TLS; all PEM.
    public struct TLS: Sendable, Hashable {
        /// The certificates of the authorities that sign members' certificates.
        public var caFile: String
        /// Our own certificate chain, where members ask for one.
        public var certFile: String?
        /// The private key of `certFile`.
        public var keyFile: String?

        /// Names the files; a certificate needs its key and the other way round.
        public init(caFile: String, certFile: String? = nil, keyFile: String? = nil) {
            self.caFile = caFile
            self.certFile = certFile
            self.keyFile = keyFile
        }
    }

    /// The members' client addresses: `http://host:port`, `https://host:port`, `unix:///path`; IPv6 in brackets.
    public var endpoints: [String]
    /// The certificate files; nil with `https` means the system's authorities and no certificate of our own.
    public var tls: TLS?
    /// The user to authenticate as; nil is nobody.
    public var user: String?
    /// The user's password.
    public var password: String?
    /// How long a call may take in all, attempts at other members included.
    public var requestTimeout: Duration
    /// How often a watch asks its member for a sign of life; a watch silent for three times as long is given up.
    public var progressInterval: Duration

    /// Makes a configuration; only the endpoints are needed.
    public init(
        endpoints: [String], tls: TLS? = nil, user: String? = nil, password: String? = nil,
        requestTimeout: Duration = .seconds(5), progressInterval: Duration = .seconds(10)
    ) {
        self.endpoints = endpoints
        self.tls = tls
        self.user = user
        self.password = password
        self.requestTimeout = requestTimeout
        self.progressInterval = progressInterval
    }
}

extension EtcdConfiguration: CustomStringConvertible, CustomReflectable {
    /// The endpoints and the user; never the password.
    public var description: String {
        "endpoints \(endpoints.joined(separator: ", ")), user \(user ?? "none")"
    }

    /// Hides the password from `dump` and debuggers' logs.
    public var customMirror: Mirror {
        Mirror(self, children: ["endpoints": endpoints, "user": user ?? "none"])
    }
}
