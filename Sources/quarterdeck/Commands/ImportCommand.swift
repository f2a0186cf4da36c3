import ArgumentParser
import Model
import NodeAgent
import Registry
import Runtime
import Settings

/// `quarterdeck import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take the units of a fleet cluster over to one of ours.",
        discussion: """
            Without --yes only says what would become of each unit, and ends with 1 when something is in the way. With \
            --yes each unit is stored here, stopped there, and started here when it is off its machines there; one \
            that does not run here is started there again. After an interruption the same command goes on.
            """)
    @Option(help: "The configuration file; ~/.config/quarterdeck/config.toml unless given.") var config: String?
    @Option(help: "The context; the file's own choice unless given.") var context: String?
    @Option(help: "The fleet API, such as http://10.0.0.1:49153, or the name of a fleet cluster of the context.")
    var from: String
    @Option(help: "Our cluster, where the context has several.") var cluster: String?
    @Flag(help: "Do it.") var yes = false
    @Flag(help: "Destroy there what runs here.") var destroy = false
    @Flag(help: "Go on with the others when one fails.") var keepGoing = false
    @Flag(help: "Take fleet's file where another one of that name is here.") var replace = false
    @Option(help: "Let a unit take at most so many times two seconds to leave there, and to run here.")
    var blockAttempts = 60
    @Argument(help: "Units, or patterns such as 'web@*'; all of them unless given.") var units: [String] = []

    mutating func validate() throws {
        guard (1...100_000).contains(blockAttempts) else {
            throw ValidationError("--block-attempts must be at least 1")
        }
        if destroy, !yes { throw ValidationError("--destroy is of no use without --yes") }
    }

    func run() async throws {
        let own = self
        let (connections, source) = try connected()
        try await connections.command {
            guard let there = connections.clusters.first(where: { $0.id == source }) else {
                preconditionFailure("the cluster was put into the context")
            }
            let here = try own.target(connections)
            let records = try here.registry(to: "import into")
            let (plan, contents) = try await own.plan(there, here, records)
            if plan.steps.isEmpty { return Output.line("there is nothing to take over from '\(source)'") }
            guard own.yes else { return try Self.show(plan, contents.machines) }
            if connections.context.isReadOnly {
                throw CommandFailure(
                    .refused, "context '\(connections.context.name)' is read-only in the configuration")
            }
            let run = ImportRun(
                connections: connections, there: there, here: here, records: records, replace: own.replace,
                destroy: own.destroy, limit: own.blockAttempts * 2)
            try await own.take(plan.steps.map(\.name), run)
        }
    }

    /// The context, with the cluster that units are taken from.
    private func connected() throws -> (Connections, ID<Cluster>) {
        try CommandFailure.ofConfiguration {
            var options = ContextOptions()
            options.config = config
            let configuration = try Configuration(path: options.configurationPath())
            var chosen = try configuration.context(context)
            let name = SafeText.name(from)
            if let known = chosen.clusters.first(where: { $0.name == from }) {
                guard known.kind == .fleet else {
                    throw CommandFailure(.usage, "cluster '\(name)' is one of ours; --from names a fleet cluster")
                }
            } else {
                chosen.clusters.append(
                    Configuration.ClusterEntry(fleet: name, endpoints: from.split(separator: ",").map(String.init)))
            }
            let clock = SystemClock()
            let connections = try Connections(chosen, clock: clock, orders: configuration.log(of: chosen, clock))
            return (connections, ID(name))
        }
    }

    private func target(_ connections: Connections) throws -> ConnectedCluster {
        let own = connections.clusters.filter { !$0.isFleet }
        if let cluster, let found = connections.clusters.first(where: { $0.id.text == cluster }) { return found }
        guard cluster == nil, own.count == 1, let only = own.first else {
            let context = connections.context.name
            let names = own.map(\.id.text).joined(separator: ", ")
            throw CommandFailure(
                .refused,
                own.isEmpty
                    ? "context '\(context)' has no cluster of ours to take units into"
                    : "context '\(context)' has several clusters of ours, or none of that name; name one with "
                        + "--cluster: \(names)")
        }
        return only
    }

    private func plan(
        _ there: ConnectedCluster, _ here: ConnectedCluster, _ records: ClusterRegistry
    ) async throws -> (ImportPlan, ClusterContents) {
        async let own = here.door.read()
        async let notes = records.importNotes()
        let source = try await there.door.read().contents
        var contents = source
        let (found, noted) = (try await own.contents, try await notes)
        // What an interrupted import had destroyed there already goes on from what is stored here.
        let known = Set(source.units.map(\.name))
        contents.units += found.units.filter { noted[$0.name] != nil && !known.contains($0.name) }
        let patterns = try units.map { try UnitPattern($0) }
        for pattern in patterns where !contents.units.contains(where: { pattern.matches($0.name) }) {
            throw CommandFailure(.refused, "no unit of '\(there.id)' is called '\(SafeText.name(pattern.text))'")
        }
        let plan = ImportPlan(here: found, there: contents, notes: noted, replace: replace) { name in
            patterns.isEmpty || patterns.contains { $0.matches(name) }
        }
        return (plan, found)
    }

    private static func show(_ plan: ImportPlan, _ machines: [Machine]) throws {
        let rows = [["UNIT", "WANTED", "HERE"]] + plan.rows(machines)
        Output.text(Output.isTerminal ? ListOptions.aligned(rows) : ListOptions.tabbed(rows))
        let obstacles = plan.obstacles
        guard !obstacles.isEmpty else {
            return Output.error("nothing was changed; --yes takes these \(plan.steps.count) over")
        }
        let count = plan.steps.count { $0.outlook.obstacle != nil }
        throw CommandFailure(
            .refused,
            obstacles.joined(separator: "\n")
                + "\n\(count) of \(plan.steps.count) cannot be taken over as things are; nothing was changed")
    }

    private func take(_ names: [UnitName], _ run: ImportRun) async throws {
        var failures: [CommandFailure] = []
        for (index, name) in names.enumerated() {
            do {
                try await run.take(name)
            } catch {
                let failure = Connections.failure(error)
                failures.append(failure)
                Output.error(failure.text)
                guard keepGoing || index == names.count - 1 else {
                    throw CommandFailure(
                        failure.code,
                        "\(index) of \(names.count) are taken over; put that right and give the same command again, or "
                            + "go on without it by --keep-going")
                }
            }
        }
        guard let first = failures.first else {
            return Output.error("Successfully imported \(names.count) units.")
        }
        throw CommandFailure(first.code, "\(failures.count) of \(names.count) were not taken over")
    }
}
