import ArgumentParser
import Model
import NodeAgent
import Registry
import Scheduling

/// `quarterdeck rebalance`.
struct RebalanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebalance", abstract: "Even out how many units the machines of a cluster have.",
        discussion: """
            Shows the moves and does nothing, unless --yes is given; then units move one after the other, each when \
            the one before runs again. Units that are sticky, global or tied to others stay.
            """)
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Option(help: "How many units move at most.") var moves = 10
    @Option(help: "How many seconds a unit may take to run again.") var wait = 60
    @Flag(help: "Carry the moves out.") var yes = false

    mutating func validate() throws {
        guard (1...10_000).contains(moves) else { throw ValidationError("--moves must be 1 to 10000") }
        guard (1...86_400).contains(wait) else { throw ValidationError("--wait must be 1 to 86400 seconds") }
    }

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let registry = try await command.cluster.registry(connections, to: "even out")
            let contents = try await registry.read().contents
            let schedule = Schedule(machines: contents.machines, units: contents.units)
            let result = schedule.rebalance(limit: command.moves)
            let names = Dictionary(contents.machines.map { ($0.id, $0.name) }) { first, _ in first }
            command.show(result, names)
            guard command.yes else {
                if !result.moves.isEmpty { Output.line("nothing was moved; --yes carries this out") }
                return
            }
            for (index, move) in result.moves.enumerated() {
                try await connections.require(.move(registry.cluster, move.unit, to: move.to))
                let wait = UnitWait(registry, [move.unit], .launched, limit: command.wait)
                let isWanted = contents.units.first { $0.name == move.unit }?.desired == .launched
                if isWanted, let failure = try await wait.run()[move.unit] {
                    throw CommandFailure(
                        failure.code, "stopped after \(index + 1) of \(result.moves.count) moves: \(failure.text)")
                }
            }
        }
    }

    private func show(_ result: Rebalance, _ names: [ID<Machine>: String]) {
        guard !result.moves.isEmpty else { return Output.line("no move would even out the machines") }
        let name = { (id: ID<Machine>) in names[id] ?? id.short }
        let moves = result.moves.map { [$0.unit.text, name($0.from), name($0.to), $0.why] }
        Output.text(ListOptions.aligned([["UNIT", "FROM", "TO", "WHY"]] + moves))
        Output.line("")
        let loads = result.loads.map { [name($0.machine), "\($0.before)", "\($0.after)"] }
        Output.text(ListOptions.aligned([["MACHINE", "UNITS", "AFTER"]] + loads))
        if result.isCut { Output.line("there is more to gain; --moves N allows more than \(self.moves)") }
    }
}
