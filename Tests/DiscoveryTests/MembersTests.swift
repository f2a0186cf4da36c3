import Discovery
import Foundation
import Glibc
import Programs
import Synchronization
import Testing
import Web

/// Real members, which find each other by a token.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .disabled(if: access("/usr/bin/etcd", X_OK) != 0, "there is no /usr/bin/etcd: install etcd-server"))
struct `Members with one token` {
    @Test func `are one cluster, also when the server restarts in between, and a fourth is refused`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/members-\(UUID().uuidString)"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder): \(error)") } }
        let port = try await serving(folder, token: "shop") { port in
            var members = [try Member("one", folder, discovery: port, token: "shop")]
            members.append(try Member("two", folder, discovery: port, token: "shop"))
            try await members[0].waits(found: 2)
            return (port, members)
        }
        try await serving(folder, port: port.0) { discovery in
            let third = try Member("three", folder, discovery: discovery, token: "shop")
            for member in port.1 + [third] {
                let list = try await member.members(3)
                #expect(Set(list) == ["one", "two", "three"])
            }

            let late = try Member("four", folder, discovery: discovery, token: "shop")
            let ended = try await late.running.end(within: .seconds(20))
            #expect(ended.code != 0 && ended.errors.contains("full"), "\(ended.errors)")
            #expect(try await third.members(3).contains("four") == false)
        }
    }

    @Test func `say what is wrong with a token that was never made`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/members-\(UUID().uuidString)"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder): \(error)") } }
        try await serving(folder, token: "shop") { port in
            let member = try Member("one", folder, discovery: port, token: "ghost")
            let ended = try await member.running.end(within: .seconds(20))
            #expect(ended.code != 0 && ended.errors.contains("there is no token 'ghost' here"), "\(ended.errors)")
        }
    }

    /// Does some work while a discovery server runs.
    private func serving<Value: Sendable>(
        _ folder: String, token: String? = nil, port: Int = 0, _ work: sending (Int) async throws -> Value
    ) async throws -> Value {
        let discovery = try Discovery(directory: folder + "/tokens", patience: .seconds(2))
        if let token { try await discovery.create(token: token, size: 3) }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await discovery.run(.tcp(host: "127.0.0.1", port: port)) { listening.yield($0) }
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let value = try await work(port)
            group.cancelAll()
            return value
        }
    }
}

/// A real etcd that knows nothing but the discovery address.
private struct Member {
    let running: Running
    private let client: Int

    init(_ name: String, _ folder: String, discovery: Int, token: String) throws {
        client = try Self.freePort()
        let peer = try Self.freePort()
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
    func waits(found: Int) async throws {
        do {
            try await Programs.eventually("\(found) peers found", within: .seconds(20)) {
                running.errors.contains("found \(found) peer(s)") ? true : nil
            }
        } catch {
            throw Programs.Failure("\(error): \(running.errors)")
        }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
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
