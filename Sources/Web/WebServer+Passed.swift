import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix

extension WebServer {
    /// Serves a socket that listens already, until cancelled: Hummingbird opens its sockets itself, so what it does
    /// with one is done here.
    func serve(_ descriptor: Int32, _ onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        let http = HTTP1Channel { request, writer, channel in
            let response = await self.answer(request, channel)
            try await writer.write(response: response.head, body: response.body)
        }
        try await serve(descriptor, try ClosedWhenDropped.channel(http, tls), logger, onListening)
    }

    private func serve<Child: ServerChildChannel>(
        _ descriptor: Int32, _ child: Child, _ logger: Logger,
        _ onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { child.setup(channel: $0, logger: logger) }
        await onListening(listening.channel.localAddress?.port ?? 0)
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            try await listening.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await child.handle(value: connection, logger: logger) }
                }
            }
        }
        try Task.checkCancellation()
    }
}
