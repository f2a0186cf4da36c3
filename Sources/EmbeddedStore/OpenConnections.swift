import NIOCore
import Synchronization

/// The connections of a server, so that its end leaves none open.
///
/// grpc-swift drops what came in while it was being cancelled, or behind a frame that was wrong: connections and
/// streams that are open and that nobody takes. swift-nio ends the process for such a thing; here they are kept until
/// they are closed.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// Takes in a connection whose pipeline is complete, on its event loop.
    /// - Throws: `ChannelError` when it is closed already, or the server has ended.
    func add(_ channel: any Channel) throws {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.channels[ObjectIdentifier(channel)] = channel }
            return state.hasEnded
        }
        if hasEnded { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { [self] _ in
            _ = state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        let pipeline = channel.pipeline.syncOperations
        if let last = Self.lastHandler(of: pipeline) { try pipeline.addHandler(Keeper(), position: .before(last)) }
    }

    /// Takes in a stream of a connection, on its event loop.
    /// - Throws: `ChannelError` when it is closed already.
    static func add(stream: any Channel) throws {
        try stream.pipeline.syncOperations.addHandler(Keeper(), position: .first)
    }

    /// Closes those that are open, and those that still come.
    func close() {
        let left = state.withLock { state in
            state.hasEnded = true
            return state.channels.values
        }
        for channel in left { channel.close(promise: nil) }
    }

    /// What wraps the channel for tasks is added last; pipelines number what is added without a name.
    private static func lastHandler(of pipeline: ChannelPipeline.SynchronousOperations) -> (any ChannelHandler)? {
        var last: (any ChannelHandler)?
        var number = 0
        while let next = try? pipeline.context(name: "handler\(number)").handler {
            last = next
            number += 1
        }
        return last
    }
}

/// Keeps what wraps a channel for tasks until the channel is closed, whether a task takes it or not.
///
/// The wrapping is held by its own handler until that one hears that the channel is active; behind this handler it
/// never does.
/// - Source: swift-nio, `NIOAsyncChannelHandler.writer`.
private final class Keeper: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func channelActive(context: ChannelHandlerContext) {}
}
