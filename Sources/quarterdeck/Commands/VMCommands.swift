import ArgumentParser
import Model
import NodeAgent
import Runtime
import Settings

/// VMs named on the command line.
struct NamedVMs: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @Argument(help: "The VMs' names or IDs.") var vms: [String]

    /// Does the same with each; what is refused for one does not keep the others from it.
    func obey(_ action: @escaping @Sendable (VM, Inventory) throws -> VMAction) async throws {
        let connections = try context.connections()
        let names = vms
        try await connections.command {
            let inventory = try await connections.knownClouds()
            var failures: [CommandFailure] = []
            for name in names {
                do {
                    let vm = try inventory.vm(named: name)
                    try await connections.obey(.act(vm.cloud, vm.id, try action(vm, inventory)))
                } catch {
                    failures.append(Connections.failure(error))
                }
            }
            for failure in failures.dropLast() { Output.error(failure.text) }
            if let last = failures.last { throw last }
        }
    }
}

extension Inventory {
    /// A VM by its name or ID.
    func vm(named text: String) throws -> VM {
        let found = clouds.values.flatMap(\.vms.values).filter { $0.id.text == text || $0.name == text }
        guard let first = found.first, found.count == 1 else {
            let what = found.isEmpty ? "there is no VM" : "several VMs are called"
            throw CommandFailure(.refused, "\(what) '\(SafeText.name(text))'; list-vms shows them with their IDs")
        }
        return first
    }

    /// A server of a cloud by its name.
    func server(named text: String, in cloud: ID<Cloud>) throws -> ID<Server> {
        guard let found = clouds[cloud]?.servers.values.first(where: { $0.name == text || $0.id.text == text }) else {
            let all = (clouds[cloud]?.servers.values.map(\.name) ?? []).sorted().joined(separator: ", ")
            throw CommandFailure(
                .refused,
                "cloud '\(cloud)' has no server '\(SafeText.name(text))'; it has \(all.isEmpty ? "none" : all)")
        }
        return found.id
    }
}

extension Connections {
    /// What all clouds have; a cloud that does not answer is named, and fails the command when nothing else was found.
    func knownClouds(_ parts: CloudParts = [.vms, .servers]) async throws -> Inventory {
        let (inventory, problems) = await cloudInventory(parts)
        for problem in problems { Output.error(problem) }
        if inventory.clouds.isEmpty, !problems.isEmpty { throw CommandFailure(.unreachable, "no cloud answered") }
        return inventory
    }
}

/// A command that asks one thing of VMs.
protocol VMCommand: AsyncParsableCommand {
    static var action: VMAction { get }
    var named: NamedVMs { get }
}

extension VMCommand {
    func run() async throws { try await named.obey { _, _ in Self.action } }
}

struct StartVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "start-vm", abstract: "Switch VMs on.")
    static let action = VMAction.start
    @OptionGroup var named: NamedVMs
}

struct StopVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "stop-vm", abstract: "Switch VMs off.")
    static let action = VMAction.stop
    @OptionGroup var named: NamedVMs
}

struct PauseVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "pause-vm", abstract: "Hold VMs in memory.")
    static let action = VMAction.pause
    @OptionGroup var named: NamedVMs
}

struct UnpauseVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "unpause-vm", abstract: "Let paused VMs go on.")
    static let action = VMAction.unpause
    @OptionGroup var named: NamedVMs
}

struct SuspendVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "suspend-vm", abstract: "Hold VMs on disk.")
    static let action = VMAction.suspend
    @OptionGroup var named: NamedVMs
}

struct ResumeVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "resume-vm", abstract: "Let suspended VMs go on.")
    static let action = VMAction.resume
    @OptionGroup var named: NamedVMs
}

struct ShelveVM: VMCommand {
    static let configuration = CommandConfiguration(
        commandName: "shelve-vm", abstract: "Take VMs off their servers and keep their disks.")
    static let action = VMAction.shelve
    @OptionGroup var named: NamedVMs
}

struct UnshelveVM: VMCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshelve-vm", abstract: "Put shelved VMs on servers again.")
    static let action = VMAction.unshelve
    @OptionGroup var named: NamedVMs
}

struct ConfirmVM: VMCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm-vm", abstract: "Keep what was resized or moved.")
    static let action = VMAction.confirm
    @OptionGroup var named: NamedVMs
}

struct DeleteVM: VMCommand {
    static let configuration = CommandConfiguration(commandName: "delete-vm", abstract: "Remove VMs for ever.")
    static let action = VMAction.delete
    @OptionGroup var named: NamedVMs
}

struct RebootVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reboot-vm", abstract: "Start VMs anew.")
    @Flag(help: "Cut the power instead of asking the system.") var hard = false
    @OptionGroup var named: NamedVMs

    func run() async throws {
        let isHard = hard
        try await named.obey { _, _ in .reboot(isHard: isHard) }
    }
}

struct MigrateVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate-vm", abstract: "Move VMs to another server, while they run unless --cold.")
    @Flag(help: "Stop them meanwhile.") var cold = false
    @Option(help: "The server; the cloud chooses unless given.") var to: String?
    @OptionGroup var named: NamedVMs

    func run() async throws {
        let (isLive, to) = (!cold, to)
        try await named.obey { vm, inventory in
            .migrate(isLive: isLive, to: try to.map { try inventory.server(named: $0, in: vm.cloud) })
        }
    }
}

struct EvacuateVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evacuate-vm", abstract: "Build VMs of a dead server anew elsewhere.")
    @Option(help: "The server; the cloud chooses unless given.") var to: String?
    @OptionGroup var named: NamedVMs

    func run() async throws {
        let to = to
        try await named.obey { vm, inventory in
            .evacuate(to: try to.map { try inventory.server(named: $0, in: vm.cloud) })
        }
    }
}

/// What new VMs are to be, as options.
struct ChoiceOptions: ParsableArguments {
    @Option(help: "The new VMs' flavor.") var flavor: String?
    @Option(help: "The new VMs' image.") var image: String?
    @Option(help: "A network of the new VMs; may be given several times.") var network: [String] = []
    @Option(help: "The key pair that may log in to the new VMs.") var keyPair: String?
    @Option(help: "How VMs are spread over servers: \(VMChoice.spreads.joined(separator: ", ")).") var spread: String?
    @Option(help: "The availability zone of the new VMs.") var zone: String?

    var choice: VMChoice {
        VMChoice(
            flavor: flavor, image: image, networks: network.isEmpty ? nil : network, key: keyPair, spread: spread,
            zone: zone)
    }

    func validate() throws {
        if let spread, !VMChoice.spreads.contains(spread) {
            throw ValidationError("--spread must be one of \(VMChoice.spreads.joined(separator: ", "))")
        }
    }
}

struct CreateVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create-vm", abstract: "Make one VM for a cluster.")
    @OptionGroup var context: ContextOptions
    @Option(help: "The cloud, where the context has several.") var cloud: String?
    @Option(help: "The cluster it is for.") var cluster: String
    @OptionGroup var choice: ChoiceOptions
    @Argument(help: "The VM's name.") var name: String

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let entries = connections.context.clusters
            guard let entry = entries.first(where: { $0.name == command.cluster }) else {
                let all = entries.map(\.name).joined(separator: ", ")
                throw CommandFailure(
                    .refused, "there is no cluster '\(SafeText.name(command.cluster))'; the context has \(all)")
            }
            let named = connections.clouds.filter {
                (command.cloud ?? entry.vms.cloud).map($0.id.text.elementsEqual) ?? true
            }
            guard let target = named.first, named.count == 1 else {
                let all = connections.clouds.map(\.id.text).joined(separator: ", ")
                throw CommandFailure(
                    .refused, "name one cloud with --cloud: \(all.isEmpty ? "the context has none" : all)")
            }
            let spec = VMSpec(name: command.name, cluster: ID(command.cluster), choice: command.choice.choice)
            do {
                try await connections.obey(.createVM(target.id, try VMMaking(entry).completed(spec)))
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure(.refused, SafeText.clean("\(error)", limit: 512))
            }
        }
    }
}

struct ShowVM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show-vm", abstract: "A VM's facts, networks, what was done with it, and its console.")
    @OptionGroup var context: ContextOptions
    @Option(name: .shortAndLong, help: "How many lines of the console.") var lines = 20
    @Argument(help: "The VM's name or ID.") var vm: String

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let inventory = try await connections.knownClouds(.all)
            let vm = try inventory.vm(named: command.vm)
            Output.text(VMText(vm, inventory).facts)
            guard let source = connections.clouds.first(where: { $0.id == vm.cloud })?.source else { return }
            Output.text(VMText.text(try await source.details(of: vm.id), lines: command.lines))
        }
    }
}
