import Model
import Scheduling

/// Builds schedules of few words.
extension Schedule {
    /// Machines without metadata by ID, and units that are wanted launched.
    init(_ machines: [Machine], wanted: [(UnitName, Requirements)] = []) {
        self.init()
        for machine in machines { set(machine) }
        for (name, asks) in wanted { setUnit(name, asks, .launched) }
    }

    mutating func want(_ name: UnitName, _ asks: Requirements = .none) { setUnit(name, asks, .launched) }
}

extension [Decision] {
    /// Each decision as one line: what a reader of the events sees.
    var lines: [String] {
        map { decision in
            switch decision {
            case .place(let unit, let machine, let reason): "\(unit) -> \(machine): \(reason.sentence)"
            case .withdraw(let unit, let machine, let reason): "\(unit) <- \(machine): \(reason.sentence)"
            case .wait(let unit, let reason): "\(unit) waits: \(reason.sentence)"
            case .hold(let unit, let machine, let reason): "\(unit) stays on \(machine): \(reason.sentence)"
            case .refuseMove(let unit, let reason): "\(unit) is not moved: \(reason.sentence)"
            }
        }
    }
}

func machine(_ id: String, _ metadata: [String: String] = [:], cpu: Int = 0, memory: Int = 0) -> Machine {
    Machine(id: ID(id), metadata: metadata, milliCPU: cpu, memoryMiB: memory)
}

func conflicts(_ globs: String...) -> Requirements { Requirements(conflicts: globs.map { Glob($0) }) }
func replaces(_ globs: String...) -> Requirements { Requirements(replaces: globs.map { Glob($0) }) }
