import Foundation
import Model
import OpenStack
import Runtime
import Synchronization
import Web

/// A VM of the fake cloud, as Nova would write it.
struct FakeVM: Sendable {
    var id: String
    var name: String
    var status = "ACTIVE"
    var task: String?
    var metadata: [String: String] = [:]
    var host: String? = "server1"
    var fault: String?
    var userData: String?
    var updated = Date()

    func json(isAdmin: Bool) -> [String: Any] {
        var json: [String: Any] = [
            "id": id, "name": name, "status": status, "tenant_id": "p1", "metadata": metadata, "tags": [String](),
            "created": "2026-11-22T15:01:08Z", "updated": updated.formatted(.iso8601), "hostId": "abcdef0123456789",
            "flavor": ["original_name": "tiny", "vcpus": 1], "image": ["id": "i1"], "locked": false,
            "addresses": [
                "lan": [["addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"]]
            ], "OS-EXT-STS:power_state": 1, "OS-EXT-STS:task_state": task.map { $0 as Any } ?? NSNull(),
        ]
        if let fault { json["fault"] = ["code": 500, "message": fault] }
        guard isAdmin else { return json }
        if let host { json["OS-EXT-SRV-ATTR:hypervisor_hostname"] = host }
        if let userData { json["OS-EXT-SRV-ATTR:user_data"] = userData }
        return json
    }
}

/// Keystone, Nova and the others in one process: as much of them as our door asks for.
final class FakeCloud: Sendable {
    static let password = "hunter2-and-more"

    /// A request that came in.
    struct Seen: Sendable {
        var line: String
        var headers: [String: String]
        var body: String
    }

    struct State: Sendable {
        var base = ""
        var vms: [FakeVM] = []
        var isAdmin = true
        var tokens: Set<String> = []
        var logins = 0
        var tokenSeconds = 3_600
        var highest = "2.93"
        var pageMax = 1_000
        var servers: [(name: String, state: String)] = [("server1", "up"), ("server2", "up")]
        var actions: [[String: String]] = []
        var seen: [Seen] = []
        var services = ["compute", "placement", "image", "network"]
        /// Answers instead of the cloud, when it wants to.
        var instead: (@Sendable (WebRequest, inout State) -> WebResponse?)?
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// The requests so far, `GET /compute/v2.1/servers/detail`; logins left out.
    var lines: [String] { state.withLock { $0.seen.map(\.line) }.filter { !$0.contains("/auth/tokens") } }
    var seen: [Seen] { state.withLock { $0.seen } }
    var logins: Int { state.withLock { $0.logins } }
    var base: String { state.withLock { $0.base } }

    var settings: OpenStackSettings {
        OpenStackSettings(
            name: "east", authURL: base + "/identity/v3/",
            credentials: .password(user: .name("ann", domain: .id("default")), Secret(Self.password)),
            scope: .project(.name("shop", domain: .id("default"))), origin: "'clouds.yaml', line 3")
    }

    func source(_ intervals: OpenStackIntervals = .quick) throws -> OpenStackSource {
        try OpenStackSource(cloud: "east", settings: settings, clock: SystemClock(), intervals: intervals)
    }

    /// Serves on a port of this computer while the body runs.
    func serve(host: String = "127.0.0.1", _ body: @escaping @Sendable (FakeCloud) async throws -> Void) async throws {
        let server = try WebServer(host: host, port: 0) { request in self.answer(request) }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { found.yield($0) } }
            group.addTask {
                for await port in ports {
                    let name = host.contains(":") ? "[\(host)]" : host
                    self.change { $0.base = "http://\(name):\(port)" }
                    return try await body(self)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func answer(_ request: WebRequest) -> WebResponse {
        state.withLock { state in
            let query = request.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            let line = "\(request.method) /" + request.path.joined(separator: "/") + (query.isEmpty ? "" : "?" + query)
            state.seen.append(
                Seen(line: line, headers: request.headers, body: String(decoding: request.body, as: UTF8.self)))
            if let instead = state.instead, let answer = instead(request, &state) { return answer }
            return state.answer(request)
        }
    }
}

extension OpenStackIntervals {
    /// Polls as often as tests want them.
    static let quick = OpenStackIntervals(
        vms: .milliseconds(100), busy: .milliseconds(100), servers: .milliseconds(150), rest: .seconds(60),
        whole: .seconds(60))
    /// Polls for VMs only.
    static let vmsOnly = OpenStackIntervals(
        vms: .milliseconds(100), busy: .milliseconds(100), servers: .seconds(60), rest: .seconds(60),
        whole: .seconds(60))
}

extension WebResponse {
    /// An answer of JSON.
    static func json(_ value: Any, status: Int = 200, headers: [String: String] = [:]) -> WebResponse {
        let data = try? JSONSerialization.data(withJSONObject: value)
        return WebResponse(status: status, headers: headers, body: .bytes(Array(data ?? Data())))
    }

    /// A no in Nova's words.
    static func no(_ status: Int, _ message: String, headers: [String: String] = [:]) -> WebResponse {
        json(["anyKind": ["code": status, "message": message]], status: status, headers: headers)
    }

    /// The connection ends before the answer does.
    static let lost = WebResponse(body: .stream { _ in throw CancellationError() })
}
