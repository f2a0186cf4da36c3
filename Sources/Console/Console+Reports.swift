import Model
import Screen

extension Console {
    /// Takes a report into the inventory, and notes what it touched.
    mutating func take(_ report: Report) {
        switch report.body {
        case .figures(_, let machine, _, _):
            figures[machine] = report
            return
        case .silent: takeFigures(atOnce: true)
        case .quiet, .events, .cloud, .cluster, .changes: break
        }
        apply(report)
    }

    /// Takes in the figures that were gathered, when it is time to.
    mutating func takeFigures(atOnce: Bool = false) {
        if !atOnce, let figuresAt, facts.now.since(figuresAt) < Limits.figures { return }
        guard !figures.isEmpty else { return }
        figuresAt = facts.now
        let gathered = figures
        figures = [:]
        for report in gathered.sorted(by: { $0.key < $1.key }) { apply(report.value) }
    }

    /// Leaves the cursors where they are once every source has told what it knows; until then the worst row has them.
    mutating func settle() {
        guard let complete = completeAt else {
            let sources = facts.inventory.sources.values
            if !sources.isEmpty, sources.allSatisfy({ $0.answeredAt != nil || $0.silentSince != nil }) {
                completeAt = facts.now
            }
            return
        }
        guard facts.now.since(complete) > Limits.settling, panes.contains(where: { !$0.isPlaced }) else { return }
        for at in panes.indices { panes[at].isPlaced = true }
    }

    private mutating func apply(_ report: Report) {
        note(report)
        // A recording is its own past.
        let isLive = setup.replay == nil
        if isLive { history.note(report, to: facts, at: clock) }
        let news = facts.inventory.apply(report)
        if isLive { history.noted(report, facts, at: clock) }
        events.append(contentsOf: news)
        if events.count > Limits.events + 500 { events.removeFirst(events.count - Limits.events) }
    }

    private mutating func note(_ report: Report) {
        switch report.body {
        case .quiet, .events: break
        case .silent: changed.clusters = true
        case .cloud:
            changed.servers = true
            changed.vms = true
        case .cluster:
            changed.vms = true
            changed.clusters = true
            changed.allUnits = true
        case .changes(let cluster, let changes):
            for change in changes { note(change, cluster) }
        case .figures(_, let machine, let figures, _):
            facts.samples.add(figures.cpuPercent, of: machine)
        }
    }

    private mutating func note(_ change: ClusterChange, _ cluster: ID<Cluster>) {
        switch change {
        case .machine(let machine):
            if facts.inventory.clusters[cluster]?.machines[machine.id] == nil { noteUnits(of: machine.id, cluster) }
            changed.vms = true
            changed.clusters = true
        case .machineGone(let machine):
            noteUnits(of: machine, cluster)
            changed.vms = true
            changed.clusters = true
        case .draining, .rival:
            changed.vms = true
        case .unit(let name, _, _, _), .unitGone(let name), .placement(let name, _), .waiting(let name, _),
            .move(let name, _), .roll(let name, _), .state(let name, _, _):
            changed.units.insert(UnitKey(cluster, name))
        case .leader, .wanted, .members, .access:
            changed.clusters = true
        case .event: break
        }
    }

    private mutating func noteUnits(of machine: ID<Machine>, _ cluster: ID<Cluster>) {
        for name in facts.inventory.clusters[cluster]?.unitsOn[machine] ?? [] {
            changed.units.insert(UnitKey(cluster, name))
        }
    }

    /// Notes what became of an order.
    mutating func take(_ outcome: Outcome, of number: Int) {
        guard let index = orders.firstIndex(where: { $0.number == number }) else { return }
        orders[index].outcome = outcome
        orders[index].endedAt = clock
        switch outcome {
        case .done: tell("\(orders[index].phrase): \(outcome.text)", .good)
        case .refused, .failed, .unreachable: tell("\(orders[index].phrase): \(outcome.text)", .critical)
        }
    }

    /// A unit file has been read: asks to which cluster it goes, or submits it.
    mutating func take(_ content: FileContent, of path: String) -> [Effect] {
        switch content {
        case .failure(let why):
            tell(why, .critical)
            return []
        case .text(let text):
            let base = path.split(separator: "/").last.map(String.init) ?? path
            do {
                let name = try UnitName(base)
                let file = try UnitFile(parsing: text, file: base)
                return submit(name, file)
            } catch let error as UnitNameError {
                tell("\(error)", .critical)
            } catch {
                tell("\(error)", .critical)
            }
            return []
        }
    }
}
