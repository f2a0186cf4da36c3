import ArgumentParser
import Model
import NodeAgent
import Registry
import Settings

/// `quarterdeck ssh`.
struct SSHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh", abstract: "Log in to a machine, or to the machine of a unit, or run a command there.",
        usage: "quarterdeck ssh [OPTIONS] TARGET [COMMAND …]",
        discussion: "TARGET is a machine's ID, the beginning of it, its name, or a unit.")
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Flag(name: [.customShort("A"), .customLong("A"), .long], help: "Forward the authentication agent.")
    var forwardAgent = false
    @Option(help: "The port of the machine's ssh.") var sshPort: Int?
    @Option(name: .customLong("machine"), help: "The machine, instead of TARGET.") var machineName: String?
    @Option(name: .customLong("unit"), help: "The unit whose machine it is, instead of TARGET.") var unitName: String?
    @Argument(parsing: .captureForPassthrough, help: "The machine or unit, and the command to run there.")
    var words: [String] = []

    /// The machine or unit, and the rest.
    private var parts: (target: String, command: [String]) {
        if let named = machineName ?? unitName { return (named, words) }
        return (words.first ?? "", Array(words.dropFirst()))
    }

    mutating func validate() throws {
        if machineName != nil, unitName != nil { throw ValidationError("say either --machine or --unit") }
        if parts.target.isEmpty || parts.target.hasPrefix("-") { throw ValidationError("name a machine or a unit") }
        if let sshPort, !(1...65_535).contains(sshPort) { throw ValidationError("--ssh-port must be 1 to 65535") }
    }

    func run() async throws {
        let connections = try context.connections(only: cluster.cluster)
        let own = self
        try await connections.command {
            let (id, machine) = try await own.machine(connections)
            let habits = try own.context.fleetctl()
            let options = (own.forwardAgent ? ["-A"] : []) + habits.sshOptions(port: own.sshPort)
            let entry = connections.context.clusters.first { $0.name == id.text }
            let words = own.parts.command.first == "--" ? Array(own.parts.command.dropFirst()) : own.parts.command
            try Shell.become(
                Shell.command(
                    machine.name, address: machine.address, user: habits.sshUsername ?? entry?.sshUser,
                    options: options, words: words))
        }
    }

    /// The machine by that name, else the machine of the unit by that name.
    private func machine(_ connections: Connections) async throws -> (ID<Cluster>, Machine) {
        let target = parts.target
        if machineName != nil { return try await connections.machine(target) }
        let isUnit = unitName != nil || UnitName.types.contains { target.hasSuffix(".\($0)") }
        guard !isUnit else { return try await unitMachine(connections, try UnitName(typed: target)) }
        if let found = try await connections.machine(orNone: target) { return found }
        if let name = try? UnitName(typed: target), let found = try? await unitMachine(connections, name) {
            return found
        }
        throw CommandFailure(
            .refused,
            "there is no machine '\(SafeText.name(target))' and no unit of that name on one; list-machines shows them")
    }

    private func unitMachine(_ connections: Connections, _ name: UnitName) async throws -> (ID<Cluster>, Machine) {
        let cluster = try await cluster.chosen(connections, having: name)
        guard let unit = try await cluster.door.unit(name), let id = unit.placement?.machine ?? unit.states.keys.min(),
            let machine = try await cluster.door.machines().first(where: { $0.id == id })
        else {
            throw CommandFailure(
                .refused, "unit '\(name)' is on no machine of cluster '\(cluster.id)' that is there")
        }
        return (cluster.id, machine)
    }
}
