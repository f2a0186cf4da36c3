import Model
import Scheduling
import Screen

/// Where units or VMs are to go: anywhere else, or to one machine or server; with what speaks against each.
struct MoveDialog: Sendable {
    struct Choice: Hashable, Sendable {
        /// Where units go.
        var machine: ID<Machine>?
        /// Where VMs go.
        var server: ID<Server>?
        let name: String
        /// What is there already: `3 units`, `12 VMs`.
        let load: String
        /// What keeps a unit or VM from it; nil when it fits.
        let misfit: String?
        let isHere: Bool

        var isAnywhere: Bool { machine == nil && server == nil }
    }

    var units: [UnitKey] = []
    var vms: [ID<VM>] = []
    let choices: [Choice]
    var selected = 0

    mutating func select(by delta: Int) {
        selected = min(max(0, selected + delta), choices.count - 1)
    }
}

extension Console {
    mutating func askMove() -> [Effect] {
        if !targetVMs.isEmpty { return askMigrate(targetVMs) }
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
            name: "anywhere else", load: "", misfit: nil, isHere: false)
        dialog = .move(MoveDialog(units: keys, choices: [anywhere] + choices(for: first, in: part)))
        return []
    }

    /// The cluster's machines: those that fit first, the emptiest first.
    private func choices(for key: UnitKey, in part: Inventory.ClusterPart) -> [MoveDialog.Choice] {
        let sorted = part.machines.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        var misfits: [ID<Machine>: Misfit] = [:]
        if part.units.count <= Limits.plannedUnits {
            for line in Schedule(part).explain(key.name)?.lines ?? [] { misfits[line.machine] = line.misfit }
        }
        let here = facts.inventory.unit(key)?.placement?.machine
        return inOrder(
            sorted.map { machine in
                let units = facts.unitCount(on: part.cluster.id, machine.id)
                let choice = MoveDialog.Choice(
                    machine: machine.id, name: machine.name, load: "\(units) units",
                    misfit: misfits[machine.id]?.sentence, isHere: machine.id == here)
                return (units, choice)
            })
    }

    /// Those that fit first, of those the ones with the least on them.
    private func inOrder(_ choices: [(load: Int, choice: MoveDialog.Choice)]) -> [MoveDialog.Choice] {
        choices.sorted { left, right in
            (left.choice.isHere ? 2 : left.choice.misfit == nil ? 0 : 1, left.load) < (
                right.choice.isHere ? 2 : right.choice.misfit == nil ? 0 : 1, right.load
            )
        }.map(\.choice)
    }

    /// Servers that VMs can be moved to.
    private mutating func askMigrate(_ vms: [VM]) -> [Effect] {
        guard let first = vms.first, let part = facts.inventory.clouds[first.cloud] else { return [] }
        if case .no(let why) = canAct(.migrate(isLive: false, to: nil)) {
            tell(why, .warning)
            return []
        }
        guard vms.allSatisfy({ $0.cloud == first.cloud }) else {
            tell("VMs of one cloud at a time can be moved", .warning)
            return []
        }
        let servers = part.servers.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        let choices = servers.map { server in
            let count = part.vmsOn[server.id]?.count ?? 0
            let choice = MoveDialog.Choice(
                server: server.id, name: server.name, load: "\(count) VMs",
                misfit: server.state == .up ? nil : "is \(server.state.word)", isHere: server.id == first.server)
            return (count, choice)
        }
        let anywhere = MoveDialog.Choice(name: "anywhere else", load: "", misfit: nil, isHere: false)
        dialog = .move(MoveDialog(vms: vms.map(\.id), choices: [anywhere] + inOrder(choices)))
        return []
    }

    /// Live where it runs on a server that lives, anew elsewhere where its server is dead.
    private func migration(_ id: ID<VM>, to server: ID<Server>?) -> Order? {
        guard let vm = facts.inventory.vm(id) else { return nil }
        if vm.server.flatMap({ facts.inventory.server($0) })?.state == .down {
            return .act(vm.cloud, id, .evacuate(to: server))
        }
        return .act(vm.cloud, id, .migrate(isLive: vm.state == .active || vm.state == .paused, to: server))
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
        if !move.vms.isEmpty {
            let orders = move.vms.compactMap { migration($0, to: choice.server) }
            let stops = orders.contains { if case .act(_, _, let action) = $0 { action.stops } else { false } }
            dialog = .confirmation(confirmation("move", move.vms.map { .vm($0) }, orders, stops: stops))
            return []
        }
        let place = [Word("to "), Word(choice.name, .accent)]
        let how = [
            Word(move.units.count == 1 ? "it stops here and starts there" : "each stops here and starts there", .dim)
        ]
        dialog = .confirmation(
            confirmation(
                "move", move.units.map { .unit($0) },
                move.units.map { .move($0.cluster, $0.name, to: choice.machine) }, [place, how]))
        return []
    }
}
