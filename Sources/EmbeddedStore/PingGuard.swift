import NIOCore

/// Answers HTTP/2 PING frames itself and keeps them from the HTTP/2 handler above it.
///
/// Go's gRPC measures bandwidth with a PING for nearly every message it reads, and swift-nio-http2 takes more than 200
/// of them within 30 seconds for an attack and closes the connection, watches and all.
/// - Source: RFC 9113, sections 4.1 and 6.7; swift-nio-http2, `controlFrameRateLimit`.
final class PingGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let headerLength = 9
    private static let payloadLength = 8
    private static let pingType: UInt8 = 6
    private static let ackFlag: UInt8 = 1

    /// Bytes that have come in and not been judged yet: at most the beginning of one frame between reads.
    private var held = ByteBuffer()
    /// How many bytes may still pass unread: the rest of a frame that is no PING.
    private var passing: Int
    /// What is no PING and has not been handed on, oldest first. Handing on may bring in more before it returns.
    private var judged = CircularBuffer<ByteBuffer>()
    private var isHandingOn = false

    /// - Parameter preface: how many bytes come before the first frame: 24 on a server, none on a client.
    init(preface: Int) {
        passing = preface
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let hasAnswered = judge(unwrapInboundIn(data), context)
        if !isHandingOn {
            isHandingOn = true
            while !judged.isEmpty { context.fireChannelRead(wrapInboundOut(judged.removeFirst())) }
            isHandingOn = false
        }
        if hasAnswered { context.flush() }
    }

    /// Answers the PINGs in what has come in and puts aside the rest; whether it answered one.
    private func judge(_ data: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        var incoming = data
        if held.readableBytes == 0 { held = incoming } else { held.writeBuffer(&incoming) }
        var hasAnswered = false
        var run = 0
        let start = held.readerIndex
        var offset = start
        /// Puts aside the bytes since the last PING that are known to be something else.
        func putAside() {
            guard run > 0, let slice = held.getSlice(at: offset - run, length: run) else { return }
            judged.append(slice)
            run = 0
        }
        while offset < held.writerIndex {
            if passing > 0 {
                let count = min(passing, held.writerIndex - offset)
                passing -= count
                offset += count
                run += count
                continue
            }
            guard let frame = Frame(held, at: offset) else { break }
            guard frame.isPing else {
                passing = Self.headerLength + frame.length
                continue
            }
            guard let answer = frame.answer(held, at: offset) else { break }
            putAside()
            context.write(wrapOutboundOut(answer), promise: nil)
            hasAnswered = true
            offset += Self.headerLength + Self.payloadLength
        }
        putAside()
        held.moveReaderIndex(forwardBy: offset - start)
        if held.readableBytes == 0 { held = ByteBuffer() }
        return hasAnswered
    }

    private struct Frame {
        let length: Int
        let isPing: Bool

        /// Reads a frame's header; nil while it is incomplete.
        init?(_ buffer: ByteBuffer, at offset: Int) {
            guard offset + PingGuard.headerLength <= buffer.writerIndex,
                let lengthAndType = buffer.getInteger(at: offset, as: UInt32.self),
                let flags = buffer.getInteger(at: offset + 4, as: UInt8.self)
            else { return nil }
            length = Int(lengthAndType >> 8)
            isPing =
                UInt8(truncatingIfNeeded: lengthAndType) == PingGuard.pingType && flags & PingGuard.ackFlag == 0
                && length == PingGuard.payloadLength
        }

        /// The PING's acknowledgement; nil while its payload is incomplete.
        func answer(_ buffer: ByteBuffer, at offset: Int) -> ByteBuffer? {
            guard var answer = buffer.getSlice(at: offset, length: PingGuard.headerLength + PingGuard.payloadLength)
            else { return nil }
            answer.setInteger(PingGuard.ackFlag, at: answer.readerIndex + 4)
            return answer
        }
    }
}
