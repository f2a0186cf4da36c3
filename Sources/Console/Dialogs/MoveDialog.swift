import Model
import Scheduling
import Screen

/// Where units are to go: anywhere else, or to one machine; with what speaks against each.
struct MoveDialog: Sendable {
    struct Choice: Hashable, Sendable {
        let machine: ID<Machine>?
        let name: String
        let units: Int
        /// What keeps a unit from it; nil when it fits.
        let misfit: String?
        let isHere: Bool
    }

    let units: [UnitKey]
    let choices: [Choice]
    var selected = 0

    mutating func select(by delta: Int) {
        selected = min(max(0, selected + delta), choices.count - 1)
    }
}

extension Console {
    mutating func askMove() -> [Effect] {
        let keys: [UnitKey] = targets.compactMap { if case .unit(let key) = $0 { key } else { nil } }
        guard let first = keys.first, let part = facts.inventory.clusters[first.cluster] else { return [] }
        guard keys.allSatisfy({ $0.cluster == first.cluster }) else {
            tell("units of one cluster at a time can be moved", .warning)
            return []
        }
        if keys.contains(where: { facts.inventory.unit($0)?.isGlobal ?? false }) {
            tell("a global unit runs on every machine that fits; it cannot be moved", .warning)
            return []
        }
        let anywhere = MoveDialog.Choice(
            machine: nil, name: "anywhere else", units: part.machines.count, misfit: nil, isHere: false)
        dialog = .move(MoveDialog(units: keys, choices: [anywhere] + choices(for: first, in: part)))
        return []
    }

    /// The cluster's machines: those that fit first, the emptiest first.
    private func choices(for key: UnitKey, in part: Inventory.ClusterPart) -> [MoveDialog.Choice] {
        let sorted = part.machines.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        var misfits: [ID<Machine>: Misfit] = [:]
        if part.units.count <= Limits.plannedUnits {
            let schedule = Schedule(
                machines: part.machines.values.sorted { $0.id < $1.id },
                units: part.units.values.sorted { $0.name < $1.name })
            for line in schedule.explain(key.name)?.lines ?? [] { misfits[line.machine] = line.misfit }
        }
        let here = facts.inventory.unit(key)?.placement?.machine
        return sorted.map { machine in
            MoveDialog.Choice(
                machine: machine.id, name: machine.name, units: facts.unitCount(on: part.cluster.id, machine.id),
                misfit: misfits[machine.id]?.sentence, isHere: machine.id == here)
        }
        .sorted { left, right in
            (left.isHere ? 2 : left.misfit == nil ? 0 : 1, left.units) < (
                right.isHere ? 2 : right.misfit == nil ? 0 : 1, right.units
            )
        }
    }

    mutating func changeMove(_ change: (inout MoveDialog) -> Void) {
        guard case .move(var move) = dialog else { return }
        change(&move)
        dialog = .move(move)
    }

    mutating func accept(_ move: MoveDialog) -> [Effect] {
        let choice = move.choices[move.selected]
        if choice.isHere {
            tell("it is there already")
            return []
        }
        if let misfit = choice.misfit {
            tell("\(choice.name) \(misfit)", .warning)
            return []
        }
        let orders = move.units.map { Order.move($0.cluster, $0.name, to: choice.machine) }
        guard move.units.count > Limits.handful else { return send(orders) }
        dialog = .confirmation(
            Confirmation(
                question: "Move \(move.units.count) units?", lines: [[Word("to \(choice.name)")]], orders: orders,
                verb: "move", required: "\(move.units.count)", requiredWhat: "the number of objects"))
        return []
    }
}
