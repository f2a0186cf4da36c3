import Foundation

/// An answer of an HTTP server, byte for byte as it came over a socket.
struct RawAnswer: Hashable, CustomStringConvertible {
    var status: Int
    /// By their names in small letters.
    var headers: [String: String]
    var body: String

    /// Status, media type, server and body: what a program sees.
    var text: String {
        "\(status) [\(headers["content-type"] ?? "–")] [\(headers["server"] ?? "–")] \(body)"
    }

    var description: String { text }

    /// A request as Go's library writes it.
    static func request(_ method: String, _ path: String, _ headers: [String], _ body: String?) -> String {
        var lines = [
            "\(method) \(path) HTTP/1.1", "Host: domain-sock", "User-Agent: google-api-go-client/0.5",
            "Accept-Encoding: gzip", "Connection: close",
        ]
        lines += headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    /// Sends bytes over a unix socket and reads until the other side closes, on a thread of its own: the few that
    /// tests share are the server's too.
    static func ask(_ socket: String, _ request: String) async throws -> RawAnswer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let descriptor = try connected(socket)
                        defer { close(descriptor) }
                        return try exchange(descriptor, request)
                    })
            }
        }
    }

    static func exchange(_ descriptor: Int32, _ request: String) throws -> RawAnswer {
        var rest = Array(request.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw StandFailure("cannot write: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw StandFailure("cannot read: errno \(errno)") }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return try RawAnswer(bytes)
    }

    static func connected(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let isConnected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            let reason = errno
            close(descriptor)
            throw StandFailure("cannot connect to \(path): errno \(reason)")
        }
        return descriptor
    }

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { throw StandFailure("no whole head: '\(text)'") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw StandFailure("no status: '\(lines[0])'")
        }
        self.status = status
        headers = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        body = String(text[end.upperBound...])
    }

    /// The body as JSON.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.utf8))
    }
}
