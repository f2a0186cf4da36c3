import EtcdWire
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOHTTP2

/// A store of one member that speaks etcd's v3 API and keeps its keys in one SQLite file.
///
/// What it acknowledges is durable; its revisions never go back. After a restart all history counts as compacted, and
/// every lease lives for its whole time again. It keeps about the last 10,000 revisions and compacts by itself.
/// **Invariant:** knows keys and bytes, not units.
public final class EmbeddedStore: Sendable {
    private let journal: Journal?
    private let engine: Engine
    private let address: ListenAddress
    private let connections = OpenConnections()

    /// Opens the store; nothing listens yet.
    /// - Parameters:
    ///   - path: The SQLite file; nil keeps everything in memory only.
    ///   - host: The address to listen on, or `unix:` and the path of a socket.
    ///   - port: The port to listen on; 0 takes a free one.
    /// - Throws: `EmbeddedStoreError`; the file is then as it was.
    public init(path: String?, host: String = "127.0.0.1", port: Int = 0) throws {
        address = ListenAddress(host: host, port: port)
        journal = try path.map(Journal.init)
        engine = try Engine(journal: journal)
    }

    /// Serves until cancelled, then closes the file. A store runs once.
    /// - Parameter onListening: told the port as soon as calls are taken; 0 for a socket.
    /// - Throws: `EmbeddedStoreError` when it cannot listen, or can no longer write; `CancellationError`.
    public func run(onListening: @Sendable (Int) async -> Void) async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: address.socketAddress, transportSecurity: .plaintext,
            config: Self.transportConfiguration(connections))
        let server = GRPCServer(transport: transport, services: services(transport))
        let outcome: Result<Void, any Error>
        do {
            try await serve(server, transport, onListening)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        connections.close()
        try journal?.close()
        try Task.checkCancellation()
        try outcome.get()
    }
}

extension EmbeddedStore {
    private func serve(
        _ server: GRPCServer<HTTP2ServerTransport.Posix>, _ transport: HTTP2ServerTransport.Posix,
        _ onListening: @Sendable (Int) async -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [address] in
                do {
                    try await server.serve()
                } catch let error as RuntimeError {
                    throw EmbeddedStoreError.cannotListen(
                        address: address.description, cause: "\(error.cause ?? error)")
                }
            }
            group.addTask { [engine] in try await engine.writeUntilCancelled() }
            group.addTask { [engine] in try await Self.expireLeases(of: engine) }
            if let port = await Self.port(of: transport) { await onListening(port) }
            // Whoever ends first, by failing or because this task was cancelled, ends all.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func expireLeases(of engine: Engine) async throws {
        try await withThrowingDiscardingTaskGroup { sleepers in
            for await due in engine.expiries {
                sleepers.addTask { try await engine.expireLeases(at: due) }
            }
            sleepers.cancelAll()
        }
    }

    /// The port listened on; nil when the server could not listen, which its own error explains.
    private static func port(of transport: HTTP2ServerTransport.Posix) async -> Int? {
        do {
            let bound = try await transport.listeningAddress
            return bound.ipv4?.port ?? bound.ipv6?.port ?? 0
        } catch {
            return nil
        }
    }

    private func services(_ transport: HTTP2ServerTransport.Posix) -> [any RegistrableRPCService] {
        let address = address
        return [
            KVService(engine: engine), WatchService(engine: engine), LeaseService(engine: engine),
            MaintenanceService(engine: engine), AuthService(),
            ClusterService(engine: engine) { address.url(port: await Self.port(of: transport) ?? 0) },
        ]
    }

    private static func transportConfiguration(
        _ connections: OpenConnections
    ) -> HTTP2ServerTransport.Posix.Config {
        .defaults { config in
            // Far above the keyspace's own limit: beyond this one grpc-swift resets the stream and tells no reason.
            config.rpc.maxRequestPayloadSize = 16 << 20
            config.http2.targetWindowSize = 4 << 20
            // etcd's clients ping every few seconds, and that is no attack.
            config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(1)
            config.connection.keepalive.clientBehavior.allowWithoutCalls = true
            config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                channel.eventLoop.submit {
                    try connections.add(channel)
                    let pipeline = channel.pipeline.syncOperations
                    let handler = try pipeline.handler(type: NIOHTTP2Handler.self)
                    try pipeline.addHandler(PingGuard(preface: 24), position: .before(handler))
                }
            }
            config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { stream in
                stream.eventLoop.submit { try OpenConnections.add(stream: stream) }
            }
        }
    }
}
