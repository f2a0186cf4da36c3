import AgentAPI
import ArgumentParser
import Model
import NodeAgent
import Runtime

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What is wanted of units and how they are.")
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Option(help: .hidden) var sshPort: Int?
    @Argument(help: "The units.") var units: [String]

    mutating func validate() throws {
        if sshPort != nil { throw ValidationError("status asks no machine by ssh; leave --ssh-port out") }
    }

    func run() async throws {
        let connections = try context.connections()
        let own = self
        try await connections.command {
            var failures: [CommandFailure] = []
            for (index, text) in own.units.enumerated() {
                if index > 0 { Output.line("") }
                do {
                    try await own.show(try UnitName(typed: text), connections)
                } catch {
                    failures.append(Connections.failure(error))
                }
            }
            guard let first = failures.first else { return }
            throw CommandFailure(first.code, failures.map(\.text).joined(separator: "\n"))
        }
    }

    private func show(_ name: UnitName, _ connections: Connections) async throws {
        let cluster = try await cluster.chosen(connections, having: name)
        let unit = try await cluster.unit(name)
        let machines = try await cluster.door.machines()
        let machineName = { (id: ID<Machine>) in machines.first { $0.id == id }?.name ?? "gone" }
        Output.line("\(name) - \(SafeText.clean(unit.file.unitDescription ?? "no description"))")
        Output.line("  Wanted: \(unit.desired.rawValue)" + (unit.isGlobal ? " on every machine that fits" : ""))
        if let placement = unit.placement {
            Output.line("  Placed: \(placement.machine.short)/\(machineName(placement.machine)), \(placement.why)")
        }
        if let waiting = unit.waiting { Output.line("   Waits: \(waiting.why)") }
        for (id, state) in unit.states.sorted(by: { $0.key < $1.key }) {
            let since = state.since.map { " since \($0.iso8601)" } ?? ""
            Output.line("  \(id.short)/\(machineName(id)): \(state.load) \(state.active.word) (\(state.sub))\(since)")
            if let pid = state.mainPID { Output.line("    Main PID: \(pid)") }
            if let api = machines.first(where: { $0.id == id })?.api {
                for line in await connections.usage(of: name, in: cluster.id, api) { Output.line("    \(line)") }
            }
            if let note = state.note { Output.line("    \(note)") }
        }
        guard unit.placement != nil || !unit.states.isEmpty else { return }
        let request = LogRequest(unit: UnitKey(cluster.id, name), last: 10, follows: false)
        do {
            try await connections.print(request, as: .short)
        } catch {
            Output.error("  no log: \(Connections.failure(error).text)")
        }
    }
}

extension Connections {
    /// What a unit uses on a machine, as its agent tells it: lines for people.
    func usage(of unit: UnitName, in cluster: ID<Cluster>, _ api: String) async -> [String] {
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
    func print(_ request: LogRequest, as form: LogForm) async throws {
        guard let source = clusters.first(where: { $0.id == request.unit.cluster })?.source else { return }
        try await source.log(request) { lines in
            for line in lines { Output.line(form.text(line)) }
        }
    }
}
