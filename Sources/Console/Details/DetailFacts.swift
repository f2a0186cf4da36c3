import Model
import Screen

extension Console {
    /// What stands above the parts: a label and what there is to say, a line each.
    func factLines(of subject: Subject) -> [(label: String, words: Line)] {
        switch subject {
        case .unit(let key):
            guard let part = facts.inventory.clusters[key.cluster], let unit = part.units[key.name] else { return gone }
            return factLines(of: unit, in: part)
        case .vm(let id): return facts.inventory.vm(id).map { factLines(of: $0) } ?? gone
        case .machine(let cluster, let id):
            guard let machine = facts.inventory.clusters[cluster]?.machines[id] else { return gone }
            return machineLines(cluster, machine)
        case .server(let id): return facts.inventory.server(id).map { factLines(of: $0) } ?? gone
        case .cluster(let id): return facts.inventory.clusters[id].map { factLines(of: $0) } ?? gone
        case .cloud, .source: return []
        }
    }

    /// The facts that are shown at this height, the most important first: the part below them keeps the larger half.
    func shownFacts(of subject: Subject, height: Int) -> [(label: String, words: Line)] {
        details.isFull ? [] : Array(factLines(of: subject).prefix(height < 10 ? 1 : height / 2 - 1))
    }

    private var gone: [(label: String, words: Line)] { [("", [Word("it is gone", .warning)])] }

    private func factLines(of unit: Unit, in part: Inventory.ClusterPart) -> [(label: String, words: Line)] {
        let column = { (index: Int) in Pane.units.word(.unit(UnitKey(part.cluster.id, unit.name)), index, self.facts) }
        // What no machine tells of is not active in some way: it waits, or was just asked for.
        var isLine = unit.state.map { [column(3), Word(" (\($0.sub))")] } ?? [column(4)]
        if let since = unit.state?.since { isLine.append(Word(" for \(facts.now.since(since).brief)", .dim)) }
        if let restarts = unit.state?.restarts, restarts > 0 {
            isLine.append(Word("   \(restarts) restarts", .warning))
        }
        if let pid = unit.state?.mainPID { isLine.append(Word("   PID \(pid)", .dim)) }
        if let load = unit.state?.load, load != "loaded" { isLine.append(Word("   load \(load)", .warning)) }
        var lines: [(label: String, words: Line)] = []
        lines.append(("is", isLine))
        if let why = facts.why(unit, in: part) {
            lines.append(("why", [Word(why, facts.condition(unit, in: part).face)]))
        }
        let file = unit.isDestroyed ? [] : [Word("   file \(unit.file.hash.short)", .dim)] + difference(unit)
        lines.append(("wanted", [column(2)] + file))
        if unit.isGlobal || unit.placement != nil {
            lines.append(("on", [column(6), Word(" · ", .dim), column(7), Word("   machine ", .dim), column(5)]))
        }
        if let state = unit.state {
            let tasks = state.tasks.map { [Word("   tasks ", .dim), Word("\($0)")] } ?? []
            lines.append(("uses", [Word("CPU ", .dim), column(9), Word("   memory ", .dim), column(10)] + tasks))
        }
        if let container = unit.state?.container {
            let names = "\(container.engine) \(container.name) \(container.id.prefix(12))"
            lines.append(("runs", [Word(names, .accent), Word("   image ", .dim), Word(container.image)]))
        }
        if let description = unit.described { lines.append(("what", [Word(description)])) }
        return lines
    }

    /// Says when a machine has another file than the one stored.
    private func difference(_ unit: Unit) -> Line {
        if let roll = unit.roll {
            let count = unit.states.values.count { $0.hash == roll.file.hash }
            return [Word("   new file \(roll.file.hash.short) on \(count) of \(unit.states.count)", .warning)]
        }
        guard let hash = unit.state?.hash, hash != unit.file.hash else { return [] }
        return [Word("   the machine has \(hash.short)", .warning)]
    }

    func machineLines(_ cluster: ID<Cluster>, _ machine: Machine) -> [(label: String, words: Line)] {
        let metadata = machine.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let figures = facts.inventory.clusters[cluster]?.figures[machine.id]
        var state = Word("joined", .good)
        if machine.isDraining { state = Word("draining: takes no units", .warning) }
        if let rival = machine.rival { state = Word("its ID is taken again: \(rival) was refused", .critical) }
        return [
            (
                "machine",
                [Word(machine.id.short, .accent), Word(" "), state, Word("   agent \(machine.version)", .dim)]
            ),
            (
                "metadata",
                [Word(metadata.isEmpty ? "none" : metadata.joined(separator: " "), metadata.isEmpty ? .dim : .text)]
            ),
            ("uses", [facts.load([machine.id]), Word("   memory ", .dim), Figure.bytes(figures?.memoryBytes)]),
        ]
    }

    private func factLines(of server: Server) -> [(label: String, words: Line)] {
        let column = { (index: Int) in Pane.servers.word(.server(server.id), index, self.facts) }
        return [
            ("state", [column(1), Word("   "), column(10)]),
            ("cloud", [column(7), Word("   zone ", .dim), column(9)]),
            (
                "VCPU",
                [
                    column(2), Word("   RAM ", .dim), column(3), Word("   disk ", .dim), column(8),
                    Word("   CPU now ", .dim), column(6),
                ]
            ),
            ("carries", [column(4), Word(" VMs, "), column(5), Word(" units")]),
        ]
    }

    private func factLines(of part: Inventory.ClusterPart) -> [(label: String, words: Line)] {
        let column = { (index: Int) in Pane.clusters.word(.cluster(part.cluster.id), index, self.facts) }
        return [
            ("machines", [column(1), Word("   units ", .dim), column(2), Word("   "), column(10)]),
            ("leader", [column(3), Word("   quorum ", .dim), column(4), Word("   rev ", .dim), column(6)]),
            ("store", [column(7), Word("   elected ", .dim), column(8), Word("   database ", .dim), column(9)]),
            (
                "customer",
                [
                    column(5), Word("   flavor ", .dim), Word(part.cluster.flavor ?? "–"), Word("   image ", .dim),
                    Word(part.cluster.image ?? "–"),
                ]
            ),
        ]
    }
}
