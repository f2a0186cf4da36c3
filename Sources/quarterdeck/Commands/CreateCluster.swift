import ArgumentParser
import FoundationEssentials
import Model
import NodeAgent
import Runtime
import Settings

/// `quarterdeck create-cluster`.
struct CreateCluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-cluster",
        abstract: "Make a cluster: its VMs in a cloud, on a store that is there or on one of their own.",
        discussion: """
            With --endpoints its machines join that store. With --discovery, the address of a 'quarterdeck discovery' \
            that the VMs reach, each VM brings a member of etcd, and these find each other by the cluster's ID.
            """)
    @OptionGroup var context: ContextOptions
    @Option(help: "How many VMs.") var size = 3
    @Option(help: "The cloud, where the context has several.") var cloud: String?
    @Option(help: "The store's endpoints; may be given several times, or with commas.") var endpoints: [String] = []
    @Option(help: "Where VMs and this program reach 'quarterdeck discovery', such as http://10.0.0.1:8087.")
    var discovery: String?
    @OptionGroup var choice: ChoiceOptions
    @OptionGroup var making: MakingOptions
    @Flag(help: "Add the cluster to the configuration when it is there.") var save = false
    @Argument(help: "Its name, which is also its ID and its discovery token.") var name: String

    func validate() throws {
        guard (1...100).contains(size) else { throw ValidationError("--size must be 1 to 100") }
        guard endpoints.isEmpty != (discovery == nil) else {
            throw ValidationError("say either --endpoints for a store that is there, or --discovery for one of its own")
        }
        if UnitName.isHostile(name) { throw ValidationError("'\(SafeText.name(name))' is no cluster name") }
    }

    func run() async throws {
        let path = context.configurationPath()
        let context = try loaded(path)
        if context.clusters.contains(where: { $0.name == name }) {
            throw CommandFailure(
                .refused,
                "context '\(context.name)' has a cluster '\(SafeText.name(name))' already; 'scale' changes its size")
        }
        let plan = try ClusterPlan(self, context: context)
        let entry = try await plan.make()
        let text = entry.text(in: context.name)
        guard save else {
            Output.line("add this to '\(path)':\n\n\(text)")
            return
        }
        try Self.append(text, to: path)
        Output.line("written to '\(path)'")
    }

    private func loaded(_ path: String) throws -> Configuration.Context {
        do {
            return try Configuration(path: path).context(context.context)
        } catch {
            throw CommandFailure(.refused, "\(error)")
        }
    }

    /// Adds the text, if the whole is a configuration then.
    private static func append(_ text: String, to path: String) throws {
        do {
            let old = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            let new = old + (old.hasSuffix("\n") ? "\n" : "\n\n") + text
            _ = try Configuration(text: new, file: path)
            try Data(new.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .refused,
                "cannot write '\(path)': \(SafeText.clean("\(error)", limit: 300)); add this to it:\n\n\(text)")
        }
    }
}

/// How new VMs get the agent, as options.
struct MakingOptions: ParsableArguments {
    @Option(help: "What new VMs read when they boot: ignition or cloud-init.") var userData = "cloud-init"
    @Option(help: "Where new VMs get the agent.") var agentURL: String?
    @Option(help: "The SHA-256 of the agent there.") var agentSHA256: String?
    @Option(help: "Where the image has the agent.") var agentPath: String?
    @Option(help: "A line for the agent's configuration, such as 'listen = 0.0.0.0:7443'; may be given several times.")
    var agentOption: [String] = []

    func validate() throws {
        guard ["ignition", "cloud-init"].contains(userData) else {
            throw ValidationError("--user-data must be ignition or cloud-init")
        }
        guard (agentURL == nil) == (agentSHA256 == nil) else {
            throw ValidationError("--agent-url and --agent-sha256 go together: nothing is run that was not checked")
        }
    }
}
