import AgentAPI
import ArgumentParser
import Glibc
import Model
import NodeAgent
import Runtime
import Settings

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What is wanted of units and how they are, as systemctl says it.")
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Option(help: "The port of ssh on fleet's machines.") var sshPort: Int?
    @Argument(help: "The units.") var units: [String]

    mutating func validate() throws {
        if let sshPort, !(1...65_535).contains(sshPort) { throw ValidationError("--ssh-port must be 1 to 65535") }
    }

    func run() async throws {
        let connections = try context.connections()
        let own = self
        try await connections.command {
            var failures: [CommandFailure] = []
            var worst: Int32 = 0
            for (index, text) in own.units.enumerated() {
                if index > 0 { Output.line("") }
                do {
                    worst = max(worst, try await own.show(try UnitName(typed: text), connections))
                } catch {
                    failures.append(Connections.failure(error))
                }
            }
            if let first = failures.first {
                throw CommandFailure(first.code, failures.map(\.text).joined(separator: "\n"))
            }
            // What systemctl said on fleet's machines.
            if worst != 0 { _exit(worst) }
        }
    }

    /// Shows one unit; what systemctl ended with where it was asked.
    private func show(_ name: UnitName, _ connections: Connections) async throws -> Int32 {
        let cluster = try await cluster.chosen(connections, having: name)
        guard sshPort == nil || cluster.isFleet else {
            throw CommandFailure(
                .usage, "--ssh-port is for fleet's machines; cluster '\(cluster.id)' needs no ssh")
        }
        let unit = try await cluster.unit(name)
        let machines = try await cluster.door.machines()
        let there = unit.placement.map { [$0.machine] } ?? unit.states.keys.sorted()
        if cluster.isFleet, !there.isEmpty { return try await ask(there, machines, unit, cluster, connections) }
        var text = StatusText(unit, machines, at: connections.clock.now())
        for (id, _) in unit.states.sorted(by: { $0.key < $1.key }) {
            guard let api = machines.first(where: { $0.id == id })?.api else { continue }
            text.usage[id] = await connections.usage(of: name, in: cluster.id, api)
        }
        for line in text.lines { Output.line(line) }
        guard !cluster.isFleet, !there.isEmpty else { return 0 }
        Output.line("")
        do {
            try await connections.print(
                LogRequest(unit: UnitKey(cluster.id, name), last: 10, follows: false), as: .short)
        } catch {
            Output.error("  no log: \(Connections.failure(error).text)")
        }
        return 0
    }

    /// Asks systemctl on the machines of a cluster that fleet drives, by ssh: fleet tells too little.
    private func ask(
        _ places: [ID<Machine>], _ machines: [Machine], _ unit: Unit, _ cluster: ConnectedCluster,
        _ connections: Connections
    ) async throws -> Int32 {
        let habits = try context.fleetctl()
        let entry = connections.context.clusters.first { $0.name == cluster.id.text }
        var worst: Int32 = 0
        for (index, id) in places.enumerated() {
            guard let machine = machines.first(where: { $0.id == id }) else {
                throw CommandFailure(.refused, "machine '\(id.short)' of cluster '\(cluster.id)' is gone")
            }
            if index > 0 { Output.line("") }
            // A unit's name has no character that means something to the shell there but a backslash.
            let words = try Shell.command(
                machine.name, address: machine.address, user: habits.sshUsername ?? entry?.sshUser,
                options: ["-n"] + habits.sshOptions(port: sshPort),
                words: ["systemctl", "status", "-l", "--no-pager", "'\(unit.name)'"])
            let code = try await ChildCommand.run(words)
            guard code != ChildCommand.sshFailed else {
                throw CommandFailure(
                    .unreachable, "ssh to machine '\(id.short)' at \(SafeText.name(machine.address)) failed")
            }
            worst = max(worst, code)
        }
        return worst
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
