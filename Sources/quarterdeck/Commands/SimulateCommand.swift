import ArgumentParser
import FoundationEssentials
import Model
import Simulation

/// `quarterdeck simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run the real roles in virtual time, with faults.",
        discussion: "The seed decides everything; what went against the rules ends it with 1.",
        subcommands: [SimulatePlacing.self])

    @Option(help: "The start of chance.")
    var seed: UInt64 = 1
    @Option(help: "How many machines.")
    var machines = 5
    @Option(help: "How many units.")
    var units = 30
    @Option(help: "How many hours of virtual time.")
    var hours = 0.1
    @Flag(inversion: .prefixedNo, help: "Whether machines die, the store goes away, deliveries are slow, and so on.")
    var faults = true
    @Option(help: "text prints the trace; json the counts alone.")
    var report: Format = .text

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    private struct Summary: Encodable {
        var seed: UInt64
        var virtualSeconds: Int64
        var events: Int
        var commits: Int
        var refusedCommits: Int
        var placements: Int
        var rescues: Int
        var violations: [String]
    }

    func validate() throws {
        guard (1...10_000).contains(machines), (0...1_000_000).contains(units), hours > 0, hours <= 1_000 else {
            throw ValidationError("--machines is 1 to 10000, --units 0 to 1000000, --hours more than 0 and up to 1000")
        }
    }

    func run() async throws {
        let span = Duration.milliseconds(Int64(hours * 3_600_000))
        var simulation = Simulation(
            seed: seed, machines: machines, units: units, duration: span, faults: faults ? .all : .none)
        let result = simulation.run(keepsTrace: report == .text)
        if report == .text {
            for line in result.trace { Output.line(line) }
        } else {
            let counts = result.counts
            let summary = Summary(
                seed: seed, virtualSeconds: result.duration.components.seconds, events: counts.events,
                commits: counts.commits, refusedCommits: counts.refusedCommits, placements: counts.placements,
                rescues: counts.rescues, violations: result.violations)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Output.line(String(decoding: try encoder.encode(summary), as: UTF8.self))
        }
        if !result.violations.isEmpty {
            throw CommandFailure(.refused, result.violations.joined(separator: "\n"))
        }
    }
}

/// `quarterdeck simulate placing`: how fast units are placed, without agents and store.
struct SimulatePlacing: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "placing",
        abstract: "Measure the scheduler alone: decisions a second, on one core, without agents.")

    @Option(help: "How many machines.")
    var machines = 10_000
    @Option(help: "How many units, a part of them with constraints.")
    var units = 1_000_000

    private struct Figures: Encodable {
        var machines: Int
        var units: Int
        var placed: Int
        var placementsPerSecond: Int
        var lostMachineUnits: Int
        var lostMachineMilliseconds: Double
    }

    func run() throws {
        var load = PlacementLoad(machines: machines, units: units)
        let clock = ContinuousClock()
        load.tellFacts()
        var placed = 0
        let placing = clock.measure { placed = load.place() }
        var moved = 0
        let losing = clock.measure { moved = load.loseMachine() }
        let seconds = Double(placing.milliseconds) / 1_000
        let figures = Figures(
            machines: machines, units: units, placed: placed,
            placementsPerSecond: seconds > 0 ? Int(Double(placed) / seconds) : placed, lostMachineUnits: moved,
            lostMachineMilliseconds: Double(losing.components.attoseconds) / 1e15)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        Output.line(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }
}
