import AgentAPI
import Model
import NodeAgent
import Registry
import Runtime
import Scheduling

/// One cluster of a context, behind whatever it is asked by: its store, or fleet's API.
protocol ClusterDoor: Sendable {
    var cluster: ID<Cluster> { get }
    /// Everything there is.
    func read() async throws -> (contents: ClusterContents, revision: Int64)
    /// One unit with all that is known of it; nil when there is none of that name.
    func unit(_ name: UnitName) async throws -> Unit?
    /// The machines that have joined.
    func machines() async throws -> [Machine]
    /// Tells what becomes of units, until cancelled; of others only where that costs nothing.
    func follow(_ units: [UnitName], _ tell: @escaping @Sendable (FeedUpdate) async -> Void) async throws
}

extension ClusterRegistry: ClusterDoor {
    func follow(_ units: [UnitName], _ tell: @escaping @Sendable (FeedUpdate) async -> Void) async throws {
        try await follow(tell)
    }
}

extension FleetSource: ClusterDoor {
    func read() async throws -> (contents: ClusterContents, revision: Int64) { (try await look().contents, 0) }

    func follow(_ units: [UnitName], _ tell: @escaping @Sendable (FeedUpdate) async -> Void) async throws {
        try await watch(units) { found in
            switch found {
            case .success(let contents): await tell(.contents(await explained(contents), revision: 0))
            case .failure(let error): await tell(.away(error.description))
            }
        }
    }

    /// Says of units that fleet places nowhere what our own scheduler says of them.
    private func explained(_ contents: ClusterContents) async -> ClusterContents {
        let waiting = contents.units.filter { $0.waiting != nil }.map(\.name)
        guard !waiting.isEmpty, let all = try? await look().contents else { return contents }
        var contents = contents
        let reasons = Foresight(all).reasons
        for index in contents.units.indices {
            guard let why = contents.units[index].waiting?.why, let reason = reasons[contents.units[index].name] else {
                continue
            }
            contents.units[index].waiting?.why = "\(why); by its file: \(reason)"
        }
        return contents
    }
}

/// What our scheduler says of a cluster's units as they are now.
private struct Foresight {
    /// Why those would wait that it places nowhere.
    let reasons: [UnitName: String]

    init(_ contents: ClusterContents) {
        let units = contents.units.map { unit in
            var unit = unit
            unit.waiting = nil
            return unit
        }
        var schedule = Schedule(machines: contents.machines, units: units)
        var reasons: [UnitName: String] = [:]
        for decision in schedule.plan() {
            if case .wait(let unit, let reason) = decision { reasons[unit] = reason.sentence }
        }
        self.reasons = reasons
    }
}

/// A cluster of a context with everything it is reached by.
struct ConnectedCluster: Sendable {
    let id: ID<Cluster>
    /// What it is asked by.
    let door: any ClusterDoor
    /// Its records in a store of ours; nil for a cluster that has none.
    let records: ClusterRegistry?
    let source: any Source
    let agents: AgentClient
    /// How long fleet's lists may take at least: they come page by page, each read anew from its store.
    var listsWithin = Duration.zero

    var isFleet: Bool { records == nil }

    /// Its records, for what only a store of ours has.
    /// - Throws: a sentence for a cluster that fleet drives.
    func registry(to what: String) throws -> ClusterRegistry {
        if let records { return records }
        throw CommandFailure(
            .refused,
            "cannot \(what) cluster '\(id)': fleet drives it, and that needs a store of ours; 'quarterdeck import' "
                + "takes its units over")
    }

    /// One unit with all that is known of it.
    /// - Throws: a sentence when there is none of that name.
    func unit(_ name: UnitName) async throws -> Unit {
        guard let unit = try await door.unit(name) else { throw missing(name) }
        return unit
    }

    /// What is said of a unit that is not there.
    func missing(_ name: UnitName) -> CommandFailure {
        CommandFailure(.refused, "unit '\(name)' does not exist in cluster '\(id)'; list-unit-files shows all")
    }

    /// How long it may take to tell all it has.
    func limit(_ limit: Duration) -> Duration { max(limit, listsWithin) }
}
