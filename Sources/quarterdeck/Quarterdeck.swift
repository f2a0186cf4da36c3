import ArgumentParser
import Glibc

/// The program: every subcommand, nothing else.
@main
struct Quarterdeck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarterdeck",
        abstract: "A control room for small clouds: servers, VMs, clusters and units on one screen.",
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "See and run a farm:",
                subcommands: [
                    DeckCommand.self, DemoCommand.self, AgentCommand.self, StoreCommand.self, KeyCommand.self,
                    SimulateCommand.self,
                ]),
            CommandGroup(
                name: "Lists:",
                subcommands: [
                    ListUnits.self, ListUnitFiles.self, ListMachines.self, ListClusters.self, ListVMs.self,
                    ListServers.self, ListEvents.self,
                ]),
            CommandGroup(
                name: "Units:",
                subcommands: [
                    Submit.self, Load.self, Start.self, Stop.self, Unload.self, Destroy.self, Cat.self, Status.self,
                    Journal.self, Restart.self, Move.self, Explain.self,
                ]),
            CommandGroup(
                name: "Machines, clusters, VMs:",
                subcommands: [
                    Drain.self, Scale.self, CreateVM.self, StartVM.self, StopVM.self, RebootVM.self, DeleteVM.self,
                ]),
        ],
        defaultSubcommand: DeckCommand.self)

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Output.error(failure.text)
            Glibc.exit(failure.code.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure {
                let text = fullMessage(for: error)
                if code == .success { Output.line(text) } else { Output.error(text) }
                Glibc.exit(code == .success ? 0 : 2)
            }
            Output.error("\(error)")
            Glibc.exit(1)
        }
    }
}

/// How a command ends when it does not succeed.
struct CommandFailure: Error, CustomStringConvertible {
    /// The exit codes that scripts can rely on.
    enum Code: Int32 {
        /// Refused, or tried and failed.
        case refused = 1
        /// Used wrongly.
        case usage = 2
        /// Something did not answer.
        case unreachable = 3
    }

    let code: Code
    let text: String

    init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    var description: String { text }
}
