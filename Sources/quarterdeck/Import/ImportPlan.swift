import Model
import Scheduling

/// What taking a fleet cluster's units over would come to, unit by unit.
struct ImportPlan: Sendable {
    /// One unit that is to be taken over.
    struct Step: Sendable {
        let name: UnitName
        let file: UnitFile
        /// What is wanted of it there, or was before it was stopped for this.
        let wanted: DesiredState
        let outlook: Outlook
    }

    /// What would become of it here.
    enum Outlook: Hashable, Sendable {
        /// Its file is stored; nothing is wanted of it.
        case stored
        /// It is here, and wanted as it was there.
        case taken
        /// It would be placed on this machine.
        case placed(ID<Machine>, why: String)
        /// It would run on so many of all machines.
        case global(Int, of: Int)
        /// It would wait.
        case waits(String)
        /// Another file of that name is stored here.
        case differs
        /// Its file is refused here.
        case refused([UnitFileError.Problem])

        /// Why taking it over now would leave it running nowhere; nil when it would not.
        var obstacle: String? {
            switch self {
            case .waits(let why): "it would wait here: \(why)"
            case .differs: "another file of that name is here; --replace takes fleet's"
            case .refused(let problems): problems.map(\.description).joined(separator: "; ")
            case .global(0, of: _): "no machine here fits"
            case .stored, .taken, .placed, .global: nil
            }
        }
    }

    let steps: [Step]

    /// - Parameters:
    ///   - here: our cluster
    ///   - there: fleet's
    ///   - notes: what was wanted there of units that are being taken over already
    ///   - replace: another file that is stored here gives way
    init(
        here: ClusterContents, there: ClusterContents, notes: [UnitName: DesiredState], replace: Bool,
        choosing isChosen: (UnitName) -> Bool = { _ in true }
    ) {
        let own = Dictionary(here.units.map { ($0.name, $0) }) { first, _ in first }
        let chosen = there.units.filter { isChosen($0.name) }
        var schedule = Schedule(machines: here.machines, units: here.units)
        for unit in chosen where unit.file.problems(as: unit.name).isEmpty && !unit.name.isTemplate {
            // What a unit asks for there is what fleet reads of its file; here all of it counts.
            schedule.setUnit(
                unit.name, Requirements(of: unit.file, name: unit.name), notes[unit.name] ?? unit.desired)
        }
        var places: [UnitName: Outlook] = [:]
        for decision in schedule.plan() {
            switch decision {
            case .place(let unit, let machine, let reason): places[unit] = .placed(machine, why: reason.sentence)
            case .wait(let unit, let reason): places[unit] = .waits(reason.sentence)
            case .withdraw, .hold, .refuseMove: break
            }
        }
        let planned = schedule
        steps = Self.ordered(chosen).map { unit in
            let wanted = notes[unit.name] ?? unit.desired
            let outlook = Self.outlook(unit, wanted, own[unit.name], notes[unit.name] != nil, replace) {
                if unit.isGlobal {
                    return .global(planned.machinesThatFit(unit.name).count, of: here.machines.count)
                }
                if let found = places[unit.name] { return found }
                return planned.placement(of: unit.name).map { .placed($0, why: "it is there already") }
                    ?? .waits("nothing is known of it")
            }
            return Step(name: unit.name, file: unit.file, wanted: wanted, outlook: outlook)
        }
    }

    private static func outlook(
        _ unit: Unit, _ wanted: DesiredState, _ own: Unit?, _ isUnderWay: Bool, _ replace: Bool,
        _ planned: () -> Outlook
    ) -> Outlook {
        let problems = unit.file.problems(as: unit.name)
        if !problems.isEmpty { return .refused(problems) }
        if let own {
            if own.file.text != unit.file.text, !replace { return .differs }
            let isGone = unit.desired == .inactive && unit.states.isEmpty
            if own.file.text == unit.file.text, !isUnderWay, isGone, own.desired > .inactive { return .taken }
        }
        return unit.name.isTemplate || wanted == .inactive ? .stored : planned()
    }

    /// Templates first, then peers before the units that want to be beside them, else by name.
    private static func ordered(_ units: [Unit]) -> [Unit] {
        let all = Dictionary(units.map { ($0.name, $0) }) { first, _ in first }
        var done: Set<UnitName> = []
        var ordered: [Unit] = []
        func add(_ unit: Unit, _ depth: Int) {
            guard done.insert(unit.name).inserted else { return }
            if depth < 64 {
                for peer in unit.requirements.peers.sorted() {
                    if let found = all[peer] { add(found, depth + 1) }
                }
            }
            ordered.append(unit)
        }
        let sorted = units.sorted { ($0.name.isTemplate ? 0 : 1, $0.name) < ($1.name.isTemplate ? 0 : 1, $1.name) }
        for unit in sorted { add(unit, 0) }
        return ordered
    }

    /// What stands in the way, as lines `unit:line: what; remedy`.
    var obstacles: [String] {
        steps.flatMap { step -> [String] in
            if case .refused(let problems) = step.outlook {
                return UnitFileError(file: step.name.text, problems: problems).description
                    .split(separator: "\n").map(String.init)
            }
            return step.outlook.obstacle.map { ["\(step.name): \($0)"] } ?? []
        }
    }

    /// A line for each unit: its name, what is wanted, what becomes of it.
    func rows(_ machines: [Machine]) -> [[String]] {
        steps.map { step in
            let here: String
            switch step.outlook {
            case .stored: here = "stored"
            case .taken: here = "is here already"
            case .placed(let id, let why):
                let name = machines.first { $0.id == id }?.name ?? id.short
                here = "on \(id.short)/\(name): \(why)"
            case .global(let count, let all): here = "on \(count) of \(all) machines"
            case .waits(let why): here = "would wait: \(why)"
            case .differs: here = "another file is here"
            case .refused(let problems): here = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
            }
            return [step.name.text, step.wanted.rawValue, here]
        }
    }
}
