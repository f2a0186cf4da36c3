import Model
import Screen

/// One order of this operator, and what became of it.
struct OrderRecord: Hashable, Sendable {
    let number: Int
    let order: Order
    /// What was asked, with names instead of IDs.
    let phrase: String
    let askedAt: Timestamp
    var endedAt: Timestamp?
    var outcome: Outcome?
    /// The order that takes it back, where there is one.
    let undo: Order?

    /// Whether it was done, and can be taken back.
    var canUndo: Bool { undo != nil && outcome?.isDone == true }

    /// How it stands, in a word.
    var state: Word {
        switch outcome {
        case nil: Word("asked", .changing)
        case .done: Word("done", .good)
        case .refused: Word("refused", .warning)
        case .failed: Word("failed", .critical)
        case .unreachable: Word("no answer", .critical)
        }
    }
}

/// A cluster that is being scaled out: which VMs are new, and how far each has come.
struct Growth: Hashable, Sendable {
    /// When a VM reached each step.
    struct Steps: Hashable, Sendable {
        var seen: Timestamp
        var active: Timestamp?
        var joined: Timestamp?
        var firstUnit: Timestamp?
    }

    let cluster: ID<Cluster>
    let from: Int
    let to: Int
    let askedAt: Timestamp
    /// VMs that were there before.
    let known: Set<ID<VM>>
    var steps: [ID<VM>: Steps] = [:]
    var endedAt: Timestamp?

    /// Whether every new VM has joined and has a unit, or there was time enough for one.
    func isDone(at now: Timestamp) -> Bool {
        guard steps.count >= to - from else { return false }
        return steps.values.allSatisfy { step in
            guard let joined = step.joined else { return false }
            return step.firstUnit != nil || now.since(joined) > Limits.firstUnit
        }
    }
}

extension Console {
    /// Notes how far the new VMs of clusters that grow have come.
    mutating func watchGrowth() {
        for index in growths.indices where growths[index].endedAt == nil {
            let cluster = growths[index].cluster
            for vm in facts.vmsOf[cluster] ?? [] where !growths[index].known.contains(vm) {
                watch(vm, cluster, &growths[index])
            }
            if growths[index].isDone(at: facts.now) { growths[index].endedAt = facts.now }
        }
        growths.removeAll { growth in
            growth.endedAt.map { facts.now.since($0) > .seconds(30) }
                ?? (facts.now.since(growth.askedAt) > .seconds(900))
        }
    }

    private func watch(_ vm: ID<VM>, _ cluster: ID<Cluster>, _ growth: inout Growth) {
        var steps = growth.steps[vm] ?? Growth.Steps(seen: facts.now)
        if steps.active == nil, facts.inventory.vm(vm)?.state == .active { steps.active = facts.now }
        if let place = facts.inventory.machineOfVM[vm] {
            if steps.active == nil { steps.active = facts.now }
            if steps.joined == nil { steps.joined = facts.now }
            if steps.firstUnit == nil, facts.unitCount(on: place.cluster, place.machine) > 0 {
                steps.firstUnit = facts.now
            }
        }
        growth.steps[vm] = steps
    }

    /// How a growing cluster stands: VM by VM, or by counts where there are many.
    func progress(_ growth: Growth) -> Line {
        let name = facts.name(of: .cluster(growth.cluster))
        var line = [Word("scale \(name) \(growth.from)→\(growth.to)", .accent)]
        let wanted = growth.to - growth.from
        if growth.steps.count < wanted {
            let asked = facts.now.since(growth.askedAt).exact
            line.append(Word("  \(wanted - growth.steps.count) asked \(asked) ago", .changing))
        }
        if growth.steps.count > Limits.progressByName { return line + counts(growth) }
        for (vm, steps) in growth.steps.sorted(by: { facts.name(of: .vm($0.key)) < facts.name(of: .vm($1.key)) }) {
            line.append(Word("  \(facts.name(of: .vm(vm)))"))
            line += self.steps(steps, growth)
            if case .error(let fault)? = facts.inventory.vm(vm)?.state {
                line.append(Word(" › failed" + (fault.isEmpty ? "" : ": \(fault)"), .critical))
            }
        }
        return line
    }

    /// The steps that a VM has behind it, each with the time since the order, and the one that it waits for.
    private func steps(_ steps: Growth.Steps, _ growth: Growth) -> Line {
        let since: (Timestamp) -> String = { $0.since(growth.askedAt).exact }
        var line = [Word(" building \(since(steps.seen))", .dim)]
        guard let active = steps.active else { return line + [Word(" …", .changing)] }
        line.append(Word(" › active \(since(active))", .dim))
        guard let joined = steps.joined else { return line + [Word(" › joining …", .changing)] }
        line.append(Word(" › joined \(since(joined))", .good))
        if let unit = steps.firstUnit { line.append(Word(" › first unit \(since(unit))", .good)) }
        return line
    }

    private func counts(_ growth: Growth) -> Line {
        let all = growth.steps.values
        let reached: [(String, [Timestamp])] = [
            ("building", all.map(\.seen)), ("active", all.compactMap(\.active)), ("joined", all.compactMap(\.joined)),
            ("with a unit", all.compactMap(\.firstUnit)),
        ]
        return reached.map { step, moments in
            let last = moments.max().map { " (\($0.since(growth.askedAt).exact))" } ?? ""
            let isDone = moments.count >= growth.to - growth.from
            return Word("  \(moments.count) \(step)\(last)", isDone ? .good : .changing)
        }
    }
}

extension Duration {
    /// With tenths of a second below ten seconds: `0.4s`, `12s`, `3m`.
    var exact: String {
        let span = max(0, milliseconds)
        return span < 10_000 ? "\(span / 1_000).\(span / 100 % 10)s" : brief
    }
}
