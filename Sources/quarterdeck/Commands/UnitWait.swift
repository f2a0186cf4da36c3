import Model
import NodeAgent
import Registry
import Runtime
import Synchronization

/// Waits, by watching their cluster, until units are as they are wanted.
struct UnitWait: Sendable {
    private struct State: Sendable {
        var inventory = Inventory()
        var pending: Set<UnitName>
        var failures: [UnitName: CommandFailure] = [:]
        /// Since when units have not run that fleet has started.
        var idle: [UnitName: ContinuousClock.Instant] = [:]
        /// Why nothing is told; nil while the cluster answers.
        var away: String?
    }

    private let door: any ClusterDoor
    private let desired: DesiredState
    private let limit: Int?
    private let before: [UnitName: Unit]
    private let state: Shared

    private final class Shared: Sendable {
        let value: Mutex<State>

        init(_ state: State) { value = Mutex(state) }
    }

    /// - Parameters:
    ///   - limit: in seconds; nil for no end
    ///   - before: the units before they were asked for, where they were there
    init(
        _ door: any ClusterDoor, _ names: [UnitName], _ desired: DesiredState, limit: Int?,
        before: [UnitName: Unit] = [:]
    ) {
        self.door = door
        self.before = before
        self.desired = desired
        self.limit = limit
        state = Shared(State(pending: Set(names)))
    }

    /// Prints each unit that holds as soon as it does; what became of the others.
    func run() async throws -> [UnitName: CommandFailure] {
        let names = state.value.withLock { $0.pending.sorted() }
        guard !names.isEmpty else { return [:] }
        do {
            try await withDeadline(limit.map { .seconds($0) } ?? .seconds(1_000_000_000)) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (ends, end) = AsyncStream.makeStream(of: Void.self)
                    group.addTask {
                        try await door.follow(names) { update in
                            if take(update) { end.finish() }
                        }
                    }
                    group.addTask { for await _ in ends {} }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch is DeadlineExceeded {
            state.value.withLock { state in
                for name in state.pending.sorted() {
                    state.failures[name] = late(name, state)
                }
            }
        }
        return state.value.withLock { $0.failures }
    }

    /// Takes news in; whether nothing is waited for any more.
    private func take(_ update: FeedUpdate) -> Bool {
        switch update {
        case .contents, .changes: break
        case .heard:
            state.value.withLock { $0.away = nil }
            return false
        case .away(let why):
            state.value.withLock { $0.away = SafeText.clean(why, limit: 512) }
            return false
        }
        return state.value.withLock { state in
            _ = state.inventory.apply(update.report(of: door.cluster, at: Timestamp(milliseconds: 0)))
            state.away = nil
            guard let part = state.inventory.clusters[door.cluster] else { return false }
            for name in touched(by: update, state.pending) {
                guard let ending = ending(of: name, part, &state.idle) else { continue }
                state.pending.remove(name)
                switch ending {
                case .success(let line): if !line.isEmpty { Output.line(line) }
                case .failure(let failure): state.failures[name] = failure
                }
            }
            return state.pending.isEmpty
        }
    }

    /// The units that are waited for and that an update tells of.
    private func touched(by update: FeedUpdate, _ pending: Set<UnitName>) -> [UnitName] {
        guard case .changes(let changes, _) = update else { return pending.sorted() }
        let names = changes.compactMap { change -> UnitName? in
            switch change {
            case .unit(let name, _, _, _), .unitGone(let name), .placement(let name, _), .waiting(let name, _),
                .move(let name, _), .roll(let name, _), .state(let name, _, _):
                name
            case .machine, .machineGone, .draining, .rival, .leader, .wanted, .members, .access, .event: nil
            }
        }
        return Set(names).intersection(pending).sorted()
    }

    /// What is said of a unit when the time is over.
    private func late(_ name: UnitName, _ state: State) -> CommandFailure {
        if let why = state.away { return CommandFailure(.unreachable, "cluster '\(door.cluster)': \(why)") }
        let now = state.inventory.clusters[door.cluster]?.units[name]?.state
        let stand = now.map { " but \($0.active.word) (\($0.sub))" } ?? ""
        return CommandFailure(
            .refused,
            "unit '\(name)' is not \(desired.rawValue) yet\(stand); 'quarterdeck explain \(name)' tells more")
    }

    /// What became of a unit; nil while that is open.
    private func ending(
        of name: UnitName, _ part: Inventory.ClusterPart, _ idle: inout [UnitName: ContinuousClock.Instant]
    ) -> Result<String, CommandFailure>? {
        guard let unit = part.units[name], !unit.isDestroyed else {
            if desired == .inactive { return .success("") }
            return .failure(CommandFailure(.refused, "unit '\(name)' was destroyed meanwhile"))
        }
        if unit.isGlobal {
            return .success("Triggered global unit \(name) \(desired == .launched ? "start" : desired.rawValue)")
        }
        if desired == .inactive {
            return unit.states.isEmpty && unit.placement == nil ? .success("Unit \(name) inactive") : nil
        }
        if unit.placement == nil, let waiting = unit.reasonToWait(after: before[name]) {
            let text = "unit '\(name)' is wanted \(desired.rawValue) and waits: \(waiting.why)"
            return .failure(CommandFailure(.refused, text))
        }
        // A state of before has the hash of the file of before.
        guard let machine = unit.placement?.machine, let state = unit.state,
            state.hash == nil || state.hash == unit.file.hash
        else { return nil }
        let address = part.machines[machine]?.address ?? ""
        let place = Shown.machine(machine.text, false, address.isEmpty ? nil : address)
        let success = "Unit \(name) \(desired.rawValue) on \(place)"
        if part.cluster.kind == .fleet, desired == .launched, state.isLaunched, state.active == .inactive {
            return ended(unit, &idle).map { $0 ? .success(success) : .failure(Self.ended(name)) }
        }
        idle[name] = nil
        guard state.isSettled(as: desired) else { return nil }
        if let failure = state.failure {
            return .failure(CommandFailure(.refused, "unit '\(name)' failed: \(failure)"))
        }
        return .success(success)
    }

    /// fleet says that it started a unit before systemd has; only one that stays inactive has ended. Whether that is
    /// what it is for; nil while that is open.
    private func ended(_ unit: Unit, _ idle: inout [UnitName: ContinuousClock.Instant]) -> Bool? {
        let since = idle[unit.name] ?? .now
        idle[unit.name] = since
        guard ContinuousClock.now - since >= Self.startsWithin else { return nil }
        return unit.name.type != "service" || unit.file.value("Service", "Type") == "oneshot"
    }

    private static let startsWithin = Duration.seconds(5)

    private static func ended(_ name: UnitName) -> CommandFailure {
        CommandFailure(.refused, "unit '\(name)' has ended again; 'quarterdeck journal \(name)' shows what it wrote")
    }
}

extension UnitState {
    /// Whether it has come where it was wanted, or to where it goes no further.
    fileprivate func isSettled(as desired: DesiredState) -> Bool {
        switch desired {
        case .inactive: false
        case .loaded: !isLaunched && !hasJob && active != .deactivating
        case .launched:
            isLaunched && !hasJob && (active == .active || active == .failed || active == .inactive && note != nil)
        }
    }

    /// Why it does not run, where it should.
    fileprivate var failure: String? {
        if active == .failed || load == "error" { return note ?? sub }
        guard isLaunched, active == .inactive, let note, !isDone else { return nil }
        return note
    }
}
