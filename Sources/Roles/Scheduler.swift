public import Model
import Scheduling

/// Turns plans into guarded commits while it leads; watches and keeps ready while it does not.
///
/// **Invariant:** commits only under its own leadership (`fence`), never on knowledge that is older than the store's
/// last silence: after one, lost machines get a lease's time to come back before their units move.
public struct Scheduler: Role {
    /// What it is told.
    public enum Event: Sendable {
        /// Everything in the store, anew, as of a revision; 0 when it is not known.
        case contents(ClusterContents, revision: Int64 = 0)
        /// What changed at a revision, in order; 0 when it is not known.
        case changes([ClusterChange], revision: Int64 = 0)
        /// The store answered.
        case heard
        /// It leads now; its leader record was created at that revision.
        case elected(fence: Int64)
        /// Somebody else leads, or nobody.
        case deposed
        /// A commit was made, at that revision.
        case committed(batch: Int, revision: Int64)
        /// A commit was refused: a guard no longer held, or the store did not answer.
        case refused(batch: Int)
        /// The time asked for has come.
        case wake
    }

    /// What it wants done.
    public enum Effect: Hashable, Sendable {
        /// Try to lead.
        case campaign
        /// Write all or nothing, if every guard holds and the leader record is still ours.
        case commit(batch: Int, fence: Int64, guards: [StoreGuard], writes: [StoreWrite])
        /// Read everything anew.
        case readAnew
        /// Tell `wake` then.
        case wake(at: Timestamp)
    }

    /// Numbers that shape it.
    public struct Limits: Hashable, Sendable {
        /// How long a machine's lease lasts.
        public var leaseTTL: Duration
        /// Decisions in one commit: each may write three records, and etcd takes 128 operations.
        public var batch = 40
        /// How long machines have at least to come back after the store was silent, however short their leases are: to
        /// connect again they pause up to 2.4 s, and to renew 1 s.
        public var comingBack: Duration = .seconds(5)
        /// Losses within this time count together.
        public var lossWindow: Duration = .seconds(10)

        /// The default TTL is the one the agent uses.
        public init(leaseTTL: Duration = .seconds(5)) {
            self.leaseTTL = leaseTTL
        }
    }

    let limits: Limits
    var schedule = Schedule()
    var placementRevision: [UnitName: Int64] = [:]
    var unitRevision: [UnitName: Int64] = [:]
    /// Units whose reason to wait is in the store.
    var waits: Set<UnitName> = []
    var moves: [UnitName: Move] = [:]
    var inFlight: [Int: CommitInFlight] = [:]
    var unitsInFlight: Set<UnitName> = []
    var nextBatch = 1
    var fence: Int64?
    var leader: ID<Machine>?
    var isCampaigning = false
    var hasCampaigned = false
    var hasContents = false
    /// A commit was refused: nothing is planned before everything was read anew.
    var isReading = false
    /// The newest revision that was heard of, where the feed tells revisions.
    var seen: Int64 = 0
    var lastHeard: Timestamp?
    var settledAt: Timestamp?
    /// Machines whose lease ended while the store could not be trusted, and when that counts.
    var suspects: [ID<Machine>: Timestamp] = [:]
    var losses: [(at: Timestamp, machine: ID<Machine>)] = []
    /// The mass loss whose units still come back.
    var massLoss: (lost: Int, of: Int)?
    var lastPaced: Timestamp?
    var present: Set<ID<Machine>> = []
    var drains: Set<ID<Machine>> = []

    /// A scheduler that knows nothing yet.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether it leads.
    public var isLeading: Bool { fence != nil }

    /// Takes one event in and says what is to be done.
    public mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        if event.isFromStore { hear(at: now) }
        switch event {
        case .contents(let contents, let revision): take(contents, revision, at: now, &effects)
        case .changes(let changes, let revision): take(changes, revision, at: now)
        case .heard, .wake: break
        case .elected(let fence):
            self.fence = fence
            isCampaigning = false
            schedule.orderMarked()
        case .deposed: stepDown(&effects)
        case .committed(let batch, let revision): finish(batch, at: revision)
        case .refused(let batch): refuse(batch, &effects)
        }
        // The first time whoever leads: it may be an earlier process of this machine, whose lease goes on.
        if hasContents, leader == nil || !hasCampaigned, fence == nil, !isCampaigning {
            isCampaigning = true
            hasCampaigned = true
            effects.append(.campaign)
        }
        countSuspects(at: now, &effects)
        if mayCommit { commit(at: now, &effects) }
        return effects
    }

    /// Only a leader that knows all that was written before it led, and what became of its own commits.
    private var mayCommit: Bool {
        guard let fence, hasContents, !isReading, inFlight.isEmpty else { return false }
        return seen == 0 || seen >= fence
    }

    /// A late answer to an older campaign may say so of one that leads: then another campaign finds its own record.
    private mutating func stepDown(_ effects: inout [Effect]) {
        if fence != nil { hasCampaigned = false }
        fence = nil
        isCampaigning = false
        if inFlight.isEmpty { return }
        // What became of them is not known, and the schedule took them for granted.
        inFlight = [:]
        unitsInFlight = []
        readAnew(&effects)
    }

    private mutating func finish(_ batch: Int, at revision: Int64) {
        guard let commit = inFlight.removeValue(forKey: batch) else { return }
        unitsInFlight.subtract(commit.units)
        for name in commit.placed { placementRevision[name] = revision }
    }

    private mutating func refuse(_ batch: Int, _ effects: inout [Effect]) {
        guard let commit = inFlight.removeValue(forKey: batch) else { return }
        unitsInFlight.subtract(commit.units)
        readAnew(&effects)
    }

    private mutating func readAnew(_ effects: inout [Effect]) {
        if !isReading { effects.append(.readAnew) }
        isReading = true
    }

    /// After a silence longer than a healthy store ever keeps, and after the start, waits one lease before it believes
    /// that machines are gone: the store may be back before they could renew.
    mutating func hear(at now: Timestamp) {
        if !isHeard(at: now) {
            let settled = now + max(limits.leaseTTL, limits.comingBack)
            settledAt = settled
            for machine in suspects.keys { suspects[machine] = settled }
        }
        lastHeard = now
    }

    private func isHeard(at now: Timestamp) -> Bool {
        lastHeard.map { now.since($0) <= limits.leaseTTL / 2 } ?? false
    }

    /// Gives up the machines whose time is over; while the store is silent nobody's time goes by.
    private mutating func countSuspects(at now: Timestamp, _ effects: inout [Effect]) {
        guard !suspects.isEmpty, isHeard(at: now) else { return }
        for (machine, due) in suspects.sorted(by: { $0.key < $1.key }) where due <= now {
            suspects[machine] = nil
            lose(machine, at: now)
        }
        if let next = suspects.values.min() { effects.append(.wake(at: next)) }
    }

    mutating func lose(_ machine: ID<Machine>, at now: Timestamp) {
        guard present.remove(machine) != nil else { return }
        losses.append((now, machine))
        schedule.removeMachine(machine)
    }
}

/// A commit whose answer is not here yet.
struct CommitInFlight: Sendable {
    /// All units it writes of.
    var units: [UnitName]
    /// Those of them that it places.
    var placed: [UnitName]
}

extension Scheduler.Event {
    fileprivate var isFromStore: Bool {
        switch self {
        case .contents, .changes, .heard, .elected, .committed: true
        case .deposed, .refused, .wake: false
        }
    }
}
