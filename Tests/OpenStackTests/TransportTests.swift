import Foundation
import Model
import Runtime
import Testing
import Web

@testable import OpenStack

/// A certificate of `localhost` that nobody vouches for, gone with the test.
private final class Certificate: Sendable {
    let folder: String
    var cert: String { folder + "/cert.pem" }
    var key: String { folder + "/key.pem" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "qd-tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c",
            "cd '\(folder)' && exec openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
                + "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem",
        ]
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// Serves what a handler answers while the body runs; it gets the port.
private func serving(
    tls: WebTLS? = nil, _ handler: @escaping @Sendable (WebRequest) async -> WebResponse,
    _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    let server = try WebServer(
        .tcp(host: "127.0.0.1", port: 0), tls: tls, knowsPeers: false, handler: handler)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { found.yield($0) } }
        group.addTask { for await port in ports { return try await body(port) } }
        defer { group.cancelAll() }
        try await group.next()
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The way to a cloud` {
    @Test func `is closed by a certificate that nobody vouches for, until it is named`() async throws {
        let certificate = try Certificate()
        let tls = WebTLS(cert: certificate.cert, key: certificate.key)
        try await serving(tls: tls) { _ in
            .json(["error": ["message": "no"]], status: 401)
        } _: { port in
            var settings = OpenStackSettings(
                name: "east", authURL: "https://localhost:\(port)",
                credentials: .password(user: .name("ann", domain: .id("default")), Secret("swordfish")),
                scope: .unnamed, origin: "'clouds.yaml', line 3")
            let login = { @Sendable (settings: OpenStackSettings) in
                await sentence { _ = try await Session(settings, clock: SystemClock()).token() }
            }
            let words = await login(settings)
            #expect(words.contains("a certificate that this computer does not trust"), "\(words)")
            #expect(words.contains("as 'cacert' in 'clouds.yaml', line 3"))

            settings.cacert = certificate.cert
            #expect(await login(settings).contains("does not let user 'ann' in"))
            settings.cacert = nil
            settings.verifies = false
            #expect(await login(settings).contains("does not let user 'ann' in"))
        }
    }

    @Test func `has an end for answers that begin and never end`() async throws {
        try await serving { _ in
            WebResponse(
                body: .stream { write in
                    try await write(Array("{".utf8))
                    try await Task.sleep(for: .seconds(30))
                })
        } _: { port in
            let begun = ContinuousClock.now
            let call = WebCall("GET", "http://127.0.0.1:\(port)/", deadline: .milliseconds(300))
            let words = await sentence { _ = try await WebClient().exchange(call) }
            #expect(words.contains("no whole answer within") || words.contains("deadline"), "\(words)")
            #expect(ContinuousClock.now - begun < .seconds(10))
        }
    }

    @Test func `takes no more than it wants`() async throws {
        try await serving { _ in
            WebResponse(body: .bytes(Array(repeating: 0x20, count: 5_000)))
        } _: { port in
            let client = WebClient(sizeLimit: 1_000)
            let words = await sentence { _ = try await client.exchange(WebCall("GET", "http://127.0.0.1:\(port)/")) }
            #expect(words.contains("longer than 1000 bytes"))
        }
    }

    @Test func `shows every answer as it is, with its headers`() async throws {
        try await serving { request in
            WebResponse(status: 302, headers: ["Location": "/there", "X-Seen": request.headers["x-mine"] ?? ""])
        } _: { port in
            let call = WebCall("GET", "http://127.0.0.1:\(port)/", headers: [.init("X-Mine", "7")])
            let answer = try await WebClient().exchange(call)
            #expect(answer.status == 302)
            #expect(answer.headers["location"] == "/there")
            #expect(answer.headers["x-seen"] == "7")
        }
    }
}
