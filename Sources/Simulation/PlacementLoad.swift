import Model
import Scheduling

/// A cluster of any size for measuring the scheduler: 70 % plain units, 20 % that ask for metadata, 5 % that conflict
/// with their like and 5 % that ask for processor and memory.
///
/// **Invariant:** reads no clock; whoever measures does so around ``place()`` and ``loseMachine()``.
public struct PlacementLoad: Sendable {
    private let machines: [Machine]
    private let units: [(name: UnitName, asks: Requirements)]
    private var schedule = Schedule()

    /// A cluster with nothing placed yet.
    public init(machines machineCount: Int, units unitCount: Int, seed: UInt64 = 1) {
        var chance = Chance(seed: seed)
        machines = (0..<machineCount).map { number in
            let metadata = ["zone": "z\(number % 8)", "disk": number % 4 == 0 ? "ssd" : "hdd"]
            return Machine(id: chance.machineID(), metadata: metadata, milliCPU: 64_000, memoryMiB: 262_144)
        }.sorted { $0.id < $1.id }
        units = (0..<unitCount).compactMap { number in
            let asks = Self.requirements(number, &chance)
            guard let name = try? UnitName("\(asks.name)@\(number).service") else { return nil }
            return (name, asks.requirements)
        }
    }

    private static func requirements(
        _ number: Int, _ chance: inout Chance
    ) -> (name: String, requirements: Requirements) {
        switch number % 20 {
        case 14...15: return ("zoned", Requirements(metadata: ["zone": ["z\(chance.below(8))"]]))
        case 16: return ("ssd", Requirements(metadata: ["disk": ["ssd"]]))
        case 17: return ("either", Requirements(metadata: ["zone": ["z1", "z2"], "disk": ["ssd", "hdd"]]))
        case 18:
            let group = "group\(number / 2_000)"
            return (group, Requirements(conflicts: [Glob("\(group)@*.service")]))
        case 19:
            return (
                "sized", Requirements(milliCPU: 500 * (1 + chance.below(4)), memoryMiB: 256 * (1 + chance.below(8)))
            )
        default: return ("web\(number % 1_000)", .none)
        }
    }

    /// Tells the schedule every machine and every unit, wanted launched.
    public mutating func tellFacts() {
        for machine in machines { schedule.set(machine) }
        for unit in units { schedule.setUnit(unit.name, unit.asks, .launched) }
    }

    /// Plans all that is wanted; how many units were placed.
    public mutating func place() -> Int {
        Self.placements(schedule.plan())
    }

    /// Loses one machine and plans for its units; how many were placed.
    public mutating func loseMachine() -> Int {
        schedule.removeMachine(machines[machines.count / 2].id)
        return Self.placements(schedule.plan())
    }

    private static func placements(_ decisions: [Decision]) -> Int {
        decisions.count { if case .place = $0 { true } else { false } }
    }
}
