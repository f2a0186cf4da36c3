import ArgumentParser
import Glibc
import NodeAgent

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
                    DeckCommand.self, TriageCommand.self, DemoCommand.self, AgentCommand.self, StoreCommand.self,
                    KeyCommand.self,
                    InstallCommand.self, CertificatesCommand.self, Doctor.self,
                    SimulateCommand.self, RecordCommand.self, ReplayCommand.self, ForwardCommand.self,
                ]),
            CommandGroup(
                name: "Lists:",
                subcommands: [
                    ListUnits.self, ListUnitFiles.self, ListMachines.self, ListClusters.self, ListVMs.self,
                    ListServers.self, ListEvents.self, ListOrders.self, WhatIfCommand.self,
                ]),
            CommandGroup(
                name: "Units:",
                subcommands: [
                    Submit.self, Load.self, Start.self, Stop.self, Unload.self, Destroy.self, Cat.self, Status.self,
                    Journal.self, SSHCommand.self, Restart.self, Move.self, Explain.self, ImportCommand.self,
                    RollCommand.self, RebalanceCommand.self,
                ]),
            CommandGroup(
                name: "Machines, clusters, VMs:",
                subcommands: [
                    Drain.self, Scale.self, CreateCluster.self, Provision.self, DiscoveryCommand.self, CreateVM.self,
                    ShowVM.self, StartVM.self, StopVM.self, RebootVM.self, PauseVM.self, UnpauseVM.self, SuspendVM.self,
                    ResumeVM.self, ShelveVM.self, UnshelveVM.self, MigrateVM.self, EvacuateVM.self, ConfirmVM.self,
                    DeleteVM.self,
                ]),
        ],
        defaultSubcommand: DeckCommand.self)

    static func main() async {
        var names: [String] = []
        for group in configuration.groupedSubcommands {
            for command in group.subcommands {
                if let name = command.configuration.commandName { names.append(name) }
            }
        }
        let words = CommandWords.plain(Array(CommandLine.arguments.dropFirst()), commands: names)
        if let why = CommandWords.ambiguity(words, commands: names) {
            Output.error(why)
            Glibc.exit(CommandFailure.Code.usage.rawValue)
        }
        await runToExit(words)
    }
}
