import Model
import Registry
import Synchronization

/// What a provisioner has to know of a cluster, kept from its feed.
final class KnownCluster: Sendable {
    private let inventory = Mutex(Inventory())
    private let cluster: ID<Cluster>

    init(_ cluster: ID<Cluster>) {
        self.cluster = cluster
    }

    /// Takes an update in and says what of interest may have changed.
    func take(_ update: FeedUpdate, at now: Timestamp) -> (machinesChanged: Bool, scaleChanged: Bool) {
        switch update {
        case .contents(let contents, let revision):
            apply(.cluster(contents), revision, now)
            // A wish that a backup brought back is nobody's order to delete VMs.
            return (true, !contents.isRestored)
        case .changes(let changes, let revision):
            apply(.changes(cluster, changes), revision, now)
            return (changes.contains(where: Self.touchesMachines), changes.contains(where: Self.touchesScale))
        case .heard, .away: return (false, false)
        }
    }

    private func apply(_ body: Report.Body, _ revision: Int64, _ now: Timestamp) {
        let report = Report(source: .cluster(cluster), revision: revision, observedAt: now, body: body)
        inventory.withLock { _ = $0.apply(report) }
    }

    private static func touchesMachines(_ change: ClusterChange) -> Bool {
        switch change {
        case .machine, .machineGone, .placement, .unitGone: true
        case .draining, .rival, .unit, .waiting, .move, .roll, .state, .leader, .wanted, .members, .access, .event:
            false
        }
    }

    private static func touchesScale(_ change: ClusterChange) -> Bool {
        if case .wanted = change { true } else { false }
    }

    var machines: [Machine] {
        inventory.withLock { $0.clusters[cluster]?.machines.values.sorted { $0.id < $1.id } ?? [] }
    }

    /// Placed units a machine; global units do not count, they are never moved.
    var units: [ID<Machine>: Int] {
        inventory.withLock { inventory in
            var counts: [ID<Machine>: Int] = [:]
            for unit in inventory.clusters[cluster]?.units.values ?? [:].values {
                if let machine = unit.placement?.machine { counts[machine, default: 0] += 1 }
            }
            return counts
        }
    }
}
