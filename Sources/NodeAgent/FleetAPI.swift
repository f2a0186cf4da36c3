package import AgentAPI
import Etcd
import Model
package import Registry
import Runtime

/// What fleet's API is answered with at one agent: its mirror of the cluster for looking, the registry for changing.
package struct FleetAPI: Sendable {
    /// How long an answer to a change waits for the mirror to show it: after that the change is told as done all the
    /// same, which it is.
    private static let showsWithin = Duration.seconds(2)
    private let mirror: ClusterMirror
    private let registry: ClusterRegistry
    private let isHeard: @Sendable () -> Bool

    /// The API of a cluster.
    ///
    /// - Parameter isHeard: whether the machine is in its cluster and the store answers
    package init(mirror: ClusterMirror, registry: ClusterRegistry, isHeard: @escaping @Sendable () -> Bool) {
        self.mirror = mirror
        self.registry = registry
        self.isHeard = isHeard
    }

    /// The services.
    package var services: FleetServices {
        FleetServices(
            isHeard: { isHeard() && mirror.look { _ in true } == true },
            machines: machines, units: units, unit: { name in mirror.look { $0.unit(name) } ?? nil },
            sinceStop: { name in mirror.look { $0.sinceStop(name) } ?? nil }, states: states,
            record: { name in try await carried { try await registry.stored(name) } },
            write: { name, file, desired, revision in
                try await shown { try await registry.write(name, file, desired, over: revision) }
            },
            remove: { name in try await shown { try await registry.remove(name) } },
            setMetadata: { changes in _ = try await shown { try await registry.write(changes) } })
    }

    private func machines(after: String, _ limit: Int) -> [Machine] {
        mirror.look { known in
            let start = known.machineIDs.partitioningIndex { $0.text > after }
            return known.machineIDs[start...].prefix(limit).compactMap { known.machines[$0] }
        } ?? []
    }

    private func units(after: String, _ limit: Int) -> [Unit] {
        mirror.look { known in
            var found: [Unit] = []
            for name in known.unitNames[known.firstUnit(after: after)...] {
                if let unit = known.unit(name) { found.append(unit) }
                if found.count == limit { break }
            }
            return found
        } ?? []
    }

    private func states(
        after: ServedState.Place?, _ limit: Int, _ unit: String?, _ machine: String?
    ) -> [ServedState] {
        mirror.look { known in
            var found: [ServedState] = []
            for name in known.unitNames[known.firstUnit(from: unit ?? after?.unit ?? "")...] {
                if let unit, name.text != unit { break }
                guard let one = known.units[name], !one.states.isEmpty else { continue }
                for (id, state) in known.states(of: one) where machine == nil || id.text == machine {
                    let place = ServedState.Place(unit: name.text, machine: id.text)
                    if let after, place <= after { continue }
                    found.append(ServedState(place: place, state: state))
                    if found.count == limit { return found }
                }
            }
            return found
        } ?? []
    }

    /// Writes, and waits until the mirror shows it; false when nothing was written.
    private func shown(_ write: () async throws -> Int64?) async throws -> Bool {
        guard let revision = try await carried(write) else { return false }
        do {
            try await withDeadline(Self.showsWithin) { await mirror.reach(revision) }
        } catch is DeadlineExceeded {
            // The feed is behind; what was written stays written.
        }
        return true
    }

    private func carried<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch EtcdError.unavailable, EtcdError.timeout, EtcdError.handshake {
            throw FleetWriteFailure.silent
        } catch let error as EtcdError {
            throw FleetWriteFailure.refused(SafeText.clean("\(error)", limit: 512))
        }
    }
}

extension ClusterMirror.Contents {
    /// A unit with what the machines say of it that are there.
    fileprivate func unit(_ name: UnitName) -> Unit? {
        guard var unit = units[name], !unit.isDestroyed else { return nil }
        if unit.states.contains(where: { machines[$0.key] == nil }) {
            unit.states = unit.states.filter { machines[$0.key] != nil }
        }
        return unit
    }

    /// Where the first unit stands whose name comes after this one.
    fileprivate func firstUnit(after name: String) -> Int {
        let index = firstUnit(from: name)
        return index < unitNames.count && unitNames[index].text == name ? index + 1 : index
    }

    /// Where the first unit stands whose name is this one or comes after it.
    fileprivate func firstUnit(from name: String) -> Int {
        unitNames.partitioningIndex { $0.text >= name }
    }
}
