import Model
import Roles

/// One machine of the simulated cluster: its unit manager, and the process with the agent and the scheduler.
struct Node: Sendable {
    /// A unit as the unit manager has it.
    struct Managed: Sendable {
        var hash: UnitHash
        var file: UnitFile
        var isLaunched: Bool
        var active: UnitState.Active
        var sub: String
        var restarts = 0
        var since: Timestamp

        var state: UnitState {
            UnitState(active: active, sub: sub, isLaunched: isLaunched, since: since, restarts: restarts)
        }

        /// It runs, or is about to.
        var isRunning: Bool { isLaunched && (active == .active || active == .activating) }
    }

    let machine: Machine
    var agent: Agent
    var scheduler = Scheduler()
    var managed: [UnitName: Managed] = [:]
    /// What operations are under way; of two for one unit only the later counts.
    var operation: [UnitName: Int] = [:]
    var isUp = false
    var isPaused = false
    var isCut = false
    /// Since when its process lives without the store; nil while it has it.
    var cutSince: Timestamp?
    /// Since when it has been registered, up, connected and not paused; nil while it is not.
    var healthySince: Timestamp?
    /// Rises when the machine starts anew.
    var boot = 0
    /// Rises when the process starts anew.
    var life = 0
    var lease: Int64?
    var savedLease: Int64?
    /// The next revision that its watch wants; nil while it has none.
    var nextRevision: Int64?
    var isDelivering = false
    /// The newest revision that its agent was told of.
    var known: Int64 = 0
    var wakeAt: Timestamp?
    var unpublished: [UnitName: UnitState?] = [:]
    var isPublishing = false
    /// What came while it was paused.
    var deferred: [(event: World.Event, number: Int)] = []

    init(machine: Machine) {
        self.machine = machine
        agent = Agent(machine: machine, grace: World.grace)
    }

    var isHealthy: Bool { isUp && !isPaused && !isCut }
}
