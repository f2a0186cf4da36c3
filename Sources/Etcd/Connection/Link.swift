import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOHTTP2

/// The connections to one member: one for calls, one for watches and keep-alives, which calls must not delay.
struct Link: Sendable {
    typealias Connection = GRPCClient<HTTP2ClientTransport.Posix>

    let endpoint: Endpoint
    let calls: Connection
    let streams: Connection

    /// - Throws: `EtcdError.configuration` when the certificate files cannot be used.
    init(_ endpoint: Endpoint, tls: EtcdConfiguration.TLS?) throws {
        self.endpoint = endpoint
        do {
            let security = Self.security(endpoint, tls)
            calls = Connection(transport: try Self.transport(endpoint, security))
            streams = Connection(transport: try Self.transport(endpoint, security, inGulps: true))
        } catch {
            let cause = (error as? RuntimeError)?.cause.map { "\($0)" } ?? "\(error)"
            throw EtcdError.configuration("the certificate files cannot be used: \(cause)")
        }
    }

    /// Keeps both connections up until cancelled or closed.
    func run() async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await calls.runConnections() }
                group.addTask { try await streams.runConnections() }
                try await group.waitForAll()
            }
        } onCancel: {
            // A connection that is cancelled while it is being made would not end by the cancellation alone.
            close()
        }
    }

    func close() {
        calls.beginGracefulShutdown()
        streams.beginGracefulShutdown()
    }

    private static func transport(
        _ endpoint: Endpoint, _ security: HTTP2ClientTransport.Posix.TransportSecurity, inGulps: Bool = false
    ) throws -> HTTP2ClientTransport.Posix {
        try HTTP2ClientTransport.Posix(
            target: endpoint.target, transportSecurity: security,
            config: .defaults { config in
                // A member that is back is tried again within seconds: other members carry on meanwhile.
                config.backoff = .init(initial: .milliseconds(200), max: .seconds(2), multiplier: 1.6, jitter: 0.2)
                // Notices a peer that is gone without a word; etcd refuses pings more often than every 5 s.
                config.connection.keepalive = .init(
                    time: .seconds(10), timeout: .seconds(5), allowWithoutCalls: false)
                config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
                    channel.eventLoop.submit {
                        let pipeline = channel.pipeline.syncOperations
                        let handler = try pipeline.handler(type: NIOHTTP2Handler.self)
                        if inGulps { try pipeline.addHandler(Gulps(), position: .before(handler)) }
                        try pipeline.addHandler(PingGuard(preface: 0), position: .before(handler))
                    }
                }
            })
    }

    private static func security(
        _ endpoint: Endpoint, _ tls: EtcdConfiguration.TLS?
    ) -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard endpoint.isTLS else { return .plaintext }
        guard let tls else { return .tls }
        let roots = TLSConfig.TrustRootsSource.certificates([.file(path: tls.caFile, format: .pem)])
        guard let certificate = tls.certFile, let key = tls.keyFile else {
            return .tls { $0.trustRoots = roots }
        }
        return .mTLS(
            certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: key, format: .pem)
        ) { $0.trustRoots = roots }
    }
}
