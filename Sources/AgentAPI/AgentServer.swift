import FoundationEssentials
public import Model
import Runtime
public import Web

/// How an agent is.
public struct AgentHealth: Hashable, Sendable {
    /// Its machine.
    public var machine: ID<Machine>
    /// Its version.
    public var version: String
    /// Its scheduler leads the cluster.
    public var leads: Bool
    /// It holds a lease.
    public var isRegistered: Bool
    /// How long ago the store was heard; nil for never.
    public var heard: Duration?
    /// What keeps its unit manager from its work.
    public var trouble: String?
    /// Its clock.
    public var time: Timestamp?

    /// What an agent says of itself.
    public init(
        machine: ID<Machine>, version: String, leads: Bool, isRegistered: Bool, heard: Duration?,
        trouble: String? = nil, time: Timestamp? = nil
    ) {
        self.machine = machine
        self.version = version
        self.leads = leads
        self.isRegistered = isRegistered
        self.heard = heard
        self.trouble = trouble
        self.time = time
    }
}

/// What is asked of a unit's log.
public struct AskedLog: Hashable, Sendable {
    /// How many of the last lines come first.
    public var last: Int
    /// No line that is older comes.
    public var since: Timestamp?
    /// Goes on with what is written from now.
    public var follows: Bool
}

/// What an agent can be asked over its API.
public struct AgentServices: Sendable {
    /// Its machine.
    public var machine: ID<Machine>
    /// How it is.
    public var health: @Sendable () async -> AgentHealth
    /// What machine and units use.
    public var figures: @Sendable () async -> (MachineFigures, [UnitName: UnitFigures])
    /// Restarts a unit now.
    public var restart: @Sendable (UnitName) async -> Outcome
    /// Tells a unit's log; throws when there is no such unit here.
    public var log:
        @Sendable (_ unit: UnitName, _ asked: AskedLog, _ tell: @Sendable ([LogLine]) async throws -> Void)
            async throws -> Void
    /// Tells what happens in the cluster, until cancelled; throws a `SourceError` when too many listen already.
    public var events: @Sendable (_ tell: @escaping @Sendable ([FarmEvent]) async throws -> Void) async throws -> Void

    /// Services.
    public init(
        machine: ID<Machine>, health: @escaping @Sendable () async -> AgentHealth,
        figures: @escaping @Sendable () async -> (MachineFigures, [UnitName: UnitFigures]),
        restart: @escaping @Sendable (UnitName) async -> Outcome,
        log: @escaping @Sendable (UnitName, AskedLog, @Sendable ([LogLine]) async throws -> Void) async throws -> Void,
        events: @escaping @Sendable (@escaping @Sendable ([FarmEvent]) async throws -> Void) async throws -> Void
    ) {
        self.machine = machine
        self.health = health
        self.figures = figures
        self.restart = restart
        self.log = log
        self.events = events
    }
}

/// Serves an agent's API.
public struct AgentServer: Sendable {
    private let services: AgentServices
    private let address: WebAddress
    private let tls: WebTLS?
    private let access: AgentAccess
    private let fleet: FleetServer?

    /// A server of these services; port 0 takes a free one.
    ///
    /// - Parameter fleet: what serves fleet's API at the same address
    public init(
        _ services: AgentServices, address: WebAddress, tls: WebTLS? = nil, access: AgentAccess = .open,
        fleet: FleetServer? = nil
    ) {
        self.services = services
        self.address = address
        self.tls = tls
        self.access = access
        self.fleet = fleet
    }

    /// Serves until cancelled.
    /// - Throws: a sentence when the address cannot be listened on.
    public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let services = services
        let access = access
        let fleet = fleet
        let refuse: WebServer.Refusing = { segments, status, text in
            let rest = segments.dropFirst().first == "machines" ? [""] + segments.dropFirst(3) : segments
            let refuse = fleet != nil && FleetServer.owns(rest) ? FleetServer.refuse : WebServer.plainly
            return refuse(segments, status, text)
        }
        let server = try WebServer(address, tls: tls, knowsPeers: access.knowsPeers, refuse: refuse) { request in
            var request = request
            if let refusal = Self.enter(&request, services.machine) { return refusal }
            if let fleet, FleetServer.owns(request.segments) { return await fleet.answer(request, access) }
            if let refusal = Self.refusal(request, access) { return refusal }
            return await Self.answer(request, services)
        }
        try await server.run(onListening: onListening)
    }

    /// Routes stand below `/machines/<id>` too, the base that the store tells: so nobody takes one machine's answers
    /// for another's that has the same address elsewhere, such as 127.0.0.1.
    private static func enter(_ request: inout WebRequest, _ machine: ID<Machine>) -> WebResponse? {
        guard request.path.count >= 2, request.path[0] == "machines" else { return nil }
        guard request.path[1] == machine.text else {
            return refusal(421, "this is machine '\(machine)', not '\(SafeText.name(request.path[1]))'")
        }
        request.path.removeFirst(2)
        request.segments.removeFirst(min(2, request.segments.count))
        return nil
    }

    /// What the caller may not do, in words; whether the agent is well is everybody's to ask.
    private static func refusal(_ request: WebRequest, _ access: AgentAccess) -> WebResponse? {
        if request.method == "GET", request.path == ["v1", "health"] { return nil }
        // A web page can have a browser post, but not with this type.
        if request.method != "GET", request.contentType != "application/json" {
            return refusal(415, "changes are asked with Content-Type: application/json")
        }
        switch access.role(of: request.peer) {
        case .operator?: return nil
        case .viewer? where request.method == "GET": return nil
        case .viewer?: return refusal(403, AgentAccess.viewerChanges)
        case nil:
            return refusal(401, AgentAccess.unknown(request.peer))
        }
    }

    private static func answer(_ request: WebRequest, _ services: AgentServices) async -> WebResponse {
        switch (request.method, request.path.count, request.path.first, request.path.dropFirst().first) {
        case ("GET", 2, "v1", "health"):
            return json(HealthMessage(await services.health()))
        case ("GET", 2, "v1", "figures"): return json(await figures(services))
        case ("GET", 2, "v1", "events"): return events(services)
        case ("POST", 4, "v1", "units") where request.path[3] == "restart":
            return await withName(request.path[2]) { await restart($0, services) }
        case ("GET", 4, "v1", "units") where request.path[3] == "log":
            return await withName(request.path[2]) { log($0, request.query, services) }
        default: return refusal(404, "there is no \(request.method) /\(request.path.joined(separator: "/"))")
        }
    }

    private static func withName(_ text: String, _ use: (UnitName) async -> WebResponse) async -> WebResponse {
        do throws(UnitNameError) {
            return await use(try UnitName(text))
        } catch {
            return refusal(400, error.description)
        }
    }

    private static func figures(_ services: AgentServices) async -> FiguresMessage {
        let (machine, units) = await services.figures()
        let used = units.map { name, one in
            (name.text, FiguresMessage.Used(one))
        }
        return FiguresMessage(
            cpuPercent: machine.cpuPercent, memoryBytes: machine.memoryBytes,
            uptimeSeconds: machine.uptime?.components.seconds, units: Dictionary(used) { first, _ in first })
    }

    private static func restart(_ name: UnitName, _ services: AgentServices) async -> WebResponse {
        let outcome = await services.restart(name)
        return outcome.isDone ? json([String: String]()) : refusal(409, outcome.text)
    }

    private static func log(_ name: UnitName, _ query: [String: String], _ services: AgentServices) -> WebResponse {
        let asked = AskedLog(
            last: min(max(Int(query["last"] ?? "") ?? 200, 0), 10_000),
            since: query["since"].flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) },
            follows: query["follow"] == "true")
        return stream { write in
            try await services.log(name, asked) { lines in
                var bytes: [UInt8] = []
                for line in lines { bytes += encoded(LogLineMessage(line)) + [0x0A] }
                if !bytes.isEmpty { try await write(bytes) }
            }
        }
    }

    static func breathe(_ write: @Sendable ([UInt8]) async throws -> Void) async throws {
        try await Task.sleep(for: .seconds(10))
        try await write([0x0A])
    }

    private static func json(_ message: some Encodable) -> WebResponse {
        WebResponse(body: .bytes(encoded(message)))
    }

    private static func refusal(_ status: Int, _ text: String) -> WebResponse {
        WebResponse(status: status, body: .bytes(encoded(RefusalMessage(error: text))))
    }

    static func encoded(_ message: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(message))
        } catch {
            preconditionFailure("a message of ours cannot be written as JSON: \(error)")
        }
    }
}
