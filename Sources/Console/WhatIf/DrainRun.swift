import Model
import Scheduling
import Screen

/// Machines that are drained one after the other: the next only when the units of the last are active elsewhere.
///
/// **Invariant:** acts on what the stores say, never on what it asked; while that is old or locked it stands still.
struct DrainRun: Hashable, Sendable {
    struct Target: Hashable, Sendable {
        let cluster: ID<Cluster>
        let machine: ID<Machine>
    }

    /// The machine that drains now.
    struct Current: Hashable, Sendable {
        let target: Target
        /// The number of the order that asked for it.
        let order: Int
        /// The units it had, and whether each was active there.
        let units: [UnitName: Bool]
        var isSeen = false
        var settled = 0
        /// When last a unit came to rest elsewhere.
        var progressAt: Timestamp
    }

    enum Ending: Hashable, Sendable {
        case done
        case stopped
        case failed(String)
    }

    /// What it was asked for, by name.
    let title: String
    let all: [Target]
    /// Units that the question said would find no other machine.
    let expected: Set<UnitKey>
    var next = 0
    var current: Current?
    /// Why it stands still; nil while it goes on.
    var pause: String?
    var ending: Ending?
    var endedAt: Timestamp?
    let startedAt: Timestamp

    var isUnderWay: Bool { ending == nil }
}

extension Console {
    /// Begins what was confirmed; looks at the lock once more.
    mutating func begin(_ run: DrainRun) -> [Effect] {
        if let refusal = lock ?? roleRefusal(run.all.map(\.cluster)) {
            tell(refusal, .warning)
            return []
        }
        drainRun = run
        return advanceDrain()
    }

    mutating func endDrain(_ ending: DrainRun.Ending) {
        guard let run = drainRun else { return }
        drainRun?.ending = ending
        drainRun?.endedAt = clock
        drainRun?.pause = nil
        switch ending {
        case .done: tell("drained \(run.title): \(run.all.count) machines", .good)
        case .stopped: tell("the drain of \(run.title) goes no further", .warning)
        case .failed(let why): tell("the drain of \(run.title) stopped: \(why)", .critical)
        }
    }

    /// Goes on as far as the stores say it may; called whenever something was told, and as time passes.
    mutating func advanceDrain() -> [Effect] {
        guard var run = drainRun, run.isUnderWay else { return [] }
        if let why = pause(of: run) {
            drainRun?.pause = why
            drainRun?.current?.progressAt = facts.now
            return []
        }
        run.pause = nil
        if var current = run.current {
            switch progress(of: &current, run.expected) {
            case .goesOn: run.current = current
            case .isEmpty:
                run.current = nil
                run.next += 1
            case .failed(let why):
                drainRun = run
                endDrain(.failed(why))
                return []
            }
        }
        drainRun = run
        return run.current == nil ? drainNext() : []
    }

    private func pause(of run: DrainRun) -> String? {
        if let lock { return lock }
        let index = min(run.next, run.all.count - 1)
        guard run.all.indices.contains(index) else { return nil }
        let cluster = run.all[index].cluster
        return facts.isStale(.cluster(cluster)) ? "the store of \(facts.name(of: .cluster(cluster))) is silent" : nil
    }

    private mutating func drainNext() -> [Effect] {
        while let run = drainRun, run.next < run.all.count {
            let target = run.all[run.next]
            guard facts.inventory.clusters[target.cluster]?.machines[target.machine] != nil else {
                // It left meanwhile, and its units with it.
                drainRun?.next += 1
                continue
            }
            var units: [UnitName: Bool] = [:]
            for unit in facts.inventory.units(on: target.machine, in: target.cluster)
            where unit.placement?.machine == target.machine {
                units[unit.name] = unit.state?.active == .active
            }
            // Nobody asked for this one just now: what is marked is for the next key.
            let marks = panes[focus.rawValue].marks
            let effects = send([.drain(target.cluster, target.machine)])
            panes[focus.rawValue].marks = marks
            drainRun?.current = DrainRun.Current(
                target: target, order: orders.last?.number ?? 0, units: units, progressAt: facts.now)
            return effects
        }
        endDrain(.done)
        return []
    }

    private enum Progress {
        case goesOn, isEmpty
        case failed(String)
    }

    /// How far the machine at hand is: what the store says of it, of the order and of each unit it had.
    private func progress(of current: inout DrainRun.Current, _ expected: Set<UnitKey>) -> Progress {
        let (cluster, id) = (current.target.cluster, current.target.machine)
        let name = facts.inventory.name(of: id, in: cluster)
        if let outcome = orders.first(where: { $0.number == current.order })?.outcome, !outcome.isDone {
            return .failed(outcome.text)
        }
        guard let part = facts.inventory.clusters[cluster], let machine = part.machines[id] else {
            return .failed("\(name) left its cluster")
        }
        if current.isSeen, !machine.isDraining { return .failed("somebody has \(name) take units again") }
        current.isSeen = machine.isDraining
        var settled = 0
        var pending: String?
        for (name, wasActive) in current.units.sorted(by: { $0.key < $1.key }) {
            switch rest(of: name, wasActive, current.target, part, expected) {
            case .goesOn: pending = pending ?? name.text
            case .isEmpty: settled += 1
            case .failed(let why): return .failed(why)
            }
        }
        if settled > current.settled { current.progressAt = facts.now }
        current.settled = settled
        if current.isSeen, pending == nil { return .isEmpty }
        if facts.now.since(current.progressAt) > Limits.drainPatience {
            let what = pending.map { "\($0) is not active elsewhere" } ?? "the store does not say that \(name) drains"
            return .failed("\(what) after \(Limits.drainPatience.brief)")
        }
        return .goesOn
    }

    /// Whether a unit has come to rest where it is to be.
    private func rest(
        of name: UnitName, _ wasActive: Bool, _ target: DrainRun.Target, _ part: Inventory.ClusterPart,
        _ expected: Set<UnitKey>
    ) -> Progress {
        guard let unit = part.units[name], unit.desired != .inactive else { return .isEmpty }
        if let waiting = unit.waiting {
            let isExpected = expected.contains(UnitKey(target.cluster, name))
            return isExpected ? .isEmpty : .failed("\(name) waits: \(waiting.why)")
        }
        guard let machine = unit.placement?.machine, machine != target.machine, let state = unit.states[machine] else {
            return .goesOn
        }
        if state.active == .active || !wasActive { return .isEmpty }
        let place = facts.inventory.name(of: machine, in: target.cluster)
        return state.active == .failed
            ? .failed("\(name) failed on \(place)" + (state.note.map { ": \($0)" } ?? "")) : .goesOn
    }

    /// How the drain stands, in one line; what ended stays for a while.
    var drainProgress: Line? {
        guard let run = drainRun else { return nil }
        if let endedAt = run.endedAt, clock.since(endedAt) > Limits.drainShown { return nil }
        var line = [Word("drain \(run.title) \(min(run.next + 1, run.all.count))/\(run.all.count)", .accent)]
        switch run.ending {
        case .done:
            let held = stayed(run)
            return line + [
                Word("  done", .good),
                held == 0
                    ? Word(", its units are active elsewhere", .good)
                    : Word("; \(held) unit\(held == 1 ? " stays" : "s stay") where nothing else fits", .warning),
            ]
        case .stopped:
            return line + [Word("  stopped by you after \(run.next) machines; \(undoHint)", .warning)]
        case .failed(let why): return line + [Word("  ✖ stopped: \(why); \(undoHint)", .critical)]
        case nil: break
        }
        if let current = run.current {
            let name = facts.inventory.name(of: current.target.machine, in: current.target.cluster)
            line.append(
                Word("  \(name): \(current.settled) of \(current.units.count) units at rest elsewhere", .changing))
        }
        if let pause = run.pause { line.append(Word("  stands still: \(pause)", .warning)) }
        return line + [Word("  \(key(of: Command.stopDrain))", .hintKey), Word(" stops it", .hint)]
    }

    /// Units that are still on what was drained.
    private func stayed(_ run: DrainRun) -> Int {
        run.all.reduce(0) { count, target in
            count
                + facts.inventory.units(on: target.machine, in: target.cluster)
                .count { $0.placement?.machine == target.machine }
        }
    }

    private var undoHint: String { "\(key(of: Command.drain)) on a machine undoes its drain" }

    // MARK: The question

    /// Everything the drain will do, before it does: what moves, what waits, the stores, and how it goes about it.
    func drainQuestion(_ result: WhatIf, _ targets: [Subject]) -> Confirmation {
        let steps = result.clusters.flatMap { one in
            one.steps.map { DrainRun.Target(cluster: one.cluster, machine: $0.machine) }
        }
        let all = steps.filter { facts.inventory.clusters[$0.cluster]?.machines[$0.machine]?.isDraining == false }
        let names = all.map { facts.inventory.name(of: $0.machine, in: $0.cluster) }
        let title = targets.count == 1 ? facts.name(of: targets[0]) : "\(targets.count) of them"
        let expected = result.clusters.flatMap { one in
            (one.waits + one.stillWaiting).map { UnitKey(one.cluster, $0.unit) }
        }
        let protected = all.compactMap { facts.inventory.clusters[$0.cluster]?.cluster }.first { $0.isProtected }
        let (required, what) = requirement(targets, protected, of: all.count)
        let run = DrainRun(title: title, all: all, expected: Set(expected), startedAt: facts.now)
        let order = names.count > 1 ? "one machine at a time: \(names.joined(separator: ", "))" : names.joined()
        var confirmation = Confirmation(
            question: "Drain \(title)?",
            lines: foretold(result) + [
                [], [Word(order, .accent)],
                [Word("the next begins when the units of the last are active elsewhere", .dim)],
                [Word("it stops when a unit fails or waits; \(key(of: Command.stopDrain)) stops it", .dim)],
            ], orders: all.map { .drain($0.cluster, $0.machine) }, verb: "drain", required: required,
            requiredWhat: what)
        confirmation.run = run
        return confirmation
    }

    /// What is foretold, as a question has room for: each cluster in a sentence, who waits, which store is in danger.
    func foretold(_ result: WhatIf) -> [Line] {
        var lines = result.summary(facts.inventory).map { row -> Line in
            [Word("\(row.weight.mark) \(row.cells[0]): ", row.weight.face), Word(row.cells[1])]
        }
        for one in result.clusters {
            for wait in one.waits.prefix(Limits.handful) {
                lines.append([Word("  ◌ \(wait.unit) ", .warning), Word(wait.reason.sentence, .dim)])
            }
            if one.waits.count > Limits.handful {
                lines.append([Word("  and \(one.waits.count - Limits.handful) more", .dim)])
            }
            if let words = one.store.words, words.weight >= .warning {
                lines.append([
                    Word("\(words.weight.mark) store of \(facts.name(of: .cluster(one.cluster))) ", words.weight.face),
                    Word(words.text, words.weight.face),
                ])
            }
        }
        return lines
    }
}
