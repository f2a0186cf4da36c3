import NIOCore

/// Reads what comes in quick succession in gulps: all that is behind a connection then wakes up once for all of it.
///
/// What comes alone is read at once; in a burst each message waits for at most one pause.
final class Gulps: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private static let pause = TimeAmount.milliseconds(10)
    private var last = NIODeadline.uptimeNanoseconds(0)
    private var isBurst = false
    private var next: Scheduled<Void>?

    func channelReadComplete(context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        isBurst = now - last < Self.pause
        last = now
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        guard isBurst else { return context.read() }
        if next != nil { return }
        next = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
            next = nil
            context.read()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        next?.cancel()
        next = nil
    }
}
