import AgentAPI
import ArgumentParser
import Model
import NodeAgent
import Registry
import Runtime

struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Store units without placing them.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws { try await work.want(.inactive, replace: replace) }
}

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Place units on machines without starting them; stops started ones.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws { try await work.want(.loaded, replace: replace) }
}

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Place units on machines and start them.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws { try await work.want(.launched, replace: replace) }
}

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop units; they stay loaded on their machines.")
    @OptionGroup var work: UnitWork
    func run() async throws { try await work.each(waitFor: .loaded) { .want($0, $1, .loaded) } }
}

struct Unload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unload", abstract: "Stop units and take them off their machines; they stay stored.")
    @OptionGroup var work: UnitWork
    func run() async throws { try await work.each(waitFor: .inactive) { .want($0, $1, .inactive) } }
}

struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "destroy", abstract: "Stop units and forget them.")
    @OptionGroup var work: UnitWork
    func run() async throws { try await work.each(waitFor: nil) { .destroy($0, $1) } }
}

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restart units now, where they run.")
    @OptionGroup var work: UnitWork
    func run() async throws { try await work.each(waitFor: .launched) { .restart($0, $1, on: nil) } }
}

/// One unit named on the command line.
struct OneUnit: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Argument(help: "The unit.")
    var unit: String

    func found(_ connections: Connections) async throws -> (registry: ClusterRegistry, unit: Unit) {
        let name = try UnitName(typed: unit)
        let registry = try await cluster.registry(connections, having: name)
        guard let found = try await registry.unit(name) else {
            throw CommandFailure(
                .refused, "unit '\(name)' does not exist in cluster '\(registry.cluster)'; list-unit-files shows all")
        }
        return (registry, found)
    }
}

struct Move: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Reschedule a unit to another machine.")
    @OptionGroup var one: OneUnit
    @Option(help: "The machine, by ID, beginning of the ID, or name; anywhere else unless given.") var to: String?

    func run() async throws {
        let connections = try one.context.connections()
        let (one, to) = (one, to)
        try await connections.command {
            let (registry, unit) = try await one.found(connections)
            var target: ID<Machine>?
            if let to {
                let (cluster, machine) = try await connections.machine(to)
                guard cluster == registry.cluster else {
                    throw CommandFailure(
                        .refused,
                        "machine '\(machine.name)' is in cluster '\(cluster)', '\(unit.name)' in '\(registry.cluster)'")
                }
                target = machine.id
            }
            try await connections.obey(.move(registry.cluster, unit.name, to: target))
        }
    }
}

struct Cat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cat", abstract: "Print a unit's file.")
    @OptionGroup var one: OneUnit

    func run() async throws {
        let connections = try one.context.connections()
        let one = one
        try await connections.command {
            Output.text(SafeText.block(try await one.found(connections).unit.file.text))
        }
    }
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What is wanted of a unit and how it is.")
    @OptionGroup var one: OneUnit

    func run() async throws {
        let connections = try one.context.connections()
        let one = one
        try await connections.command {
            let (registry, unit) = try await one.found(connections)
            let machines = try await registry.machines()
            let name = { (id: ID<Machine>) in machines.first { $0.id == id }?.name ?? "gone" }
            Output.line("\(unit.name) - \(SafeText.clean(unit.file.unitDescription ?? "no description"))")
            Output.line("  Wanted: \(unit.desired.rawValue)" + (unit.isGlobal ? " on every machine that fits" : ""))
            if let placement = unit.placement {
                Output.line("  Placed: \(placement.machine.short)/\(name(placement.machine)), \(placement.why)")
            }
            if let waiting = unit.waiting { Output.line("   Waits: \(waiting.why)") }
            for (id, state) in unit.states.sorted(by: { $0.key < $1.key }) {
                let since = state.since.map { " since \($0.iso8601)" } ?? ""
                Output.line("  \(id.short)/\(name(id)): \(state.load) \(state.active.word) (\(state.sub))\(since)")
                if let pid = state.mainPID { Output.line("    Main PID: \(pid)") }
                if let api = machines.first(where: { $0.id == id })?.api {
                    for line in await connections.usage(of: unit.name, in: registry.cluster, api) {
                        Output.line("    \(line)")
                    }
                }
                if let note = state.note { Output.line("    \(note)") }
            }
            if unit.placement != nil || !unit.states.isEmpty {
                let request = LogRequest(unit: UnitKey(registry.cluster, unit.name), last: 10, follows: false)
                do { try await connections.print(request) } catch { Output.error("  no log: \(error)") }
            }
        }
    }
}

extension Connections {
    /// What a unit uses on a machine, as its agent tells it: lines for people.
    fileprivate func usage(of unit: UnitName, in cluster: ID<Cluster>, _ api: String) async -> [String] {
        guard let agents = clusters.first(where: { $0.id == cluster })?.agents,
            let used = try? await agents.figures(at: api).1[unit]
        else { return [] }
        var words: [String] = []
        if let cpu = used.cpuPercent { words.append("CPU \(Int(cpu.rounded())) %") }
        if let memory = used.memoryBytes { words.append("memory \(memory / 1_024) KiB") }
        if let tasks = used.tasks { words.append("tasks \(tasks)") }
        var lines = words.isEmpty ? [] : ["Uses: \(words.joined(separator: ", "))"]
        if let container = used.container {
            lines.append("Container: \(container.engine) \(container.name) \(container.id.prefix(12))")
            lines.append("Image: \(container.image)")
        }
        return lines
    }

    /// Prints a unit's log.
    func print(_ request: LogRequest) async throws {
        guard let source = clusters.first(where: { $0.id == request.unit.cluster })?.source else { return }
        try await source.log(request) { lines in
            for line in lines { Output.line("\(line.at.iso8601) \(line.text)") }
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
    @Flag(name: [.customShort("f"), .long], help: "Go on with what is written from now.") var follow = false
    @Option(help: "No line that is older: 90s, 10m, 2h, 1d.") var since: String?
    @Option(help: "The machine, for units that are on several.") var machine: String?

    func run() async throws {
        let connections = try one.context.connections()
        let (one, lines, follow, machine) = (one, lines ?? (since == nil ? 10 : 10_000), follow, machine)
        let moment = try since.map { text in
            guard let age = Age.parse(text) else {
                throw CommandFailure(.usage, "--since '\(SafeText.name(text))' is no time such as 90s, 10m, 2h or 1d")
            }
            return connections.clock.now() + (.zero - age)
        }
        try await connections.command {
            let (registry, unit) = try await one.found(connections)
            var place: ID<Machine>?
            if let machine { place = try await connections.machine(machine).machine.id }
            try await connections.print(
                LogRequest(
                    unit: UnitKey(registry.cluster, unit.name), machine: place, last: lines, since: moment,
                    follows: follow))
        }
    }
}
