import AgentAPI
import Foundation
import Model
import Runtime
import Testing
import Web

/// Files of a test, gone with it.
private final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "qd-access-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        chmod("\(path)/\(name)", mode)
        return "\(path)/\(name)"
    }

    /// An authority with a server's and two clients' certificates, made by openssl.
    func certificates() throws {
        let script = """
            cd '\(path)' && set -e
            new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@"; }
            new -x509 -days 3650 -subj /CN=ca -keyout ca-key.pem -out ca.pem
            new -x509 -days 3650 -subj /CN=other -keyout other-key.pem -out other.pem
            echo subjectAltName=DNS:localhost,IP:127.0.0.1 > names
            for one in machine operator viewer stranger; do
              new -subj /O=$one/CN=$one -keyout $one-key.pem -out $one.csr
              openssl x509 -req -in $one.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 3650 \
                -extfile names -out $one.pem
            done
            """
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.standardError = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
    }

    func tls(_ name: String?, ca: String = "ca") -> WebTLS {
        WebTLS(
            ca: "\(path)/\(ca).pem", cert: name.map { "\(path)/\($0).pem" }, key: name.map { "\(path)/\($0)-key.pem" })
    }
}

private let services = AgentServices(
    machine: "m1",
    health: { AgentHealth(machine: "m1", version: "1", leads: true, isRegistered: true, heard: .seconds(1)) },
    figures: { (MachineFigures(cpuPercent: 7), [:]) }, restart: { .done("\($0) is restarted") },
    log: { _, asked, tell in try await tell([LogLine(at: asked.since ?? Timestamp(milliseconds: 0), text: "line")]) },
    events: { tell in
        try await tell([FarmEvent(at: Timestamp(milliseconds: 1), weight: .note, subject: .cluster("c"), text: "told")])
        throw SourceError("too many listen")
    })

/// Serves while the body runs; it gets the base of the routes.
private func serving(
    _ address: WebAddress = .tcp(host: "127.0.0.1", port: 0), tls: WebTLS? = nil, access: AgentAccess = .open,
    _ body: @escaping @Sendable (String) async throws -> Void
) async throws {
    let server = AgentServer(services, address: address, tls: tls, access: access)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { found.yield($0) } }
        group.addTask {
            for await port in ports {
                switch address {
                case .tcp: try await body("\(tls == nil ? "http" : "https")://127.0.0.1:\(port)/machines/m1")
                case .unix(let path): try await body("http+unix://\(path.percentEncoded)/machines/m1")
                }
                return
            }
        }
        defer { group.cancelAll() }
        try await group.next()
    }
}

private func failure(_ work: @Sendable () async throws -> Void) async -> String {
    do {
        try await work()
        return ""
    } catch {
        return "\(error)"
    }
}

@Suite struct `The API of an agent` {
    @Test func `serves others only with TLS and somebody to know them by`() async throws {
        let others = WebAddress.tcp(host: "0.0.0.0", port: 0)
        let open = AgentServer(services, address: others)
        #expect(await failure { try await open.run { _ in } }.contains("without a certificate (TLS)"))
        let folder = try Folder()
        try folder.certificates()
        let unknown = AgentServer(services, address: others, tls: folder.tls("machine"))
        #expect(await failure { try await unknown.run { _ in } }.contains("without client certificates or tokens"))
    }

    @Test func `lets operators do all and viewers look, by their certificates`() async throws {
        let folder = try Folder()
        try folder.certificates()
        let access = AgentAccess(checksCertificates: true, tokens: [])
        try await serving(tls: folder.tls("machine"), access: access) { base in
            let `operator` = try AgentClient(tls: folder.tls("operator"), tokenFile: nil)
            #expect(try await `operator`.figures(at: base).0.cpuPercent == 7)
            #expect(await `operator`.restart("web.service", at: base) == .done("web.service is restarted"))

            let viewer = try AgentClient(tls: folder.tls("viewer"), tokenFile: nil)
            #expect(try await viewer.figures(at: base).0.cpuPercent == 7)
            #expect(await viewer.restart("web.service", at: base).text.contains("a viewer may look, not change"))

            let stranger = try AgentClient(tls: folder.tls("stranger"), tokenFile: nil)
            #expect(await failure { _ = try await stranger.figures(at: base) }.contains("'stranger' names no role"))
            let nobody = try AgentClient(tls: folder.tls(nil), tokenFile: nil)
            #expect(await failure { _ = try await nobody.figures(at: base) }.contains("no certificate and no token"))
            #expect(try await nobody.health(at: base).machine == "m1")
        }
    }

    @Test func `is not trusted when another authority signed it`() async throws {
        let folder = try Folder()
        try folder.certificates()
        try await serving(tls: folder.tls("machine"), access: AgentAccess(checksCertificates: true, tokens: [])) {
            let client = try AgentClient(tls: folder.tls("operator", ca: "other"), tokenFile: nil)
            let base = $0
            #expect(await failure { _ = try await client.health(at: base) }.contains("cannot reach"))
        }
    }

    @Test func `knows tokens from a file that only its owner can read`() async throws {
        let folder = try Folder()
        let lines = "# who may\noperator 0123456789abcdef-o\nviewer   0123456789abcdef-v\n"
        let file = try folder.write("tokens", lines)
        let own = try folder.write("own", "0123456789abcdef-v\n")
        let access = AgentAccess(checksCertificates: false, tokens: try AgentAccess.tokens(file: file))
        try await serving(.unix(path: folder.path + "/agent.sock"), access: access) { base in
            let viewer = try AgentClient(tls: WebTLS(), tokenFile: own)
            #expect(try await viewer.figures(at: base).0.cpuPercent == 7)
            #expect(await viewer.restart("web.service", at: base).text.contains("a viewer may look"))
            let nobody = AgentClient()
            #expect(await failure { _ = try await nobody.figures(at: base) }.contains("no token was shown"))
        }
        let readable = try folder.write("readable", lines, mode: 0o644)
        #expect(await failure { _ = try AgentAccess.tokens(file: readable) }.contains("chmod 600"))
        let empty = try folder.write("empty", "# nobody yet\n")
        #expect(await failure { _ = try AgentAccess.tokens(file: empty) }.contains("it holds no token"))
        let bad = try folder.write("bad", "operator short\n")
        #expect(await failure { _ = try AgentAccess.tokens(file: bad) }.contains("line 1 is not"))
    }

    @Test func `listens on a socket that only its owner can use`() async throws {
        let folder = try Folder()
        let path = folder.path + "/agent.sock"
        try await serving(.unix(path: path)) { base in
            let figures = try await AgentClient().figures(at: base).0
            #expect(figures.cpuPercent == 7)
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }
        // What an agent leaves is no obstacle for the next.
        try await serving(.unix(path: path)) { _ = try await AgentClient().health(at: $0) }
    }

    @Test func `is shown no token without TLS, where anybody may listen`() async throws {
        let folder = try Folder()
        let file = try folder.write("tokens", "operator 0123456789abcdef-o\n")
        let own = try folder.write("own", "0123456789abcdef-o\n")
        try await serving(access: AgentAccess(checksCertificates: false, tokens: try AgentAccess.tokens(file: file))) {
            let base = $0
            let client = try AgentClient(tls: WebTLS(), tokenFile: own)
            #expect(await failure { _ = try await client.figures(at: base) }.contains("no token was shown"))
        }
    }

    @Test func `answers for no other machine`() async throws {
        try await serving { base in
            let other = base.replacing("/m1", with: "/m2")
            #expect(await failure { _ = try await AgentClient().figures(at: other) }.contains("this is machine 'm1'"))
        }
    }
}
