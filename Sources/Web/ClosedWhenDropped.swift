import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Connections that may be dropped before somebody takes them.
///
/// A server that is being cancelled drops those that come in meanwhile, and swift-nio ends the process when the async
/// wrapping of an open channel is dropped. Here such a channel is closed, and what wraps it lives until then.
struct ClosedWhenDropped<Base: ServerChildChannel>: ServerChildChannel {
    private let base: Base

    final class Value: ServerChildChannelValue {
        private let value: Base.Value
        private let isTaken = Atomic(false)

        var channel: any Channel { value.channel }

        init(_ value: Base.Value) { self.value = value }

        func take() -> Base.Value {
            isTaken.store(true, ordering: .relaxed)
            return value
        }

        deinit {
            guard !isTaken.load(ordering: .relaxed) else { return }
            channel.closeFuture.whenComplete { [value] _ in withExtendedLifetime(value) {} }
            channel.close(promise: nil)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).map(Value.init)
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value.take(), logger: logger)
    }
}

extension ClosedWhenDropped where Base == HTTP1Channel {
    /// What serves a connection, with TLS or without.
    static func channel(_ http: HTTP1Channel, _ tls: TLSConfiguration?) throws -> any ServerChildChannel {
        guard let tls else { return ClosedWhenDropped(base: http) }
        return ClosedWhenDropped<TLSChannel<HTTP1Channel>>(base: try TLSChannel(http, tlsConfiguration: tls))
    }
}
