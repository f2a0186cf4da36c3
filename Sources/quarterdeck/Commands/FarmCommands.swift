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
    @Option(help: "The new VMs' flavor.") var flavor: String?
    @Option(help: "The new VMs' image.") var image: String?
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
            let registry = try await command.option().registry(connections)
            var count = command.to ?? 0
            if let text = command.by.first, let difference = Int(text) {
                count = max(try await registry.scale()?.count ?? 0, try await registry.machines().count) + difference
                if difference < 0 { count = try await registry.machines().count + difference }
            }
            guard (0...10_000).contains(count) else {
                throw CommandFailure(.usage, "cluster '\(registry.cluster)' cannot have \(count) machines")
            }
            try await connections.obey(
                .scale(registry.cluster, to: count, VMChoice(flavor: command.flavor, image: command.image)))
        }
    }

    private func option() -> ClusterOption {
        var option = ClusterOption()
        option.cluster = cluster
        return option
    }
}

/// One VM named on the command line.
struct OneVM: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @Argument(help: "The VM's name or ID.") var vm: String

    func obey(_ order: @escaping @Sendable (VM) -> Order) async throws {
        let connections = try context.connections()
        let vm = vm
        try await connections.command { try await connections.obey(order(try await connections.vm(vm))) }
    }
}

struct StartVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start-vm", abstract: "Switch a VM on.")
    @OptionGroup var one: OneVM
    func run() async throws { try await one.obey { .act($0.cloud, $0.id, .start) } }
}

struct StopVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop-vm", abstract: "Switch a VM off.")
    @OptionGroup var one: OneVM
    func run() async throws { try await one.obey { .act($0.cloud, $0.id, .stop) } }
}

struct RebootVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reboot-vm", abstract: "Start a VM anew.")
    @OptionGroup var one: OneVM
    func run() async throws { try await one.obey { .act($0.cloud, $0.id, .reboot(isHard: false)) } }
}

struct DeleteVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete-vm", abstract: "Remove a VM for ever.")
    @OptionGroup var one: OneVM
    func run() async throws { try await one.obey { .act($0.cloud, $0.id, .delete) } }
}

struct CreateVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create-vm", abstract: "Make one VM for a cluster.")
    @OptionGroup var context: ContextOptions
    @Option(help: "The cloud, where the context has several.") var cloud: String?
    @Option(help: "The cluster it is for.") var cluster: String
    @Option(help: "The flavor.") var flavor: String?
    @Argument(help: "The VM's name.") var name: String

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let named = connections.clouds.filter { command.cloud == nil || $0.id.text == command.cloud }
            guard let target = named.first, named.count == 1 else {
                let all = connections.clouds.map(\.id.text).joined(separator: ", ")
                throw CommandFailure(
                    .refused, "name one cloud with --cloud: \(all.isEmpty ? "the context has none" : all)")
            }
            guard connections.clusters.contains(where: { $0.id.text == command.cluster }) else {
                let all = connections.clusters.map(\.id.text).joined(separator: ", ")
                throw CommandFailure(
                    .refused, "there is no cluster '\(SafeText.name(command.cluster))'; the context has \(all)")
            }
            let spec = VMSpec(
                name: command.name, cluster: ID(command.cluster), choice: VMChoice(flavor: command.flavor))
            try await connections.obey(.createVM(target.id, spec))
        }
    }
}
