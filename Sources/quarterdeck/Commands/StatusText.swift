import Model

/// A unit as `systemctl status` says it, with what it does not know: what is wanted, and where.
struct StatusText {
    private let unit: Unit
    private let machines: [Machine]
    private let now: Timestamp
    /// What it uses on each machine, in lines.
    var usage: [ID<Machine>: [String]] = [:]

    init(_ unit: Unit, _ machines: [Machine], at now: Timestamp) {
        self.unit = unit
        self.machines = machines
        self.now = now
    }

    /// Its lines: the names end where systemd's do, so that the values stand one below the other.
    var lines: [String] {
        var lines = ["● \(unit.name) - \(SafeText.clean(unit.described ?? unit.name.text))"]
        let states = unit.states.sorted { $0.key < $1.key }
        if let (id, state) = states.first, states.count == 1 {
            lines += systemd(state) + [Self.line("Machine", name(id))]
        }
        if states.isEmpty {
            lines += [Self.line("Loaded", "not-found (on no machine)"), Self.line("Active", "inactive (dead)")]
        }
        lines.append(Self.line("Wanted", unit.desired.rawValue + (unit.isGlobal ? " on every machine that fits" : "")))
        if let placement = unit.placement {
            lines.append(Self.line("Placed", "\(name(placement.machine)), \(placement.why)"))
        }
        if let waiting = unit.waiting { lines.append(Self.line("Waits", waiting.why)) }
        if let (id, state) = states.first, states.count == 1 { lines += rest(state, id) }
        if states.count > 1 {
            for (id, state) in states {
                lines += ["", Self.line("Machine", name(id))] + systemd(state) + rest(state, id)
            }
        }
        return lines
    }

    private func systemd(_ state: UnitState) -> [String] {
        let since = state.since.map { " since \(Self.moment($0)); \(Self.age(now.since($0)))" } ?? ""
        return [
            Self.line("Loaded", state.load), Self.line("Active", "\(state.active.word) (\(state.sub))\(since)"),
        ]
    }

    private func rest(_ state: UnitState, _ id: ID<Machine>) -> [String] {
        var lines = state.mainPID.map { [Self.line("Main PID", "\($0)")] } ?? []
        lines += (usage[id] ?? []).map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? Self.line(String(parts[0]), String(parts[1].dropFirst())) : line
        }
        if let note = state.note { lines.append(Self.line("Note", note)) }
        return lines
    }

    private func name(_ id: ID<Machine>) -> String {
        "\(id.short)/\(machines.first { $0.id == id }?.name ?? "gone")"
    }

    private static let width = 9

    private static func line(_ name: String, _ value: String) -> String {
        String(repeating: " ", count: max(0, width - name.count)) + "\(name): \(value)"
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// A moment as systemd writes it: `Thu 1970-01-01 00:00:00 UTC`.
    static func moment(_ moment: Timestamp) -> String {
        let day = moment.milliseconds / 86_400_000 - (moment.milliseconds % 86_400_000 < 0 ? 1 : 0)
        let text = moment.iso8601.dropLast().split(separator: "T").joined(separator: " ")
        return "\(days[Int((day % 7 + 7) % 7)]) \(text) UTC"
    }

    /// How long ago that was, as systemd writes it: `3s ago`, `2min 5s ago`, `2h 3min ago`, `4 days ago`.
    ///
    /// - Source: systemd's `format_timestamp_relative`.
    static func age(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400)
        let text =
            switch seconds {
            case ..<60: "\(seconds)s"
            case ..<300: "\(minutes)min \(seconds % 60)s"
            case ..<3_600: "\(minutes)min"
            case ..<21_600: "\(hours)h \(minutes % 60)min"
            case ..<90_000: "\(hours)h"
            case ..<172_800: "1 day \(hours - 24)h"
            default: "\(days) days"
            }
        return text + " ago"
    }
}
