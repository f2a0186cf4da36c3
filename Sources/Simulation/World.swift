import Keyspace
import Model
import Roles

/// Machines, a store and the network between them, in virtual time.
///
/// **Invariant:** reads no clock; everything that happens follows from the seed and the play.
struct World: Sendable {
    enum Event: Sendable {
        /// Something for the process of a machine, while it lives.
        case process(Int, life: Int, ProcessEvent)
        /// An operation of a unit manager comes to its end.
        case settle(Int, boot: Int, UnitName, operation: Int)
        /// A request reaches the store.
        case store(Int, life: Int, Request)
        /// Leases end.
        case tick
        /// Something done to the world.
        case step(Play.Step)
        /// Chance strikes.
        case fault
    }

    enum ProcessEvent: Sendable {
        case agent(Agent.Event)
        case scheduler(Scheduler.Event)
        case deliver
        case keepLease
        case answer(Answer)
        case request(Request)
    }

    enum Request: Sendable {
        case read(isFeed: Bool)
        case register
        case keepAlive(Int64)
        case campaign
        case commit(batch: Int, fence: Int64, guards: [StoreGuard], writes: [StoreWrite])
        case publish([UnitName: UnitState?])
    }

    enum Answer: Sendable {
        case read(ClusterContents, revision: Int64, isFeed: Bool)
        case registered(lease: Int64)
        case keptAlive
        case leaseGone
        case elected(fence: Int64)
        case notElected
        case committed(batch: Int, revision: Int64)
        case refused(batch: Int)
        case deposed
        case published
        case unpublished([UnitName])
        case failed(Request)
    }

    static let leaseSeconds: Int64 = 5
    /// How long a machine may be cut off before it stops what others may run.
    static let grace = Duration.seconds(15)

    var now = Timestamp.zero
    var queue = EventQueue<Event>()
    var chance: Chance
    var store = StoreTwin()
    var nodes: [Node] = []
    var numberOf: [ID<Machine>: Int] = [:]
    var isStoreAway = false
    var faults: Faults
    var faultsEnd: Timestamp
    var trace: [String] = []
    var keepsTrace = true
    var violations: [String] = []
    var count = SimulationReport.Counts()
    /// The leader record as the store has it, for checking that no other writes.
    var fence: Int64 = 0
    var eventNumber = 0
    /// What commits mean to the roles, by revision: every machine watches the same ones.
    var meanings: [Int64: [ClusterChange]] = [:]
    /// Looks after every event whether the rules hold.
    var isChecked = true

    init(seed: UInt64, faults: Faults, faultsEnd: Timestamp, start: Timestamp = .zero) {
        now = start
        chance = Chance(seed: seed)
        self.faults = faults
        self.faultsEnd = faultsEnd
        queue.push(.tick, at: now)
    }

    mutating func after(_ milliseconds: Int, _ event: Event) {
        queue.push(event, at: now + .milliseconds(milliseconds))
    }

    /// Runs until a moment, checking after every event.
    mutating func run(until end: Timestamp) {
        while let (at, event) = queue.pop() {
            if at > end {
                queue.push(event, at: at)
                break
            }
            now = at
            count.events += 1
            handle(event)
        }
        now = end
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .process(let node, let life, let what):
            guard nodes[node].life == life, nodes[node].isUp else { return }
            if nodes[node].isPaused {
                nodes[node].deferred.append((event, eventNumber))
                eventNumber += 1
                return
            }
            process(node, what)
        case .settle(let node, let boot, let name, let operation):
            guard nodes[node].boot == boot, nodes[node].operation[name] == operation else { return }
            settle(node, name)
        case .store(let node, let life, let request): reach(node, life, request)
        case .tick:
            after(250, .tick)
            checkTwice()
            guard !isStoreAway else { return }
            for commit in store.expireLeases(at: now) { note(commit) }
        case .step(let step): carryOut(step)
        case .fault: strike()
        }
    }

    private mutating func process(_ node: Int, _ what: ProcessEvent) {
        switch what {
        case .agent(let event): tellAgent(node, event)
        case .scheduler(let event): tellScheduler(node, event)
        case .deliver: deliver(node)
        case .keepLease: keepLease(node)
        case .answer(let answer): take(answer, node)
        case .request(.campaign): campaign(node)
        case .request(let request): ask(node, request)
        }
    }

    func isReachable(_ node: Int) -> Bool { !isStoreAway && nodes[node].isUp && !nodes[node].isCut }

    mutating func tell(_ text: String) {
        guard keepsTrace else { return }
        trace.append("\(Self.clock(now)) \(text)")
    }

    static func clock(_ moment: Timestamp) -> String {
        let rest = String(moment.milliseconds % 1_000)
        return "\(moment.milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
