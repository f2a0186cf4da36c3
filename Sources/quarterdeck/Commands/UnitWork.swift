import ArgumentParser
import FoundationEssentials
import Model
import NodeAgent
import Runtime

/// What the verbs on units share: finding units and files, asking, and waiting for what was asked.
struct UnitWork: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Flag(help: "Ask and do not wait.")
    var noBlock = false
    @Option(help: "Wait at most so many times two seconds; 0 is without end.")
    var blockAttempts = 0
    @Flag(help: .hidden) var sign = false
    @Argument(help: "Units, files of units, or patterns for stored units such as 'web@*'.")
    var units: [String] = []

    mutating func validate() throws {
        guard !units.isEmpty else { throw ValidationError("name at least one unit") }
        if sign { throw ValidationError("units are not signed; leave --sign out") }
    }

    /// One unit that was named.
    struct Target: Sendable {
        /// As it was written.
        let text: String
        let name: UnitName
        let cluster: ConnectedCluster
        /// As the cluster has it; nil when it has none of that name.
        let stored: Unit?
    }

    /// What became of asking.
    enum Asked: Sendable {
        /// It is to be waited for.
        case wait
        /// That is all, in words for standard output.
        case done(String)
        /// That is all, in words for standard error.
        case noted(String)
    }

    /// How a verb ends.
    struct Verb: Sendable {
        /// `start`, as fleetctl says it.
        let word: String
        /// What is waited for; nil for nothing.
        let desired: DesiredState?
        /// `stopped`: what was done to all, said when all went well.
        var ending: String?
        /// A name that no unit has is no reason to stop.
        var allowsUnknown = false
    }

    /// Asks for every unit named, several at a time, and waits until what is wanted holds; one that fails holds up none
    /// of the others.
    func run(_ verb: Verb, _ ask: @escaping @Sendable (Target, Connections) async throws -> Asked) async throws {
        let connections = try context.connections()
        let work = self
        try await connections.command {
            // What was begun with a unit is ended: fleet keeps nothing of it that could be gone on with.
            try await cancelledBySignals {
                Output.error(Connections.failure($0).text)
            } _: {
                try await work.carryOut(verb, connections, ask)
            }
        }
    }

    private func carryOut(
        _ verb: Verb, _ connections: Connections,
        _ ask: @escaping @Sendable (Target, Connections) async throws -> Asked
    ) async throws {
        let stored = StoredUnits(readsAll: units.count > Self.fewMax || units.contains(where: UnitPattern.isPattern))
        let (named, wrong) = try await named(connections, stored, verb)
        var failures = wrong
        let asked = await self.ask(named, connections, stored, &failures, ask)
        if verb.desired != nil, noBlock {
            for target in asked { Output.line("Triggered unit \(target.name) \(verb.word)") }
        } else if let desired = verb.desired {
            try await wait(asked, desired, &failures)
        }
        let told =
            units.compactMap { failures[$0] }
            + failures.filter { !units.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
        if let first = told.first { throw CommandFailure(first.code, told.map(\.text).joined(separator: "\n")) }
        guard let ending = verb.ending, !asked.isEmpty, !noBlock else { return }
        Output.error("Successfully \(ending) units [\(asked.map(\.name.text).joined(separator: " "))].")
    }

    /// So many units are looked up one by one; for more everything is read once.
    private static let fewMax = 4

    /// How many orders are under way at a time.
    private static let ordersMax = 16

    private struct Named: Sendable {
        let text: String
        let name: UnitName
        let cluster: ConnectedCluster?
    }

    /// The names, with patterns replaced by what they match.
    private func named(
        _ connections: Connections, _ stored: StoredUnits, _ verb: Verb
    ) async throws -> (named: [Named], failures: [String: CommandFailure]) {
        var named: [Named] = []
        var failures: [String: CommandFailure] = [:]
        var seen: Set<UnitKey> = []
        for text in units {
            guard UnitPattern.isPattern(text) else {
                named.append(Named(text: text, name: try UnitName(typed: text), cluster: nil))
                continue
            }
            let cluster = try await cluster.chosen(connections)
            let pattern = try UnitPattern(text)
            let names = try await stored.names(cluster).filter { pattern.matches($0) && !$0.isTemplate }
            for name in names where seen.insert(UnitKey(cluster.id, name)).inserted {
                named.append(Named(text: name.text, name: name, cluster: cluster))
            }
            if !names.isEmpty { continue }
            let why = "no unit of cluster '\(cluster.id)' is called '\(SafeText.name(pattern.text))'"
            if verb.allowsUnknown { Output.error(why) } else { failures[text] = CommandFailure(.refused, why) }
        }
        return (named, failures)
    }

    /// Asks for each; what is to be waited for, in the order it was named.
    private func ask(
        _ named: [Named], _ connections: Connections, _ stored: StoredUnits,
        _ failures: inout [String: CommandFailure],
        _ ask: @escaping @Sendable (Target, Connections) async throws -> Asked
    ) async -> [Target] {
        var found: [Int: Target] = [:]
        await withTaskGroup(of: (Int, Result<(Target, Asked), CommandFailure>).self) { group in
            var rest = Array(named.enumerated())[...]
            var running = 0
            while true {
                while running < Self.ordersMax, let (index, one) = rest.popFirst() {
                    running += 1
                    group.addTask {
                        do {
                            let target = try await target(one, connections, stored)
                            return (index, .success((target, try await ask(target, connections))))
                        } catch {
                            return (index, .failure(Connections.failure(error)))
                        }
                    }
                }
                guard let (index, result) = await group.next() else { break }
                running -= 1
                switch result {
                case .success((let target, .wait)): found[index] = target
                case .success((_, .done(let line))): Output.line(line)
                case .success((_, .noted(let line))): Output.error(line)
                case .failure(let failure): failures[named[index].text] = failure
                }
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    private func target(_ one: Named, _ connections: Connections, _ stored: StoredUnits) async throws -> Target {
        let place: ConnectedCluster
        if let known = one.cluster {
            place = known
        } else {
            place = try await cluster.chosen(connections, having: one.name)
        }
        return Target(
            text: one.text, name: one.name, cluster: place, stored: try await stored.unit(one.name, place))
    }

    private func wait(
        _ asked: [Target], _ desired: DesiredState, _ failures: inout [String: CommandFailure]
    ) async throws {
        let limit = blockAttempts <= 0 ? nil : min(blockAttempts, 1_000_000) * 2
        for (_, targets) in Dictionary(grouping: asked, by: { $0.cluster.id }).sorted(by: { $0.key < $1.key }) {
            guard let door = targets.first?.cluster.door else { continue }
            let before = Dictionary(targets.compactMap(\.stored).map { ($0.name, $0) }) { first, _ in first }
            let wait = UnitWait(door, targets.map(\.name), desired, limit: limit, before: before)
            for (name, failure) in try await wait.run() { failures[name.text] = failure }
        }
    }
}

/// The units that clusters have, read once for many, or each when it is asked for.
actor StoredUnits {
    private let readsAll: Bool
    /// What reading a cluster came to: one that does not answer is not asked again for every unit.
    private var all: [ID<Cluster>: Result<[UnitName: Unit], any Error>] = [:]
    private var isReading = false

    init(readsAll: Bool) {
        self.readsAll = readsAll
    }

    func unit(_ name: UnitName, _ cluster: ConnectedCluster) async throws -> Unit? {
        readsAll ? try await units(cluster)[name] : try await cluster.door.unit(name)
    }

    func names(_ cluster: ConnectedCluster) async throws -> [UnitName] { try await units(cluster).keys.sorted() }

    private func units(_ cluster: ConnectedCluster) async throws -> [UnitName: Unit] {
        while isReading { try await Task.sleep(for: .milliseconds(2)) }
        if let read = all[cluster.id] { return try read.get() }
        isReading = true
        defer { isReading = false }
        let read: Result<[UnitName: Unit], any Error>
        do {
            let units = try await cluster.door.read().contents.units
            read = .success(Dictionary(units.map { ($0.name, $0) }) { first, _ in first })
        } catch {
            read = .failure(error)
        }
        all[cluster.id] = read
        return try read.get()
    }
}
