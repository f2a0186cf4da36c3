import Model

/// `GET /v1/health`.
struct HealthMessage: Codable {
    var machine: String
    var version: String
    var leads: Bool
    var registered: Bool
    var heardMillisecondsAgo: Int64?

    init(_ health: AgentHealth) {
        machine = health.machine.text
        version = health.version
        leads = health.leads
        registered = health.isRegistered
        heardMillisecondsAgo = health.heard.map {
            $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
        }
    }

    var health: AgentHealth {
        AgentHealth(
            machine: ID(SafeText.name(machine)), version: SafeText.name(version), leads: leads,
            isRegistered: registered, heard: heardMillisecondsAgo.map { .milliseconds($0) })
    }
}

/// `GET /v1/figures`.
struct FiguresMessage: Codable {
    struct Used: Codable {
        var cpuPercent: Double?
        var memoryBytes: Int64?
    }

    var cpuPercent: Double?
    var memoryBytes: Int64?
    var uptimeSeconds: Int64?
    var units: [String: Used]
}

/// One line of `GET /v1/units/<name>/log`.
struct LogLineMessage: Codable {
    var at: Int64
    var level: Int
    var text: String

    init(_ line: LogLine) {
        at = line.at.milliseconds
        level = line.level.rawValue
        text = line.text
    }

    var line: LogLine {
        LogLine(
            at: Timestamp(milliseconds: at), level: LogLine.Level(rawValue: level) ?? .info, text: SafeText.clean(text))
    }
}

/// Every refusal.
struct RefusalMessage: Codable {
    var error: String
}
