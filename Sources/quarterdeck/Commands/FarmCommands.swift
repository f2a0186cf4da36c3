import ArgumentParser
import Model
import NodeAgent
import Registry

struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Move all units off a machine, or off the machines of a VM or server.")
    @OptionGroup var context: ContextOptions
    @Flag(help: "Let it take units again.") var undo = false
    @Argument(help: "A machine's ID or name, a VM's name, or a server's name.") var what: String

    func run() async throws {
        let connections = try context.connections()
        let (what, undo) = (what, undo)
        try await connections.command {
            for (cluster, machine) in try await Self.machines(what, connections) {
                try await connections.obey(undo ? .undrain(cluster, machine) : .drain(cluster, machine))
            }
        }
    }

    private static func machines(_ text: String, _ connections: Connections) async throws -> [(
        ID<Cluster>, ID<Machine>
    )] {
        let (inventory, _) = await connections.inventory(within: .seconds(5))
        let servers = inventory.clouds.values.flatMap(\.servers.values).filter { $0.name == text || $0.id.text == text }
        guard let server = servers.first, servers.count == 1 else {
            let (cluster, machine) = try await connections.machine(text)
            return [(cluster, machine.id)]
        }
        let machines = inventory.vms(on: server.id).compactMap { inventory.machine(of: $0.id) }
        if machines.isEmpty {
            throw CommandFailure(.refused, "server '\(server.name)' carries no machine that has joined a cluster")
        }
        return machines.map { ($0.cluster, $0.machine.id) }
    }
}

struct Scale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Want a number of machines in a cluster: --to 5, or +2, or -1.")
    @OptionGroup var context: ContextOptions
    @Option(help: "How many machines there are to be.") var to: Int?
    @OptionGroup var choice: ChoiceOptions
    @Flag(help: "Do not wait until the machines have joined.") var noBlock = false
    @Argument(help: "The cluster.") var cluster: String
    @Argument(parsing: .allUnrecognized, help: "By how many: +N or -N.") var by: [String] = []

    func validate() throws {
        guard (to == nil) != by.isEmpty, by.count <= 1 else {
            throw ValidationError("say either --to N, or +N, or -N")
        }
        if let text = by.first, Int(text) == nil || !(text.hasPrefix("+") || text.hasPrefix("-")) {
            throw ValidationError("'\(SafeText.name(text))' is not +N or -N")
        }
    }

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let registry = try await command.option().registry(connections, to: "scale")
            var count = command.to ?? 0
            if let text = command.by.first, let difference = Int(text) {
                count = max(try await registry.scale()?.count ?? 0, try await registry.machines().count) + difference
                if difference < 0 { count = try await registry.machines().count + difference }
            }
            guard (0...10_000).contains(count) else {
                throw CommandFailure(.usage, "cluster '\(registry.cluster)' cannot have \(count) machines")
            }
            try await connections.obey(.scale(registry.cluster, to: count, command.choice.choice))
            let provisioning = Provisioning(connections, only: registry.cluster)
            guard !provisioning.isEmpty, !command.noBlock, let wish = try await registry.scale()?.wish else { return }
            try await ScaleWait(registry, connections, provisioning).run(wish)
        }
    }

    private func option() -> ClusterOption {
        var option = ClusterOption()
        option.cluster = cluster
        return option
    }
}
