import ArgumentParser
import NodeAgent

/// The node agent alone, for machines: without the dashboard, the store and what they need.
@main
struct QuarterdeckAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarterdeck-agent", abstract: "The node agent, and scheduler candidate, of one machine.",
        version: Version.text, subcommands: [AgentCommand.self, InstallCommand.self, ForwardCommand.self],
        defaultSubcommand: AgentCommand.self)

    static func main() async { await Self.runToExit() }
}
