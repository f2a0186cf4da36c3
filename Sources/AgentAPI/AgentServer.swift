import FoundationEssentials
public import Model
import Runtime
import Web

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

    /// What an agent says of itself.
    public init(machine: ID<Machine>, version: String, leads: Bool, isRegistered: Bool, heard: Duration?) {
        self.machine = machine
        self.version = version
        self.leads = leads
        self.isRegistered = isRegistered
        self.heard = heard
    }
}

/// What an agent can be asked over its API.
public struct AgentServices: Sendable {
    /// Who it is and how it is: machine, version, whether it leads, whether it is registered.
    public var health: @Sendable () async -> AgentHealth
    /// What machine and units use.
    public var figures: @Sendable () async -> (MachineFigures, [UnitName: UnitFigures])
    /// Restarts a unit now.
    public var restart: @Sendable (UnitName) async -> Outcome
    /// Tells a unit's log; throws when there is no such unit here.
    public var log:
        @Sendable (_ unit: UnitName, _ last: Int, _ follows: Bool, _ tell: @Sendable ([LogLine]) async throws -> Void)
            async throws -> Void

    /// Services.
    public init(
        health: @escaping @Sendable () async -> AgentHealth,
        figures: @escaping @Sendable () async -> (MachineFigures, [UnitName: UnitFigures]),
        restart: @escaping @Sendable (UnitName) async -> Outcome,
        log: @escaping @Sendable (UnitName, Int, Bool, @Sendable ([LogLine]) async throws -> Void) async throws -> Void
    ) {
        self.health = health
        self.figures = figures
        self.restart = restart
        self.log = log
    }
}

/// Serves an agent's API.
public struct AgentServer: Sendable {
    private let services: AgentServices
    private let host: String
    private let port: Int

    /// A server of these services; port 0 takes a free one.
    public init(_ services: AgentServices, host: String, port: Int) {
        self.services = services
        self.host = host
        self.port = port
    }

    /// Serves until cancelled.
    /// - Throws: a sentence when the address cannot be listened on.
    public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let services = services
        let server = try WebServer(host: host, port: port) { await Self.answer($0, services) }
        try await server.run(onListening: onListening)
    }

    private static func answer(_ request: WebRequest, _ services: AgentServices) async -> WebResponse {
        switch (request.method, request.path.count, request.path.first, request.path.dropFirst().first) {
        case ("GET", 2, "v1", "health"):
            return json(HealthMessage(await services.health()))
        case ("GET", 2, "v1", "figures"): return json(await figures(services))
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
            (name.text, FiguresMessage.Used(cpuPercent: one.cpuPercent, memoryBytes: one.memoryBytes))
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
        let last = min(max(Int(query["last"] ?? "") ?? 200, 0), 10_000)
        let follows = query["follow"] == "true"
        return WebResponse(
            contentType: "application/x-ndjson",
            body: .stream { write in
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        // A reader that left is noticed by the next write, even when the unit writes nothing.
                        group.addTask { while follows { try await breathe(write) } }
                        defer { group.cancelAll() }
                        try await services.log(name, last, follows) { lines in
                            var bytes: [UInt8] = []
                            for line in lines { bytes += encoded(LogLineMessage(line)) + [0x0A] }
                            if !bytes.isEmpty { try await write(bytes) }
                        }
                    }
                } catch let error as SourceError {
                    try await write(encoded(RefusalMessage(error: error.description)) + [0x0A])
                }
            })
    }

    private static func breathe(_ write: @Sendable ([UInt8]) async throws -> Void) async throws {
        try await Task.sleep(for: .seconds(10))
        try await write([0x0A])
    }

    private static func json(_ message: some Encodable) -> WebResponse {
        WebResponse(body: .bytes(encoded(message)))
    }

    private static func refusal(_ status: Int, _ text: String) -> WebResponse {
        WebResponse(status: status, body: .bytes(encoded(RefusalMessage(error: text))))
    }

    private static func encoded(_ message: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(message))
        } catch {
            preconditionFailure("a message of ours cannot be written as JSON: \(error)")
        }
    }
}
