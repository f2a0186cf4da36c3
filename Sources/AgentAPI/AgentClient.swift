import FoundationEssentials
public import Model
public import Runtime
public import Web

/// Asks agents over their API.
public struct AgentClient: AgentPort {
    private let web: WebClient

    /// A client for agents that know nobody, on this computer.
    public init() {
        web = WebClient(deadline: .seconds(5))
    }

    /// A client for agents anywhere.
    ///
    /// - Parameter tokenFile: a file with a token, which only its owner can read
    /// - Throws: `WebError.badFile`.
    public init(tls: WebTLS, tokenFile: String?) throws {
        web = try WebClient(tls: tls, token: tokenFile.map(SecretFile.line), deadline: .seconds(5))
    }

    /// How an agent is.
    public func health(at api: String) async throws -> AgentHealth {
        let bytes = try await web.send("GET", "\(api)/v1/health")
        return try JSONDecoder().decode(HealthMessage.self, from: Data(bytes)).health
    }

    /// What a machine and its units use.
    public func figures(at api: String) async throws -> (MachineFigures, [UnitName: UnitFigures]) {
        let bytes = try await inItsWords { try await web.send("GET", "\(api)/v1/figures") }
        let message = try JSONDecoder().decode(FiguresMessage.self, from: Data(bytes))
        var units: [UnitName: UnitFigures] = [:]
        for (text, used) in message.units {
            guard let name = try? UnitName(text) else { continue }
            units[name] = used.figures
        }
        let machine = MachineFigures(
            cpuPercent: message.cpuPercent, memoryBytes: message.memoryBytes,
            uptime: message.uptimeSeconds.map { .seconds($0) })
        return (machine, units)
    }

    /// Restarts a unit now.
    public func restart(_ unit: UnitName, at api: String) async -> Outcome {
        do {
            _ = try await inItsWords {
                try await web.send("POST", "\(api)/v1/units/\(unit.text.percentEncoded)/restart", body: [])
            }
            return .done("\(unit) is restarted")
        } catch let refusal as SourceError {
            return .refused(refusal.description)
        } catch {
            return .unreachable("cannot restart '\(unit)': \(SafeText.clean("\(error)", limit: 512))")
        }
    }

    /// Tells a unit's log lines; ends when all are told and it does not follow.
    public func log(
        _ request: LogRequest, at api: String, _ tell: @Sendable ([LogLine]) async -> Void
    ) async throws {
        let name = request.unit.name.text.percentEncoded
        let since = request.since.map { "&since=\($0.milliseconds)" } ?? ""
        let url = "\(api)/v1/units/\(name)/log?last=\(request.last)&follow=\(request.follows)\(since)"
        let decoder = JSONDecoder()
        try await inItsWords {
            try await web.lines(url) { lines in
                var told: [LogLine] = []
                for line in lines {
                    let data = Data(line.utf8)
                    if let message = try? decoder.decode(LogLineMessage.self, from: data) {
                        told.append(message.line)
                    } else if let refusal = try? decoder.decode(RefusalMessage.self, from: data) {
                        throw SourceError(SafeText.clean(refusal.error, limit: 512))
                    }
                }
                if !told.isEmpty { await tell(told) }
            }
        }
    }

    /// An agent's refusal is told in the agent's words.
    private func inItsWords<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch WebError.status(_, _, let text) {
            guard let message = try? JSONDecoder().decode(RefusalMessage.self, from: Data(text.utf8)) else {
                throw SourceError(SafeText.clean(text, limit: 512))
            }
            throw SourceError(SafeText.clean(message.error, limit: 512))
        }
    }
}
