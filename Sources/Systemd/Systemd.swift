public import Model
import Synchronization

/// Runs units through the machine's systemd: its D-Bus for what they do, its journal for what they write.
///
/// Files, links and marks of ours lie below /run, so that a boot forgets them. Ending the agent ends no unit.
///
/// **Invariant:** no file that is not ours is written over, and nothing is polled: systemd tells.
public actor Systemd {
    /// A unit of ours.
    struct Loaded {
        let name: UnitName
        let file: UnitFile
        let hash: UnitHash
        let path: String
        let policy: UnitPolicy
        let container: ContainerCommand?
        var isLaunched: Bool
        var facts = UnitFacts()
        /// The start job that we queued last, until its end was told.
        var startJob: Int64 = 0
        /// A start or stop was asked for, and what systemd makes of it is not known yet.
        var isAsked = false
        /// Its result, when it was neither done nor replaced by another.
        var jobFailure: String?
        /// What was told of it last.
        var told: UnitState?
    }

    let places: UnitPlaces
    let machine: ID<Machine>
    let hostName: String
    let now: @Sendable () -> Timestamp
    let address: String?
    private let thread: PollThread

    var loaded: [UnitName: Loaded] = [:]
    let paths = UnitPaths()
    var bus: Bus?
    /// Resolved when the connection ends.
    var busEnd = Awaited<Void>()
    /// Told when a job ends; and those that ended while somebody was about to wait for one of that unit.
    var jobWaits: [Int64: (unit: UnitName, awaited: Awaited<String>)] = [:]
    var jobCalls: [UnitName: Int] = [:]
    var earlyEnds: [Int64: (unit: UnitName, result: String)] = [:]
    let reloads = Coalescer()
    /// systemd adds a match rule to its own connection for every job that a client queues, and loses the bus when
    /// there are too many. Stops have room of their own: they end starts that hang.
    /// - Source: dbus-daemon(1), `max_match_rules_per_connection`: 512 on the system's bus.
    let startGate = Gate(most: 256)
    let stopGate = Gate(most: 128)
    /// The start jobs that hold room in the gate.
    var startJobs: Set<Int64> = []
    var isReloading = false
    /// How often systemd has reloaded all files since we are connected.
    var reloadsSeen = 0
    var meter = FiguresMeter()
    /// How many logs are being read; each holds a thread and a few descriptors.
    var logsRead = 0
    /// Threads that look for systemd's reasons in the journal.
    let reasonGate = Gate(most: 16)

    private var changed: Set<UnitName> = []
    private var turns: [UnitName: [CheckedContinuation<Void, Never>]] = [:]
    private let changes: AsyncStream<Void>
    private let changesEnd: AsyncStream<Void>.Continuation
    private let connections: AsyncStream<String?>
    private let connectionsEnd: AsyncStream<String?>.Continuation
    /// nil while systemd can be reached; else what is wrong and since when, ready to be shown.
    public private(set) var connection: String?
    private var awaySince: Timestamp?

    /// Its jobs run on the thread that owns the bus.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A unit manager that keeps its files in a directory.
    ///
    /// - Parameters:
    ///   - directory: for unit files, below /run
    ///   - address: of the bus, as D-Bus writes it; nil for the system's
    ///   - root: stands before the path of every file; empty for this computer's own files
    /// - Throws: `SystemdError.directory` when it cannot be used, `.thread` when there is none to work with.
    public init(
        directory: String, machine: ID<Machine>, hostName: String, address: String? = nil, root: String = "",
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        places = UnitPlaces(root: root, directory: directory)
        self.machine = machine
        self.hostName = hostName
        self.address = address
        self.now = now
        (changes, changesEnd) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (connections, connectionsEnd) = AsyncStream.makeStream(of: String?.self, bufferingPolicy: .bufferingNewest(1))
        do {
            try places.prepare()
        } catch {
            throw SystemdError.directory(directory, why: SafeText.clean("\(error)", limit: 200))
        }
        thread = try PollThread()
    }

    deinit { thread.end() }

    // MARK: What is told

    /// What is loaded: name, hash, whether it was started, and its state.
    public func units() -> [(name: UnitName, hash: UnitHash, isLaunched: Bool, state: UnitState)] {
        loaded.values.sorted { $0.name < $1.name }.map { ($0.name, $0.hash, $0.isLaunched, state($0)) }
    }

    /// Tells when something changed; what did is in ``takeChanges()``.
    public nonisolated var changeSignals: AsyncStream<Void> { changes }

    /// The states that changed since the last call; nil for units that are gone.
    public func takeChanges() -> [(UnitName, UnitState?)] {
        defer { changed = [] }
        return changed.sorted().map { name in (name, loaded[name].map(state)) }
    }

    /// Tells ``connection`` whenever it changes; for one reader.
    public nonisolated var connectionChanges: AsyncStream<String?> { connections }

    // MARK: Small print

    func setConnection(_ problem: String?) {
        let since = problem == nil ? nil : awaySince ?? now()
        awaySince = since
        let text = problem.flatMap { problem in
            since.map {
                "systemd cannot be reached over D-Bus since \($0.timeOfDay) UTC: \(problem); it is tried again"
            }
        }
        guard text != connection else { return }
        connection = text
        connectionsEnd.yield(text)
    }

    func startPolling(_ one: Bus) { thread.add(one) }
    func stopPolling(_ one: Bus) { thread.remove(one) }

    func state(_ unit: Loaded) -> UnitState {
        let facts = unit.facts
        let isUnderWay = unit.isAsked || unit.startJob != 0
        // How it ended before is no news while it starts again.
        let note = facts.note(
            isLaunched: unit.isLaunched && !isUnderWay, unit.policy, jobFailure: unit.jobFailure)
        var state = UnitState(
            load: facts.load, active: UnitState.Active(word: facts.active), sub: facts.sub, hash: unit.hash,
            isLaunched: unit.isLaunched,
            since: facts.changedAt > 0 ? Timestamp(milliseconds: facts.changedAt / 1_000) : nil,
            restarts: Int(facts.restarts), note: note,
            mainPID: facts.mainPID > 0 ? Int32(truncatingIfNeeded: facts.mainPID) : nil)
        state.hasJob = facts.job != 0 || isUnderWay
        return state
    }

    /// Tells a unit's state if it is another than was told last.
    func tell(_ name: UnitName) {
        if let unit = loaded[name] {
            let state = state(unit)
            guard state != unit.told else { return }
            loaded[name]?.told = state
        }
        changed.insert(name)
        changesEnd.yield()
    }

    /// Does the work when no other operation on the unit is under way.
    func inTurn<Result>(_ name: UnitName, _ work: () async throws -> Result) async throws -> Result {
        if turns[name] == nil {
            turns[name] = []
        } else {
            await withCheckedContinuation { turns[name, default: []].append($0) }
        }
        defer { endTurn(name) }
        try Task.checkCancellation()
        return try await work()
    }

    private func endTurn(_ name: UnitName) {
        guard var waiting = turns[name] else { return }
        if waiting.isEmpty {
            turns[name] = nil
        } else {
            let next = waiting.removeFirst()
            turns[name] = waiting
            next.resume()
        }
    }

}
