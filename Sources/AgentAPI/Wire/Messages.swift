import Model

/// `GET /v1/health`.
struct HealthMessage: Codable {
    var machine: String
    var version: String
    var leads: Bool
    var registered: Bool
    var heardMillisecondsAgo: Int64?
    var trouble: String?
    var time: Int64?

    init(_ health: AgentHealth) {
        machine = health.machine.text
        version = health.version
        leads = health.leads
        registered = health.isRegistered
        trouble = health.trouble
        time = health.time?.milliseconds
        heardMillisecondsAgo = health.heard.map {
            $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
        }
    }

    var health: AgentHealth {
        AgentHealth(
            machine: ID(SafeText.name(machine)), version: SafeText.name(version), leads: leads,
            isRegistered: registered, heard: heardMillisecondsAgo.map { .milliseconds($0) },
            trouble: trouble.map { SafeText.clean($0, limit: 512) },
            time: time.map { Timestamp(milliseconds: $0) })
    }
}

/// `GET /v1/figures`.
struct FiguresMessage: Codable {
    struct Used: Codable {
        var cpuPercent: Double?
        var memoryBytes: Int64?
        var tasks: Int?
        var container: Box?

        init(_ figures: UnitFigures) {
            cpuPercent = figures.cpuPercent
            memoryBytes = figures.memoryBytes
            tasks = figures.tasks
            container = figures.container.map {
                Box(engine: $0.engine, id: $0.id, name: $0.name, image: $0.image)
            }
        }

        var figures: UnitFigures {
            UnitFigures(
                cpuPercent: cpuPercent, memoryBytes: memoryBytes, tasks: tasks,
                container: container.map {
                    Container(
                        engine: SafeText.name($0.engine), id: SafeText.name($0.id), name: SafeText.name($0.name),
                        image: SafeText.clean($0.image, limit: 256))
                })
        }
    }

    struct Box: Codable {
        var engine: String
        var id: String
        var name: String
        var image: String
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
