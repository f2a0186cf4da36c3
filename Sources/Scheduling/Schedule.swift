public import Model

/// Which unit goes to which machine: all that is wanted, all there is, and what has to be decided.
///
/// Facts are set one by one; each marks only what it touches, and ``plan(limit:)`` decides only what is marked.
/// Decisions are taken into account at once, so a second plan without new facts is empty.
///
/// **Invariant:** the same facts in the same order give the same decisions; ties go to the lower machine ID.
public struct Schedule: Sendable {
    struct UnitRecord: Sendable {
        var name: UnitName
        var need: Int
        var desired: DesiredState
        /// The machine's number; -1 for none.
        var machine: Int32 = -1
        /// Where it stands in its machine's list.
        var slot: Int32 = -1
        var isPresent = true
        var isDirty = false
        var isWaiting = false
        var isLost = false
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
        var isPresent = false
        var isDraining = false
    }

    /// What units ask for, shared by all that ask the same.
    struct Need: Sendable {
        var requirements: Requirements
        var pool: Int
        var conflicts: [Int]
        var replaces: [Int]
        var milliCPU: Int { requirements.milliCPU }
        var memoryMiB: Int { requirements.memoryMiB }
        /// Any machine of the pool will do.
        var isPlain: Bool
    }

    /// The machines that have the metadata some units ask for.
    struct Pool: Sendable {
        var metadata: [String: [String]]
        var heap = LoadHeap()
        var waiting: Set<Int32> = []
    }

    var units: [UnitRecord] = []
    var unitNumber: [UnitName: Int32] = [:]
    var machines: [MachineRecord] = []
    var machineNumber: [ID<Machine>: Int32] = [:]
    var needs: [Need] = []
    var needNumber: [Requirements: Int] = [:]
    var pools: [Pool] = []
    var poolNumber: [[String: [String]]: Int] = [:]
    var globs = GlobTable()
    var matched: [Int32: [Int]] = [:]
    var unitsByPrefix: [String: [Int32]] = [:]
    var globals: Set<Int32> = []
    var followers: [UnitName: Set<Int32>] = [:]
    var ranks = RankOrder()
    var dirty: [Int32] = []
    var moves: [Int32: ID<Machine>?] = [:]
    var presentCount = 0
    /// Units of lost machines that come back slowly.
    var delayed: [Int32] = []
    /// Waiting reasons already told, so that a plan repeats none.
    var told: [Int32: Reason] = [:]

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

    mutating func mark(_ unit: Int32) {
        guard !units[Int(unit)].isDirty else { return }
        units[Int(unit)].isDirty = true
        dirty.append(unit)
    }

    /// Marks the waiting units that a change of this machine could help.
    mutating func wakeWaiting(for machine: Int32) {
        for pool in pools.indices where !pools[pool].waiting.isEmpty && pools[pool].heap.contains(machine) {
            for unit in pools[pool].waiting.sorted() { mark(unit) }
        }
    }

    mutating func changeLoad(of machine: Int32, by delta: Int) {
        machines[Int(machine)].load += delta
        let key = LoadHeap.key(load: machines[Int(machine)].load, rank: machines[Int(machine)].rank)
        for pool in pools.indices { pools[pool].heap.update(machine, key: key) }
    }

    /// Writes a unit into a machine's books, or out of them.
    mutating func book(_ unit: Int32, on machine: Int32, _ sign: Int32) {
        let at = units[Int(unit)].need
        machines[Int(machine)].milliCPUUsed += Int(sign) * needs[at].milliCPU
        machines[Int(machine)].memoryUsedMiB += Int(sign) * needs[at].memoryMiB
        changeLoad(of: machine, by: Int(sign))
        if globs.isEmpty { return }
        let need = needs[at]
        for number in need.conflicts { globs.count(\.conflicting, number, machine, sign) }
        for number in need.replaces { globs.count(\.replacing, number, machine, sign) }
        for number in matched[unit] ?? [] { globs.count(\.matching, number, machine, sign) }
    }

    mutating func put(_ unit: Int32, on machine: Int32) {
        precondition(units[Int(unit)].machine < 0, "unit \(units[Int(unit)].name) is placed already")
        units[Int(unit)].machine = machine
        units[Int(unit)].slot = Int32(machines[Int(machine)].units.count)
        machines[Int(machine)].units.append(unit)
        book(unit, on: machine, 1)
        stopWaiting(unit)
        markFollowers(of: unit)
    }

    mutating func take(_ unit: Int32) {
        let machine = units[Int(unit)].machine
        guard machine >= 0 else { return }
        book(unit, on: machine, -1)
        let slot = Int(units[Int(unit)].slot)
        let last = machines[Int(machine)].units.removeLast()
        if last != unit {
            machines[Int(machine)].units[slot] = last
            units[Int(last)].slot = Int32(slot)
        }
        units[Int(unit)].machine = -1
        units[Int(unit)].slot = -1
        wakeWaiting(for: machine)
        if !globals.isEmpty, globals.contains(unit), carries(machines[Int(machine)], unit) {
            book(unit, on: machine, 1)
        }
        markFollowers(of: unit)
    }

    mutating func stopWaiting(_ unit: Int32) {
        told[unit] = nil
        guard units[Int(unit)].isWaiting else { return }
        units[Int(unit)].isWaiting = false
        pools[needs[units[Int(unit)].need].pool].waiting.remove(unit)
    }

    mutating func markFollowers(of unit: Int32) {
        if followers.isEmpty { return }
        for follower in (followers[units[Int(unit)].name] ?? []).sorted() { mark(follower) }
    }
}
