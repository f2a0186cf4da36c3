import EmbeddedStore
import Glibc
import Testing
import Web

/// Servers that end while clients come and ask.
///
/// swift-nio ends the process for a connection that is dropped open, so every run that comes back is the proof.
@Suite(.serialized, .timeLimit(.minutes(2))) struct `A server that is cancelled` {
    private static let rounds = 40

    @Test func `lets go of web connections that nobody has taken yet`() async throws {
        for _ in 0..<Self.rounds {
            try await serve { listening in
                let server = try WebServer(host: "127.0.0.1", port: 0) { _ in
                    WebResponse(status: 200, contentType: "text/plain", body: .bytes([]))
                }
                try await server.run(onListening: listening)
            } sending: {
                Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            }
        }
    }

    @Test func `lets go of a store's streams and connections that nobody has taken yet`() async throws {
        for _ in 0..<Self.rounds {
            try await serve { listening in
                try await EmbeddedStore(path: nil).run(onListening: listening)
            } sending: {
                HTTP2.preface + (0..<200).flatMap { HTTP2.call(stream: 2 * $0 + 1) }
            }
        }
    }

    @Test(arguments: [
        HTTP2.frame(type: 0, flags: 0, stream: 9_999, [0]),
        HTTP2.frame(type: 8, flags: 0, stream: 1, [0, 0, 0, 0]),
        HTTP2.frame(type: 1, flags: 4, stream: 2, HTTP2.head),
        HTTP2.frame(type: 1, flags: 4, stream: 401, [0x80, 0xff, 0xff]),
        HTTP2.frame(type: 3, flags: 0, stream: 1, [0, 0, 0, 8]),
    ])
    func `takes no harm from frames that are wrong, and calls behind them`(frame: [UInt8]) async throws {
        try await serve { listening in
            try await EmbeddedStore(path: nil).run(onListening: listening)
        } sending: {
            HTTP2.preface + HTTP2.call(stream: 1) + frame + (100..<200).flatMap { HTTP2.call(stream: 2 * $0 + 1) }
        }
    }

    /// Runs a server for a moment, with connections coming in that send something, past its end.
    private func serve(
        _ run: @escaping @Sendable (@escaping @Sendable (Int) async -> Void) async throws -> Void,
        sending bytes: () -> [UInt8]
    ) async throws {
        let bytes = bytes()
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let server = Task { try await run { found.yield($0) } }
            let port = try #require(await ports.first { _ in true })
            for caller in 0..<4 {
                group.addTask {
                    for _ in 0..<30 {
                        let connection = Knock(port: port)
                        await connection.send(bytes)
                        if caller == 0 { try await Task.sleep(for: .microseconds(200)) }
                    }
                }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...40)))
            server.cancel()
            _ = await server.result
            try await group.waitForAll()
        }
    }
}

/// A connection that sends and reads nothing.
private final class Knock: Sendable {
    private let descriptor: Int32

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    /// Sends bit by bit what the other side takes.
    func send(_ bytes: [UInt8]) async {
        var left = bytes[...]
        for _ in 0..<40 where !left.isEmpty {
            let sent = left.prefix(2_000).withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno != EAGAIN { return }
            left = left.dropFirst(max(0, sent))
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// What a gRPC client sends.
/// - Source: RFC 9113, sections 3.4 and 4.1; RFC 7541, section 6.2.2.
private enum HTTP2 {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(type: 4, flags: 0, stream: 0, [])

    /// The head of a call, no field of it indexed but those of HTTP/2's own table.
    static let head: [UInt8] =
        [0x83, 0x86] + text(0x04, "/etcdserverpb.KV/Range")
        + field("te", "trailers") + field("content-type", "application/grpc")

    static func call(stream: Int) -> [UInt8] {
        frame(type: 1, flags: 4, stream: stream, head) + frame(type: 0, flags: 0, stream: stream, [0, 0, 0, 0, 0])
    }

    static func frame(type: UInt8, flags: UInt8, stream: Int, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags]
            + [24, 16, 8, 0].map { UInt8(stream >> $0 & 0xff) } + payload
    }

    private static func text(_ kind: UInt8, _ value: String) -> [UInt8] {
        [kind, UInt8(value.utf8.count)] + value.utf8
    }

    private static func field(_ name: String, _ value: String) -> [UInt8] {
        text(0, name) + [UInt8(value.utf8.count)] + value.utf8
    }
}
