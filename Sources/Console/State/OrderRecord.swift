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
}

extension Console {
    /// Notes how far the new VMs of clusters that grow have come.
    mutating func watchGrowth() {
        for index in growths.indices where growths[index].endedAt == nil {
            let cluster = growths[index].cluster
            for vm in facts.vmsOf[cluster] ?? [] where !growths[index].known.contains(vm) {
                watch(vm, cluster, &growths[index])
            }
            let joined = growths[index].steps.values.count { $0.joined != nil }
            if joined >= growths[index].to - growths[index].from { growths[index].endedAt = facts.now }
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

    /// How a growing cluster stands, VM by VM.
    func progress(_ growth: Growth) -> Line {
        let name = facts.name(of: .cluster(growth.cluster))
        var line = [Word("scale \(name) \(growth.from)→\(growth.to) ", .accent)]
        if growth.steps.isEmpty { line.append(Word("asked \(facts.now.since(growth.askedAt).brief) ago", .changing)) }
        for (vm, steps) in growth.steps.sorted(by: { $0.key < $1.key }) {
            let name = facts.name(of: .vm(vm))
            let since: (Timestamp) -> String = { $0.since(growth.askedAt).brief }
            switch (steps.active, steps.joined, steps.firstUnit) {
            case (nil, _, _): line.append(Word(" \(name) building \(facts.now.since(steps.seen).brief)", .changing))
            case (_?, nil, _):
                line.append(Word(" \(name) active, joining \(facts.now.since(steps.seen).brief)", .changing))
            case (_?, let joined?, nil): line.append(Word(" \(name) joined after \(since(joined))", .good))
            case (_?, let joined?, let unit?):
                line.append(Word(" \(name) joined \(since(joined)), first unit \(since(unit))", .good))
            }
        }
        return line
    }
}
