import ArgumentParser
import Model
import NodeAgent
import Runtime
import Settings

/// How lines of a log are printed, by journalctl's words.
enum LogForm: String, CaseIterable {
    case short, cat, json

    private struct Line: Encodable {
        var at: String
        var level: Int
        var text: String
    }

    func text(_ line: LogLine) -> String {
        switch self {
        case .short: return "\(line.at.iso8601) \(line.text)"
        case .cat: return line.text
        case .json:
            let row = Line(at: line.at.iso8601, level: line.level.rawValue, text: line.text)
            return (try? JSONText.line(row)) ?? ""
        }
    }
}

/// Times on the command line: `90s`, `10m`, `2h`, `1d`.
enum Age {
    static func parse(_ text: String) -> Duration? {
        let seconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ seconds[$0] }), let count = Int64(text.dropLast()), count >= 0,
            count < 100_000_000
        else { return nil }
        return .seconds(count * unit)
    }
}

struct Journal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "journal", abstract: "Print what a unit wrote.")
    @OptionGroup var one: OneUnit
    @Option(name: [.customShort("n"), .long], help: "How many of the last lines; 10, or all since --since.") var lines:
        Int?
    @Flag(name: [.customShort("f"), .customLong("f"), .long], help: "Go on with what is written from now.")
    var follow = false
    @Option(help: "No line that is older: 90s, 10m, 2h, 1d.") var since: String?
    @Option(help: "The machine, for units that are on several.") var machine: String?
    @Option(name: [.customShort("o"), .long], help: "short, cat or json; of fleet's machines what journalctl has.")
    var output = LogForm.short.rawValue
    @Flag(help: "Read the journal of fleet's machines as root.") var sudo = false
    @Option(help: "The port of ssh on fleet's machines.") var sshPort: Int?

    mutating func validate() throws {
        let isPlain = output.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
        guard isPlain, !output.isEmpty, !output.hasPrefix("-") else {
            throw ValidationError("--output is a word such as short, cat or json")
        }
        if let lines, !(0...10_000_000).contains(lines) { throw ValidationError("--lines must not be negative") }
        if let sshPort, !(1...65_535).contains(sshPort) { throw ValidationError("--ssh-port must be 1 to 65535") }
        if let since, Age.parse(since) == nil {
            throw ValidationError("--since '\(SafeText.name(since))' is no time such as 90s, 10m, 2h or 1d")
        }
    }

    func run() async throws {
        let connections = try one.context.connections()
        let own = self
        try await connections.command {
            let (cluster, unit) = try await own.one.found(connections)
            var place: ID<Machine>?
            if let machine = own.machine { place = try await connections.machine(machine, in: cluster.id).machine.id }
            if cluster.isFleet { try await own.become(unit, cluster, place, connections) }
            guard !own.sudo, own.sshPort == nil else {
                throw CommandFailure(
                    .usage, "--sudo and --ssh-port are for fleet's machines; cluster '\(cluster.id)' needs no ssh")
            }
            guard let form = LogForm(rawValue: own.output) else {
                throw CommandFailure(
                    .usage, "logs are printed as \(LogForm.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let moment = own.since.flatMap(Age.parse).map { connections.clock.now() + (.zero - $0) }
            try await connections.print(
                LogRequest(
                    unit: UnitKey(cluster.id, unit.name), machine: place,
                    last: own.lines ?? (own.since == nil ? 10 : 10_000), since: moment, follows: own.follow),
                as: form)
        }
    }

    /// Becomes journalctl on the unit's machine, by ssh: fleet itself tells no logs.
    private func become(
        _ unit: Unit, _ cluster: ConnectedCluster, _ named: ID<Machine>?, _ connections: Connections
    ) async throws -> Never {
        let there = named.map { [$0] } ?? unit.placement.map { [$0.machine] } ?? unit.states.keys.sorted()
        guard let id = there.first, there.count == 1 else {
            let what = there.isEmpty ? "is on no machine" : "is on \(there.count) machines; name one with --machine"
            throw CommandFailure(.refused, "unit '\(unit.name)' of cluster '\(cluster.id)' \(what)")
        }
        guard let machine = try await cluster.door.machines().first(where: { $0.id == id }) else {
            throw CommandFailure(.refused, "machine '\(id.short)' of cluster '\(cluster.id)' is gone")
        }
        let habits = try one.context.fleetctl()
        let entry = connections.context.clusters.first { $0.name == cluster.id.text }
        try Shell.become(
            Shell.command(
                machine.name, address: machine.address, user: habits.sshUsername ?? entry?.sshUser,
                options: habits.sshOptions(port: sshPort), words: journalctl(unit.name)))
    }

    /// The words for the shell there; a unit's name has no character that means something to it but a backslash.
    func journalctl(_ name: UnitName) -> [String] {
        var words = sudo ? ["sudo"] : []
        words += ["journalctl", "--unit", "'\(name)'", "--no-pager", "-o", output]
        if let lines { words += ["-n", "\(lines)"] } else { words += ["-n", since == nil ? "10" : "all"] }
        if let since, let age = Age.parse(since) { words += ["--since", "-\(age.components.seconds)s"] }
        return follow ? words + ["-f"] : words
    }
}
