public import Model

/// Which unit goes to which machine: all that is wanted, all there is, and what has to be decided.
///
/// Facts are set one by one; each marks only what it touches, and ``plan(_:)`` decides only what is marked.
/// Decisions are taken into account at once, so a second plan without new facts is empty.
///
/// **Invariant:** the same facts in the same order give the same decisions; ties go to the lower machine ID.
public struct Schedule: Sendable {
    struct UnitRecord: Sendable {
        var name: UnitName
        var need: Int32
        /// The machine's number; -1 for none.
        var machine: Int32 = -1
        /// Where it stands in its machine's list.
        var slot: Int32 = -1
        var desired: DesiredState
        var isPresent = true
        var isDirty = false
        /// Wants a machine, or a better one, that there was not.
        var isWaiting = false
        /// Its reason to wait is in ``Schedule/told``.
        var isTold = false
        /// Some pattern in use matches its name.
        var isMatched = false
        /// Its machine is lost and its turn has not come.
        var isDelayed = false
    }

    struct MachineRecord: Sendable {
        var id: ID<Machine>
        var rank: UInt32
        var metadata: [String: String] = [:]
        var milliCPU = 0
        var memoryMiB = 0
        var milliCPUUsed = 0
        var memoryUsedMiB = 0
        var load = 0
        var units: [Int32] = []
        /// The pools it is in; none while it is gone or draining.
        var pools: [Int32] = []
        var isPresent = false
        var isDraining = false
        /// Its lease ended or it has not shown up yet, and it may still come: its units stay, it takes none.
        var isAwaited = false
    }

    /// What units ask for, shared by all that ask the same.
    struct Need: Sendable {
        var requirements: Requirements
        var metadata: [(key: String, values: [String])]
        var pool: Int
        var avoids: [Int]
        var conflicts: [Int]
        var replaces: [Int]
        var milliCPU: Int
        var memoryMiB: Int
        /// Any machine of the pool will do.
        var isPlain: Bool
        /// It asks for a machine by ID, or for peers.
        var isTied: Bool
        var hasGlobs: Bool
        /// It likes some machines better than others that fit.
        var hasPreferences: Bool
    }

    /// The machines that have the metadata some units ask for.
    struct Pool: Sendable {
        /// Metadata and rules on it, and nothing else.
        var asks: Requirements
        var heap = LoadHeap()
        var waiting: Set<Int32> = []
        /// Something changed that its waiting units could be helped by.
        var isWoken = false
    }

    var units: [UnitRecord] = []
    var unitNumber: [UnitName: Int32] = [:]
    /// Numbers of units that were destroyed and are free again.
    var freeNumbers: [Int32] = []
    var machines: [MachineRecord] = []
    var machineNumber: [ID<Machine>: Int32] = [:]
    var machinesByShortID: [String: [Int32]] = [:]
    var needs: [Need] = []
    var needNumber: [Requirements: Int32] = [:]
    var pools: [Pool] = []
    var poolNumber: [Requirements: Int] = [:]
    var wokenPools: [Int] = []
    var globs = GlobTable()
    var matched: [Int32: [Int]] = [:]
    /// Units by what stands before their `@`; kept from the first pattern on that can use it.
    var unitsByPrefix: [String: Set<Int32>]?
    var globals: Set<Int32> = []
    var followers: [UnitName: Set<Int32>] = [:]
    var ranks = RankOrder()
    var dirty: [Int32] = []
    var moves: [Int32: ID<Machine>?] = [:]
    var presentCount = 0
    /// Units of lost machines that come back slowly, in their order.
    var delayed: [Int32] = []
    /// How many units want a machine, or a better one, that there is not.
    var waitingCount = 0
    /// Machines came, went or changed since the reasons to wait were looked at.
    var areReasonsStale = false
    /// Reasons to wait that were told already, so that a plan repeats none.
    var told: [Int32: String] = [:]
    /// Units whose reason to wait is over although no decision says so.
    var relieved: Set<UnitName> = []

    /// Nothing known yet.
    public init() {}

    /// A schedule of a cluster as it is.
    public init(machines: [Machine], units: [Unit]) {
        for machine in machines { set(machine) }
        for unit in units { setUnit(unit.name, unit.requirements, unit.desired) }
        for unit in units {
            if let placement = unit.placement { setPlacement(unit.name, placement.machine) }
        }
    }

    /// How many machines there are.
    public var machineCount: Int { presentCount }

    /// Where a unit is placed, decisions not yet carried out included.
    public func placement(of name: UnitName) -> ID<Machine>? {
        guard let number = unitNumber[name] else { return nil }
        let machine = units[Int(number)].machine
        return machine >= 0 ? machines[Int(machine)].id : nil
    }

    /// How many units a machine has.
    public func load(of id: ID<Machine>) -> Int {
        machineNumber[id].map { machines[Int($0)].load } ?? 0
    }

    /// Whether units of lost machines still wait for their turn.
    public var isPaced: Bool { !delayed.isEmpty }
}
