import Foundation
import Glibc
import Programs
import Testing

/// Real members, which find each other by a token.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .disabled(if: access("/usr/bin/etcd", X_OK) != 0, "there is no /usr/bin/etcd: install etcd-server"))
struct `Members with one token` {
    @Test func `are one cluster, also when the server is killed in between, and a fourth is refused`() async throws {
        try await withFolder { folder in
            let first = try await Server(folder)
            try await first.make("shop", size: 3)
            let one = try Member("one", folder, discovery: first.port, token: "shop")
            let two = try Member("two", folder, discovery: first.port, token: "shop")
            // A member that is just coming ends when the server does: its service starts it again.
            try await one.waits(found: 2, besides: two)
            try await two.waits(found: 2, besides: one)
            first.running.kill()

            let server = try await Server(folder, port: first.port)
            let three = try Member("three", folder, discovery: server.port, token: "shop")
            for member in [one, two, three] {
                do {
                    #expect(Set(try await member.members(3)) == ["one", "two", "three"])
                } catch {
                    throw Programs.Failure("\(error): \([one, two, three].map(\.running.errors))")
                }
            }

            let late = try Member("four", folder, discovery: server.port, token: "shop")
            let ended = try await late.running.end(within: .seconds(20))
            #expect(ended.code != 0 && ended.errors.contains("full"), "\(ended.errors)")
            #expect(try await three.members(3).contains("four") == false)
        }
    }

    @Test func `say what is wrong with a token that was never made`() async throws {
        try await withFolder { folder in
            let server = try await Server(folder)
            let member = try Member("one", folder, discovery: server.port, token: "ghost")
            let ended = try await member.running.end(within: .seconds(20))
            #expect(ended.code != 0 && ended.errors.contains("there is no token 'ghost' here"), "\(ended.errors)")
        }
    }

    private func withFolder(_ work: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/members-\(UUID().uuidString)"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder): \(error)") } }
        try await work(folder)
    }
}

/// The program as users run it.
private struct Server {
    let running: Running
    let port: Int

    init(_ folder: String, port: Int = 0) async throws {
        let running = try Running([
            Programs.quarterdeck, "discovery", "--listen", "127.0.0.1:\(port)", "--directory", folder + "/tokens",
        ])
        self.running = running
        self.port = try await Programs.eventually("the server is ready", within: .seconds(20)) {
            guard running.code == nil else { throw Programs.Failure("it ended: \(running.errors)") }
            return running.output.split(separator: " ").last.flatMap { Int($0.filter(\.isNumber)) }
        }
    }

    func make(_ token: String, size: Int) async throws {
        let url = "http://127.0.0.1:\(port)/new?size=\(size)&token=\(token)"
        let answer = try await Programs.run(["/usr/bin/curl", "-sS", "--fail", "-X", "PUT", url])
        #expect(answer.output == "http://127.0.0.1:\(port)/\(token)", "\(answer.errors)")
    }
}

/// A real etcd that knows nothing but the discovery address.
private struct Member {
    let running: Running
    private let client: Int

    init(_ name: String, _ folder: String, discovery: Int, token: String) throws {
        let ports = try Self.freePorts(2)
        client = ports[0]
        let peer = ports[1]
        running = try Running([
            "/usr/bin/etcd", "--name", name, "--data-dir", "\(folder)/\(name)",
            "--discovery", "http://127.0.0.1:\(discovery)/\(token)", "--discovery-fallback", "exit",
            "--initial-advertise-peer-urls", "http://127.0.0.1:\(peer)",
            "--listen-peer-urls", "http://127.0.0.1:\(peer)",
            "--listen-client-urls", "http://127.0.0.1:\(client)",
            "--advertise-client-urls", "http://127.0.0.1:\(client)",
        ])
    }

    /// The names in the member list, once there are so many and the cluster works.
    func members(_ count: Int) async throws -> [String] {
        try await Programs.eventually("\(count) members", within: .seconds(30)) {
            let result = try await Programs.run(
                ["/usr/bin/etcdctl", "--endpoints", "http://127.0.0.1:\(client)", "put", "k", "v"],
                environment: ["ETCDCTL_API": "3"])
            guard result.code == 0 else { return nil }
            let list = try await Programs.run(
                ["/usr/bin/etcdctl", "--endpoints", "http://127.0.0.1:\(client)", "member", "list"],
                environment: ["ETCDCTL_API": "3"])
            let names = list.lines.compactMap { line -> String? in
                let words = line.split(separator: ",")
                return words.count > 2 ? words[2].trimmingCharacters(in: .whitespaces) : nil
            }
            return names.count == count ? names : nil
        }
    }

    /// Waits until so many have found each other, and wait for more.
    func waits(found: Int, besides other: Member) async throws {
        do {
            try await Programs.eventually("\(found) peers found", within: .seconds(20)) {
                running.errors.contains("found \(found) peer(s)") ? true : nil
            }
        } catch {
            throw Programs.Failure("\(error): \(running.errors)\nand the other: \(other.running.errors)")
        }
    }

    /// Ports that nobody has, none of them twice.
    private static func freePorts(_ count: Int) throws -> [Int] {
        let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { for one in sockets { close(one) } }
        return try sockets.map { descriptor in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
                }
            }
            guard isBound else { throw Programs.Failure("no free port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
