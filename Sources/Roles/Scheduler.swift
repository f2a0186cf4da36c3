public import Model
import Scheduling

/// Turns plans into guarded commits while it leads; watches and keeps ready while it does not.
///
/// **Invariant:** commits only under its own leadership (`fence`), never on knowledge that is older than the store's
/// last silence: after one, lost machines get a lease's time to come back before their units move.
public struct Scheduler: Role {
    /// What it is told.
    public enum Event: Sendable {
        /// Everything in the store, anew.
        case contents(ClusterContents)
        /// What changed, in order.
        case changes([ClusterChange])
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
    var waits: Set<UnitName> = []
    var moves: [UnitName: Move] = [:]
    var inFlight: [Int: [UnitName]] = [:]
    var nextBatch = 1
    var fence: Int64?
    var leader: ID<Machine>?
    var isCampaigning = false
    var hasContents = false
    var lastHeard: Timestamp?
    var settledAt: Timestamp?
    /// Machines whose lease ended while the store could not be trusted, and when that counts.
    var suspects: [ID<Machine>: Timestamp] = [:]
    var losses: [(at: Timestamp, machine: ID<Machine>)] = []
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
        case .contents(let contents): take(contents, at: now)
        case .changes(let changes): for change in changes { take(change, at: now, &effects) }
        case .heard: break
        case .elected(let fence):
            self.fence = fence
            isCampaigning = false
        case .deposed:
            fence = nil
            isCampaigning = false
            inFlight = [:]
        case .committed(let batch, let revision):
            for name in inFlight.removeValue(forKey: batch) ?? [] where placementRevision[name] != nil {
                placementRevision[name] = max(placementRevision[name] ?? 0, revision)
            }
        case .refused(let batch):
            if inFlight.removeValue(forKey: batch) != nil { effects.append(.readAnew) }
            return effects
        case .wake: break
        }
        if hasContents, leader == nil, fence == nil, !isCampaigning {
            isCampaigning = true
            effects.append(.campaign)
        }
        countSuspects(at: now, &effects)
        if fence != nil, hasContents, inFlight.isEmpty { commit(at: now, &effects) }
        return effects
    }

    /// After a silence longer than a healthy store ever keeps, and after the start, waits one lease before it believes
    /// that machines are gone: the store may be back before they could renew.
    private mutating func hear(at now: Timestamp) {
        let silence = lastHeard.map { now.since($0) }
        if silence.map({ $0 > limits.leaseTTL * 3 / 4 }) ?? true { settledAt = now + limits.leaseTTL }
        lastHeard = now
    }

    private mutating func countSuspects(at now: Timestamp, _ effects: inout [Effect]) {
        guard !suspects.isEmpty else { return }
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

extension Scheduler.Event {
    fileprivate var isFromStore: Bool {
        switch self {
        case .contents, .changes, .heard, .elected, .committed: true
        case .deposed, .refused, .wake: false
        }
    }
}
