import ArgumentParser
import Model
import NodeAgent
import Registry
import Settings

/// `quarterdeck ssh`.
struct SSHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh", abstract: "Log in to a machine, or to the machine of a unit, or run a command there.",
        discussion: "TARGET is a machine's ID, the beginning of it, its name, or a unit.")
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Flag(name: [.customShort("A"), .long], help: "Forward the authentication agent.") var forwardAgent = false
    @Option(help: "The port of the machine's ssh.") var sshPort: Int?
    @Argument(help: "The machine or unit.") var target: String
    @Argument(parsing: .captureForPassthrough, help: "The command to run there.") var command: [String] = []

    mutating func validate() throws {
        if let sshPort, !(1...65_535).contains(sshPort) { throw ValidationError("--ssh-port must be 1 to 65535") }
    }

    func run() async throws {
        let connections = try context.connections()
        let own = self
        try await connections.command {
            let (id, machine) = try await own.machine(connections)
            var options: [String] = own.forwardAgent ? ["-A"] : []
            if let port = own.sshPort { options += ["-p", "\(port)"] }
            let entry = connections.context.clusters.first { $0.name == id.text }
            let words = own.command.first == "--" ? Array(own.command.dropFirst()) : own.command
            try Shell.become(
                Shell.command(
                    machine.name, address: machine.address, user: entry?.sshUser, options: options, words: words))
        }
    }

    private func machine(_ connections: Connections) async throws -> (ID<Cluster>, Machine) {
        guard target.contains("."), let name = try? UnitName(target) else {
            return try await connections.machine(target)
        }
        let registry = try await cluster.registry(connections, having: name)
        guard let unit = try await registry.unit(name), let id = unit.placement?.machine ?? unit.states.keys.min(),
            let machine = try await registry.machines().first(where: { $0.id == id })
        else {
            throw CommandFailure(
                .refused, "unit '\(name)' is on no machine of cluster '\(registry.cluster)' that is there")
        }
        return (registry.cluster, machine)
    }
}
