/// What an operator wants of a unit, in fleet's words.
public enum DesiredState: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Known, not to be on any machine.
    case inactive
    /// On a machine, not started.
    case loaded
    /// On a machine and started.
    case launched

    /// inactive before loaded before launched.
    public static func < (left: DesiredState, right: DesiredState) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .inactive: 0
        case .loaded: 1
        case .launched: 2
        }
    }
}

/// A unit of one cluster, by name.
public struct UnitKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The cluster.
    public let cluster: ID<Cluster>
    /// The unit's name there.
    public let name: UnitName

    /// A key.
    public init(_ cluster: ID<Cluster>, _ name: UnitName) {
        self.cluster = cluster
        self.name = name
    }

    /// `cluster/name`.
    public var description: String { "\(cluster)/\(name)" }

    /// By cluster, then by name.
    public static func < (left: UnitKey, right: UnitKey) -> Bool {
        left.cluster == right.cluster ? left.name < right.name : left.cluster < right.cluster
    }
}

/// A unit ↔ machine, decided.
public struct Placement: Hashable, Sendable {
    /// The machine.
    public var machine: ID<Machine>
    /// Why there, word for word.
    public var why: String
    /// When it was decided.
    public var since: Timestamp?
    /// The store's revision of this placement; the next change is guarded by it. 0 when it was never stored.
    public var revision: Int64

    /// A placement.
    public init(machine: ID<Machine>, why: String = "", since: Timestamp? = nil, revision: Int64 = 0) {
        self.machine = machine
        self.why = why
        self.since = since
        self.revision = revision
    }
}

/// An operator's wish to reschedule one unit, until the scheduler has answered it.
public struct Move: Hashable, Sendable {
    /// Where to; nil for anywhere but where it is.
    public var to: ID<Machine>?
    /// Why the scheduler refused; nil while it has not answered.
    public var refusal: String?

    /// A wish.
    public init(to: ID<Machine>? = nil, refusal: String? = nil) {
        self.to = to
        self.refusal = refusal
    }
}

/// A new file of a global unit on its way: some machines have it already, the others keep the one before.
public struct Roll: Hashable, Sendable {
    /// The new file.
    public var file: UnitFile
    /// The machines that are to have it.
    public var machines: Set<ID<Machine>>

    /// A roll.
    public init(file: UnitFile, machines: Set<ID<Machine>> = []) {
        self.file = file
        self.machines = machines
    }
}

/// A unit: its file, what is wanted of it, where it is placed and what its machines say of it.
public struct Unit: Hashable, Sendable {
    /// Its name.
    public let name: UnitName
    /// Its file.
    public var file: UnitFile
    /// What is wanted.
    public var desired: DesiredState
    /// What its file asks of a machine.
    public var requirements: Requirements
    /// Where it is placed; nil for a global unit and for one that waits.
    public var placement: Placement?
    /// Why it waits, word for word, and since when.
    public var waiting: Waiting?
    /// A wish to reschedule it that is not carried out yet.
    public var move: Move?
    /// A new file that its machines get one after the other; for global units.
    public var roll: Roll?
    /// What each machine that has it says.
    public var states: [ID<Machine>: UnitState]
    /// The store's revision of the unit's record; orders are guarded by it.
    public var revision: Int64
    /// The store has it no longer, and a machine has it still: it is being stopped there.
    public private(set) var isDestroyed = false

    /// Why a unit has no machine.
    public struct Waiting: Hashable, Sendable {
        /// The reason in words.
        public var why: String
        /// Since when.
        public var since: Timestamp?
        /// The store's revision of the record; 0 where there is none.
        public var revision: Int64

        /// A reason.
        public init(why: String, since: Timestamp? = nil, revision: Int64 = 0) {
            self.why = why
            self.since = since
            self.revision = revision
        }
    }

    /// A unit.
    public init(
        name: UnitName, file: UnitFile, desired: DesiredState = .inactive, placement: Placement? = nil,
        waiting: Waiting? = nil, states: [ID<Machine>: UnitState] = [:], revision: Int64 = 0
    ) {
        self.name = name
        self.file = file
        self.desired = desired
        requirements = Requirements(of: file, name: name)
        self.placement = placement
        self.waiting = waiting
        self.states = states
        self.revision = revision
    }

    /// A unit of which the store has nothing any more but what machines say of it.
    public static func destroyed(_ name: UnitName, _ states: [ID<Machine>: UnitState]) -> Unit {
        var unit = Unit(name: name, file: UnitFile(options: []), states: states)
        unit.placement = states.keys.min().map { Placement(machine: $0) }
        unit.isDestroyed = true
        return unit
    }

    /// Why it waits, if that is said of the unit as its record is now.
    ///
    /// A scheduler says anew why a unit waits when what it asks or what is wanted of it has changed, and not when all
    /// that has stayed: a reason that is older than the record is about this unit only where it is the one of before.
    ///
    /// - Parameter before: the unit before its record was written
    public func reasonToWait(after before: Unit? = nil) -> Waiting? {
        guard let waiting, waiting.revision < revision else { return waiting }
        guard let before, before.desired == desired, before.requirements == requirements else { return nil }
        return waiting
    }

    /// This unit once it was destroyed; nil when no machine has it.
    public var destroyed: Unit? { states.isEmpty ? nil : .destroyed(name, states) }

    /// Runs on every machine that fits.
    public var isGlobal: Bool { requirements.isGlobal }

    /// The state on the machine it is placed on; for a global unit the worst of all.
    public var state: UnitState? {
        if let placement { return states[placement.machine] }
        guard isGlobal else { return nil }
        return states.sorted { $0.key < $1.key }.map(\.value).max { $0.active.severity < $1.active.severity }
    }

    /// What its file says that it is, with the name's parts in the place of `%n %N %p %i`; a template's as written.
    public var described: String? {
        file.unitDescription.map { name.isTemplate ? $0 : Specifiers(name).expand($0) }
    }

    /// Whether it runs somewhere, but was restarted by itself so lately that it may not last.
    public func isBouncing(at now: Timestamp) -> Bool {
        if let placement { return states[placement.machine]?.isBouncing(at: now) ?? false }
        return isGlobal && states.values.contains { $0.isBouncing(at: now) }
    }

    /// fleet's current state: inactive until a machine reports, then loaded or launched.
    public var current: DesiredState {
        guard let state else { return .inactive }
        return state.isLaunched ? .launched : .loaded
    }
}

/// What systemd says of a unit on one machine.
public struct UnitState: Hashable, Sendable {
    /// systemd's ActiveState.
    public enum Active: Hashable, Sendable {
        case active, reloading, inactive, failed, activating, deactivating, maintenance
        case other(String)

        /// The word as systemd writes it.
        public var word: String {
            switch self {
            case .active: "active"
            case .reloading: "reloading"
            case .inactive: "inactive"
            case .failed: "failed"
            case .activating: "activating"
            case .deactivating: "deactivating"
            case .maintenance: "maintenance"
            case .other(let word): word
            }
        }

        /// The state of that word.
        public init(word: String) {
            let known: [Active] = [
                .active, .reloading, .inactive, .failed, .activating, .deactivating, .maintenance,
            ]
            self = known.first { $0.word == word } ?? .other(SafeText.name(word))
        }

        /// How bad it is: 0 for active, more for worse.
        public var severity: Int {
            switch self {
            case .active: 0
            case .reloading: 1
            case .activating, .deactivating: 2
            case .inactive: 3
            case .maintenance, .other: 4
            case .failed: 5
            }
        }
    }

    /// systemd's LoadState: `loaded`, `not-found`, `masked`.
    public var load: String
    /// systemd's ActiveState.
    public var active: Active
    /// systemd's SubState: `running`, `dead`, `auto-restart`.
    public var sub: String
    /// The hash of the file the machine has.
    public var hash: UnitHash?
    /// The agent was told to start it and has called start.
    public var isLaunched: Bool
    /// When the active state was entered.
    public var since: Timestamp?
    /// How often it was restarted by itself.
    public var restarts: Int
    /// What there is to say: `exit 1 · restart in 6 s`, a directive that cannot be honoured.
    public var note: String?
    /// Processor used, in percent of one core; nil when unknown.
    public var cpuPercent: Double?
    /// Memory used in bytes; nil when unknown.
    public var memoryBytes: Int64?
    /// The main process.
    public var mainPID: Int32?
    /// systemd has a job queued for it: it is on its way to another state.
    public var hasJob = false
    /// Processes and threads; nil when unknown.
    public var tasks: Int?
    /// The container its command runs; nil when it runs none, or it is unknown.
    public var container: Container?

    /// It was to run once and has: that is no failure, and nothing to wait for.
    public var isDone: Bool { isLaunched && active == .inactive && note?.hasPrefix("done: ") == true }

    /// How long something that was restarted by itself has to run before it counts as well again.
    public static let proof: Duration = .seconds(30)

    /// It runs, but was restarted by itself less than ``proof`` ago.
    public func isBouncing(at now: Timestamp) -> Bool {
        guard active == .active, restarts > 0, let since else { return false }
        return now.since(since) < Self.proof
    }

    /// A state.
    public init(
        load: String = "loaded", active: Active, sub: String, hash: UnitHash? = nil, isLaunched: Bool = true,
        since: Timestamp? = nil, restarts: Int = 0, note: String? = nil, cpuPercent: Double? = nil,
        memoryBytes: Int64? = nil, mainPID: Int32? = nil
    ) {
        self.load = load
        self.active = active
        self.sub = sub
        self.hash = hash
        self.isLaunched = isLaunched
        self.since = since
        self.restarts = restarts
        self.note = note
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.mainPID = mainPID
    }
}

/// What one unit uses, as the agent measures it.
public struct UnitFigures: Hashable, Sendable {
    /// Share of one core, in percent.
    public var cpuPercent: Double?
    /// Memory in bytes.
    public var memoryBytes: Int64?
    /// Processes and threads.
    public var tasks: Int?
    /// The container its command runs.
    public var container: Container?

    /// Figures; what is unknown stays nil.
    public init(
        cpuPercent: Double? = nil, memoryBytes: Int64? = nil, tasks: Int? = nil, container: Container? = nil
    ) {
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.tasks = tasks
        self.container = container
    }
}

/// A container that a unit's command runs.
public struct Container: Hashable, Sendable {
    /// `podman` or `docker`.
    public var engine: String
    /// Its ID, 64 hexadecimal digits.
    public var id: String
    /// Its name.
    public var name: String
    /// The image it was made from.
    public var image: String

    /// A container.
    public init(engine: String, id: String, name: String, image: String) {
        self.engine = engine
        self.id = id
        self.name = name
        self.image = image
    }
}
