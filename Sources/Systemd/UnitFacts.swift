import Model

/// What systemd's properties say of one unit.
struct UnitFacts: Hashable, Sendable {
    var load = "loaded"
    var loadError = ""
    var fragment = ""
    var needsReload = false
    var active = "inactive"
    var sub = "dead"
    /// Microseconds since 1970; 0 when it never changed.
    var changedAt: Int64 = 0
    /// The queued job; 0 for none.
    var job: Int64 = 0
    var result = "success"
    /// How the main process ended: 1 exited, 2 killed, 3 killed and dumped; 0 when none has ended.
    var mainCode: Int64 = 0
    var mainStatus: Int64 = 0
    var mainPID: Int64 = 0
    var restarts: Int64 = 0
    var isConditionMet = true
    var conditionAt: Int64 = 0
    var controlGroup = ""

    /// The properties that are read, of a unit and of its type.
    static let wanted: Set<String> = [
        "LoadState", "LoadError", "FragmentPath", "NeedDaemonReload", "ActiveState", "SubState",
        "StateChangeTimestamp", "Job", "Result", "ExecMainCode", "ExecMainStatus", "MainPID", "NRestarts",
        "ConditionResult", "ConditionTimestamp", "ControlGroup",
    ]

    /// Takes what changed; what is not among it stays.
    mutating func take(_ properties: [String: BusValue]) {
        for (name, value) in properties {
            switch value {
            case .text(let text): take(name, text)
            case .number(let number): take(name, number)
            case .pair(let number, let text): if name == "Job" { job = number } else { take(name, text) }
            case .texts: break
            }
        }
    }

    private mutating func take(_ name: String, _ text: String) {
        switch name {
        case "LoadState": load = SafeText.name(text)
        case "LoadError": loadError = SafeText.clean(text, limit: 512)
        case "FragmentPath": fragment = SafeText.clean(text)
        case "ActiveState": active = text
        case "SubState": sub = SafeText.name(text)
        case "Result": result = SafeText.name(text)
        case "ControlGroup": controlGroup = text
        default: break
        }
    }

    private mutating func take(_ name: String, _ number: Int64) {
        switch name {
        case "NeedDaemonReload": needsReload = number != 0
        case "StateChangeTimestamp": changedAt = number
        case "ExecMainCode": mainCode = number
        case "ExecMainStatus": mainStatus = number
        case "MainPID": mainPID = number
        case "NRestarts": restarts = number
        case "ConditionResult": isConditionMet = number != 0
        case "ConditionTimestamp": conditionAt = number
        default: break
        }
    }

    /// systemd has put the unit out of its memory: it is stopped and has no job. How it ended is kept.
    mutating func forget() {
        active = "inactive"
        sub = "dead"
        job = 0
        mainPID = 0
    }

    /// The interface of the properties of a unit's type; nil for types that have none we read.
    static func interface(of name: UnitName) -> String? {
        guard ["service", "socket", "timer", "path", "mount", "swap", "automount"].contains(name.type) else {
            return nil
        }
        return "org.freedesktop.systemd1.\(name.type.prefix(1).uppercased())\(name.type.dropFirst())"
    }
}
