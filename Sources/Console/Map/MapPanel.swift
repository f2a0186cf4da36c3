import Model
import Screen

extension Console {
    /// What is told of the selected object below the map.
    func drawMapPanel(_ state: MapState, in rect: Rect, on screen: inout Screen) {
        guard let cursor = state.cursor else { return }
        if rect.height > 2 { screen.fill(rect.row(0), with: "─", .border) }
        let lines = mapLines(cursor)
        let first = rect.height > 2 ? 1 : 0
        for (offset, line) in lines.prefix(rect.height - first).enumerated() {
            screen.put(line, in: Rect(x: rect.x + 1, y: rect.y + first + offset, width: rect.width - 2))
        }
    }

    private func mapLines(_ subject: Subject) -> [Line] {
        switch subject {
        case .server(let id): facts.inventory.server(id).map { mapLines($0) } ?? []
        case .vm(let id): facts.inventory.vm(id).map { mapLines($0) } ?? []
        case .machine(let cluster, let id):
            facts.inventory.clusters[cluster]?.machines[id].map { machine in
                let head: Line = [
                    Word(machine.name, .titleFocused), Word("  machine of ", .dim),
                    Word(facts.name(of: .cluster(cluster)), facts.face(of: cluster)), Word("  no VM known", .dim),
                ]
                return [head] + unitLines(cluster, id)
            } ?? []
        case .cloud, .cluster, .unit, .source: []
        }
    }

    private func mapLines(_ server: Server) -> [Line] {
        let column = { (index: Int) in Pane.servers.word(.server(server.id), index, self.facts) }
        let note = column(10)
        let machines = facts.machines(on: server)
        let clusters = Set(machines.map(\.cluster)).sorted().map { facts.name(of: .cluster($0)) }
        var conditions = UnitCounts()
        var bad: [Line] = []
        for (cluster, machine) in machines {
            let (counts, lines) = unitStanding(cluster, machine)
            conditions.add(counts)
            bad += lines
        }
        let head: Line = [
            Word(server.name, .titleFocused), Word("  "), column(1),
            Word(note.text.isEmpty ? "" : " \(note.text)", note.face),
            Word("   VCPU ", .dim), column(2), Word("   RAM ", .dim), column(3), Word("   CPU now ", .dim), column(6),
        ]
        let carries: Line =
            [
                Word("carries ", .dim), column(4), Word(" VMs"), Word("   units ", .dim),
            ] + standing(conditions) + [
                Word(clusters.isEmpty ? "" : "   of \(clusters.joined(separator: ", "))", .dim)
            ]
        return [head, carries] + bad
    }

    private func mapLines(_ vm: VM) -> [Line] {
        let column = { (index: Int) in Pane.vms.word(.vm(vm.id), index, self.facts) }
        let note = column(17)
        var head: Line = [
            Word(vm.name, .titleFocused), Word("  "), column(1),
            Word(note.text.isEmpty ? "" : " \(note.text)", note.face),
            Word("   on ", .dim), column(2), Word("   cluster ", .dim), column(3), Word("   age ", .dim), column(16),
        ]
        guard let place = facts.inventory.machineOfVM[vm.id] else {
            let growth = growths.last { $0.steps[vm.id] != nil }
            return growth.map { [head, progress($0)] } ?? [head, [Word("no machine of a cluster runs in it", .dim)]]
        }
        head += [Word("   CPU ", .dim), column(4), Word("   memory ", .dim), column(5)]
        return [head] + unitLines(place.cluster, place.machine)
    }

    private func unitLines(_ cluster: ID<Cluster>, _ machine: ID<Machine>) -> [Line] {
        let (counts, bad) = unitStanding(cluster, machine)
        return [[Word("units ", .dim)] + standing(counts)] + bad
    }

    private func standing(_ counts: UnitCounts) -> Line {
        var line = [Word("\(counts.all)")]
        for condition in [Condition.good] + Condition.allCases where counts[condition] > 0 {
            if condition == .good, line.count > 1 { continue }
            line.append(Word(" \(condition.countMark)\(counts[condition])", condition.face))
        }
        return line
    }

    /// A machine's units by condition, and those that need attention, each in a line.
    private func unitStanding(_ cluster: ID<Cluster>, _ machine: ID<Machine>) -> (UnitCounts, [Line]) {
        guard let part = facts.inventory.clusters[cluster] else { return (UnitCounts(), []) }
        var counts = UnitCounts()
        var bad: [(Condition, Line)] = []
        for unit in facts.inventory.units(on: machine, in: cluster) {
            let condition = facts.condition(unit, in: part)
            counts[condition] += 1
            guard condition.isBad else { continue }
            bad.append(
                (
                    condition,
                    [
                        Word("\(condition.mark) \(unit.name) ", condition.face),
                        Word(facts.why(unit, in: part) ?? "", .dim),
                    ]
                ))
        }
        return (counts, bad.sorted { $0.0 < $1.0 }.map(\.1))
    }
}
