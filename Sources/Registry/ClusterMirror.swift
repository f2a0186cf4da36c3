public import Model
import Synchronization

/// A cluster's contents in memory, kept by the feed that its owner follows anyway: looking costs the store nothing.
public final class ClusterMirror: Sendable {
    /// What is known, in the order of the names.
    public struct Contents: Sendable {
        /// The machines that are there.
        public internal(set) var machines: [ID<Machine>: Machine] = [:]
        /// Their IDs, sorted.
        public internal(set) var machineIDs: [ID<Machine>] = []
        /// The units that are stored, and those that were destroyed and that machines still have.
        public internal(set) var units: [UnitName: Unit] = [:]
        /// Their names, sorted.
        public internal(set) var unitNames: [UnitName] = []
        /// When units that were launched were last asked to be loaded only, as long as they are not to run again.
        var stops: [UnitName: ContinuousClock.Instant] = [:]
        /// The store's revision of all this.
        public internal(set) var revision: Int64 = 0

        /// How long ago a unit that was launched was asked to be loaded only; nil when that is not what is wanted.
        public func sinceStop(_ name: UnitName) -> Duration? { stops[name].map { ContinuousClock.now - $0 } }

        /// What a unit's machines say of it: those that are there.
        public func states(of unit: Unit) -> [(machine: ID<Machine>, state: UnitState)] {
            unit.states.filter { machines[$0.key] != nil }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    private struct State {
        var contents: Contents?
        var waiting: [Int: (revision: Int64, signal: AsyncStream<Void>.Continuation)] = [:]
        var lastWait = 0
    }

    private let state = Mutex(State())

    /// A mirror that knows nothing yet.
    public init() {}

    /// Looks at what is known; nil before the store was read. What is looked at does not change meanwhile: take out
    /// only what is needed.
    public func look<Value: Sendable>(_ use: (borrowing Contents) -> Value) -> Value? {
        state.withLock { state in state.contents.map { use($0) } }
    }

    /// Takes in what the feed tells.
    public func take(_ update: FeedUpdate) {
        state.withLock { state in
            switch update {
            case .contents(let contents, let revision): state.contents = Contents(contents, revision)
            case .changes(let changes, let revision):
                state.contents?.take(changes, revision)
            case .heard, .away: return
            }
            let reached = state.contents?.revision ?? 0
            for (id, one) in state.waiting where one.revision <= reached {
                one.signal.finish()
                state.waiting[id] = nil
            }
        }
    }

    /// Waits until what was written at a revision is known here, or the task is cancelled.
    public func reach(_ revision: Int64) async {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self)
        let id = state.withLock { state -> Int? in
            if let contents = state.contents, contents.revision >= revision { return nil }
            state.lastWait += 1
            state.waiting[state.lastWait] = (revision, signal)
            return state.lastWait
        }
        guard let id else { return }
        for await _ in signals {}
        state.withLock { $0.waiting[id] = nil }
    }
}

extension ClusterMirror.Contents {
    fileprivate init(_ contents: ClusterContents, _ revision: Int64) {
        self.revision = revision
        machineIDs = contents.machines.map(\.id).sorted()
        machines = Dictionary(contents.machines.map { ($0.id, $0) }) { first, _ in first }
        let all = contents.units + contents.leaving
        unitNames = all.map(\.name).sorted()
        units = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }

    fileprivate mutating func take(_ changes: [ClusterChange], _ revision: Int64) {
        for change in changes { take(change) }
        self.revision = max(self.revision, revision)
    }

    private mutating func take(_ change: ClusterChange) {
        switch change {
        case .machine(let machine):
            if machines.updateValue(machine, forKey: machine.id) == nil { machineIDs.insertSorted(machine.id) }
        case .machineGone(let id):
            if machines.removeValue(forKey: id) != nil { machineIDs.removeSorted(id) }
        case .unit(let name, let file, let desired, let revision):
            if units[name] == nil { unitNames.insertSorted(name) }
            let before = units[name]
            let stops = desired == .loaded && before?.desired == .launched && before?.current == .launched
            if desired != .loaded { self.stops[name] = nil }
            if stops { self.stops[name] = .now }
            var unit = Unit(name: name, file: file, desired: desired, revision: revision)
            if let before, !before.isDestroyed {
                (unit.placement, unit.waiting) = (before.placement, before.waiting)
                (unit.move, unit.roll) = (before.move, before.roll)
            }
            unit.states = before?.states ?? [:]
            units[name] = unit
        case .unitGone(let name):
            stops[name] = nil
            guard let unit = units[name] else { return }
            units[name] = unit.destroyed
            if unit.states.isEmpty { unitNames.removeSorted(name) }
        case .placement(let name, let placement): units[name]?.placement = placement
        case .waiting(let name, let waiting): units[name]?.waiting = waiting
        case .move(let name, let move): units[name]?.move = move
        case .roll(let name, let roll): units[name]?.roll = roll
        case .state(let name, let machine, let state):
            units[name]?.states[machine] = state
            guard units[name]?.isDestroyed == true, units[name]?.states.isEmpty == true else { return }
            units[name] = nil
            unitNames.removeSorted(name)
        case .draining, .rival, .leader, .wanted, .members, .access, .event: break
        }
    }
}

extension Array {
    /// Where the first element stands of which a condition holds, in an array that has all of those at its end.
    package func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Array where Element: Comparable {
    fileprivate mutating func insertSorted(_ element: Element) {
        insert(element, at: partitioningIndex { $0 >= element })
    }

    fileprivate mutating func removeSorted(_ element: Element) {
        let index = partitioningIndex { $0 >= element }
        if index < count, self[index] == element { remove(at: index) }
    }
}
