import Foundation
import Testing
import Web

@Suite struct `What HTTP asks of fleet's API` {
    private static let json = "Content-Type: application/json"

    @Test func `is that the answer to a HEAD has a length and no body`() async throws {
        try await FleetStand.with { stand async throws in
            for path in ["/fleet/v1/units", "/fleet/v1/machines", "/fleet/v1/units/none.service", "/"] {
                let refusal = try await stand.send("POST", path)
                let answer = try await stand.send("HEAD", path)
                #expect(answer.status == refusal.status && answer.status != 200 && answer.body.isEmpty, "\(path)")
                #expect(answer.headers["content-length"] == "\(refusal.body.utf8.count)", "\(path)")
            }
        }
    }

    @Test func `is that a body that is too long is refused, and the next request on the connection is not`()
        async throws
    {
        try await FleetStand.with { stand async throws in
            try await stand.put("hello.service", Sent.hello)
            let body = String(repeating: "x", count: WebServer.bodyLimit + 1)
            let head = ["PUT /fleet/v1/units/a.service HTTP/1.1", "Host: domain-sock", Self.json]
            let next = RawAnswer.request("GET", "/fleet/v1/units/hello.service", [], nil)
            let whole = head + ["Content-Length: \(body.utf8.count)", "", body]
            let size = String(body.utf8.count, radix: 16)
            let chunked = head + ["Transfer-Encoding: chunked", "", size, body, "0", "", ""]
            for request in [whole.joined(separator: "\r\n"), chunked.joined(separator: "\r\n")] {
                let first = try await RawAnswer.ask(stand.socket, request + next)
                let length = try #require(first.headers["content-length"].flatMap(Int.init))
                var refusal = first
                refusal.body = String(decoding: first.body.utf8.prefix(length), as: UTF8.self)
                #expect(refusal.text == refused(413, "the body is longer than \(WebServer.bodyLimit) bytes"))
                let second = try RawAnswer(Array(first.body.utf8.dropFirst(length)))
                #expect(second.status == 200 && second.body.contains("hello.service"), "\(second)")
            }
            #expect(try await stand.get("/fleet/v1/units/a.service").status == 404)
        }
    }

    @Test func `is that a body in a coding nobody reads is refused with the codings that are read`() async throws {
        try await FleetStand.with { stand async throws in
            let path = "/fleet/v1/units/hello.service"
            for coding in ["gzip", "deflate", "identity, gzip"] {
                let headers = [Self.json, "Content-Encoding: \(coding)"]
                let answer = try await stand.send("PUT", path, headers: headers, body: Sent.hello)
                #expect(answer.text == refused(415, "bodies are read as they are, without Content-Encoding"))
                #expect(answer.headers["accept-encoding"] == "identity", "\(coding)")
                #expect(try await stand.get(path).status == 404)
            }
            let plain = [Self.json, "Content-Encoding: Identity"]
            #expect(try await stand.send("PUT", path, headers: plain, body: Sent.hello).status == 201)
            #expect(try await stand.send("GET", path, headers: ["Content-Encoding: gzip"]).status == 200)
        }
    }
}

@Suite struct `A server on a socket in the file system` {
    private static func with(
        _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "qd-http-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder + "/s")
    }

    private static func server(
        _ path: String, _ handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws -> WebServer {
        try WebServer(.unix(path: path), tls: nil, knowsPeers: false, handler: handler)
    }

    private static func serving(
        _ server: WebServer, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let (listening, sink) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { _ in sink.yield() } }
            group.addTask {
                for await _ in listening { return try await body() }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    @Test func `answers a HEAD of what has no end with a refusal, and the next request`() async throws {
        try await Self.with { path in
            let server = try Self.server(path) { request in
                request.method == "GET" ? WebResponse() : WebResponse(body: .stream { try await $0([0x61]) })
            }
            try await Self.serving(server) {
                let head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
                let first = try await RawAnswer.ask(path, head + RawAnswer.request("GET", "/", [], nil))
                #expect(first.status == 405 && first.headers["content-length"] == "0")
                #expect(try RawAnswer(Array(first.body.utf8)).status == 200, "\(first.body)")
            }
        }
    }

    @Test func `leaves it to whoever listens there already`() async throws {
        try await Self.with { path in
            let first = try Self.server(path) { _ in WebResponse(headers: ["X-Who": "first"]) }
            try await Self.serving(first) {
                let second = try Self.server(path) { _ in WebResponse(headers: ["X-Who": "second"]) }
                await #expect(throws: WebError.self) { try await Self.serving(second) {} }
                let answer = try await RawAnswer.ask(path, RawAnswer.request("GET", "/", [], nil))
                #expect(answer.headers["x-who"] == "first")
            }
        }
    }

    @Test func `takes the place of one that was left behind, and of no other file`() async throws {
        try await Self.with { path in
            let left = try #require(Listener(path))
            left.close()
            #expect(FileManager.default.fileExists(atPath: path))
            let server = try Self.server(path) { _ in WebResponse() }
            try await Self.serving(server) {
                let answer = try await RawAnswer.ask(path, RawAnswer.request("GET", "/", [], nil))
                #expect(answer.status == 200)
            }
            let file = path + ".txt"
            try Data("mine".utf8).write(to: URL(filePath: file))
            await #expect(throws: WebError.self) { try await Self.serving(Self.server(file) { _ in WebResponse() }) {} }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
        }
    }
}

/// A listening socket that its process lets go of without taking its file away.
private struct Listener {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = descriptor
        let isBound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound, listen(descriptor, 1) == 0 else { return nil }
    }

    func close() { Foundation.close(descriptor) }
}
