import ArgumentParser
import FoundationEssentials
import Model
import NodeAgent
import Simulation

/// `quarterdeck simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run the real roles in virtual time, with faults.",
        discussion: "The seed decides everything; what went against the rules ends it with 1.")

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

    @Flag(help: "Measure the scheduler alone instead: decisions a second on one core, without agents and store.")
    var placing = false

    @Flag(help: "Measure what the dashboard's last half hour costs instead: memory, and the time of a step back.")
    var window = false

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
        if placing { return try PlacingFigures.measure(machines: machines, units: units) }
        if window { return try WindowFigures.measure(machines: machines, units: units) }
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
            Output.line(try JSONText.of(summary))
        }
        if !result.violations.isEmpty {
            throw CommandFailure(.refused, result.violations.joined(separator: "\n"))
        }
    }
}

/// How fast units are placed, a part of them with constraints, without agents and store.
private struct PlacingFigures: Encodable {
    var machines: Int
    var units: Int
    var placed: Int
    var factsMilliseconds: Int64
    var placementsPerSecond: Int
    var lostMachineUnits: Int
    var lostMachineMilliseconds: Double

    static func measure(machines: Int, units: Int) throws {
        var load = PlacementLoad(machines: machines, units: units)
        let clock = ContinuousClock()
        let telling = clock.measure { load.tellFacts() }
        var placed = 0
        let placing = clock.measure { placed = load.place() }
        var moved = 0
        let losing = clock.measure { moved = load.loseMachine() }
        let figures = PlacingFigures(
            machines: machines, units: units, placed: placed, factsMilliseconds: telling.milliseconds,
            placementsPerSecond: Int(Double(placed) * 1_000 / Double(max(1, placing.milliseconds))),
            lostMachineUnits: moved, lostMachineMilliseconds: Double(losing.components.attoseconds) / 1e15)
        Output.line(try JSONText.of(figures))
    }
}
