import Model
import Scheduling
import Screen

/// A question before something is stopped or lost. Its orders are fixed when it opens, whatever the lists do behind it.
struct Confirmation: Sendable {
    let question: String
    let lines: [Line]
    let orders: [Order]
    /// What `yes` does, in a word.
    let verb: String
    /// What must be typed; nil where `yes` is enough.
    let required: String?
    let requiredWhat: String
    var typed = ""
    /// Its orders go out one after the other, each when the one before has come to its end.
    var run: DrainRun?

    var isAnswered: Bool { required == nil || required == typed }
}

extension Console {
    func confirmation(_ action: Action, _ targets: [Subject], _ orders: [Order]) -> Confirmation {
        let verb = targets.allSatisfy({ if case .vm = $0 { true } else { false } }) ? vmVerb(action) : action.rawValue
        return confirmation(verb, targets, orders, consequences(action, targets, orders))
    }

    /// A question about something that only VMs can have.
    func confirmation(_ verb: String, _ targets: [Subject], _ orders: [Order], stops: Bool) -> Confirmation {
        confirmation(verb, targets, orders, stops ? vmConsequences(targets) : [])
    }

    /// A question about one order that takes another one back.
    func confirmation(_ question: String, does phrase: String, _ targets: [Subject], _ orders: [Order]) -> Confirmation
    {
        let (required, what) = requirement(targets, orders.compactMap(protection).first, of: orders.count)
        var lines = targets.map { describe($0) } + [[], [Word("this asks to "), Word(phrase, .accent)]]
        if case .scale(let cluster, let count, _)? = orders.first,
            let now = facts.inventory.clusters[cluster]?.machines.count, count < now
        {
            let less = now - count
            lines.append([
                Word("\(less) VM\(less == 1 ? "" : "s") \(less == 1 ? "goes" : "go"): \(Self.whichGo)", .warning)
            ])
        }
        return Confirmation(
            question: capitalized(question) + "?", lines: lines, orders: orders, verb: "do it", required: required,
            requiredWhat: what)
    }

    func confirmation(
        _ verb: String, _ targets: [Subject], _ orders: [Order], _ consequences: [Line]
    ) -> Confirmation {
        let kind = Facts.kind(of: targets[0]) + (targets.count == 1 ? "" : "s")
        let protected = orders.compactMap(protection).first
        let subject = targets.count == 1 ? facts.name(of: targets[0]) : "\(targets.count) \(kind)"
        var lines = targets.prefix(6).map { describe($0) }
        if targets.count > 6 { lines.append([Word("and \(targets.count - 6) more", .dim)]) }
        lines.append([])
        lines += consequences
        let (required, what) = requirement(targets, protected, of: orders.count)
        return Confirmation(
            question: "\(capitalized(verb)) \(targets.count == 1 ? "\(kind) " : "")\(subject)?", lines: lines,
            orders: orders, verb: verb, required: required, requiredWhat: what)
    }

    /// What must be typed before so many orders go out to these, and what that is; nil where `yes` is enough.
    func requirement(_ targets: [Subject], _ protected: Cluster?, of orders: Int) -> (String?, String) {
        let servers = targets.filter { if case .server = $0 { true } else { false } }
        if targets.count == 1, let server = servers.first { return (facts.name(of: server), "the server's name") }
        if let protected { return (protected.name, "the name of the protected cluster") }
        if targets.count > Limits.handful || !servers.isEmpty { return ("\(targets.count)", "the number of objects") }
        if orders > Limits.handful { return ("\(orders)", "the number of orders") }
        return (nil, "")
    }

    private func vmVerb(_ action: Action) -> String {
        switch action {
        case .stop: "switch off"
        case .start: "switch on"
        case .restart: "reboot"
        case .drain, .destroy, .unload, .delete: action.rawValue
        }
    }

    func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private func protection(_ order: Order) -> Cluster? {
        var cluster = order.cluster
        if case .vm(let id) = Self.subject(of: order) {
            cluster = facts.inventory.vm(id)?.cluster ?? facts.inventory.machineOfVM[id]?.cluster
        }
        return cluster.flatMap { facts.inventory.clusters[$0]?.cluster }.flatMap { $0.isProtected ? $0 : nil }
    }

    /// One target: what it is, where it is, how it is.
    private func describe(_ subject: Subject) -> Line {
        var line = [Word(facts.name(of: subject), .accent), Word("  ")]
        switch subject {
        case .unit(let key):
            line.append(Word(facts.name(of: .cluster(key.cluster)), facts.face(of: key.cluster)))
            let machines = facts.machines(of: key)
            if machines.count > 1 {
                line.append(Word(" › on \(machines.count) machines"))
            } else if let machine = machines.first {
                line.append(Word(" › \(facts.inventory.name(of: machine, in: key.cluster))"))
            }
            if let state = facts.inventory.unit(key)?.state {
                line.append(Word("  \(state.active.word) (\(state.sub))"))
                if let since = state.since { line.append(Word(" \(facts.now.since(since).brief)", .dim)) }
            }
        case .vm(let id):
            if let vm = facts.inventory.vm(id) {
                line.append(Word(vm.state.word))
                if let server = vm.server { line.append(Word(" on \(facts.name(of: .server(server)))")) }
                line.append(Word("  ID \(id.short)", .dim))
            }
        case .server, .cluster, .machine, .cloud, .source: line.append(Word(Facts.kind(of: subject), .dim))
        }
        if facts.isStale(subject) { line.append(Word("  on old data: its source is silent", .warning)) }
        return line
    }

    private func consequences(_ action: Action, _ targets: [Subject], _ orders: [Order]) -> [Line] {
        switch action {
        case .start: return []
        case .drain: return drainConsequences(orders)
        case .restart where !hasVMs(targets): return [[Word("each stops and starts again where it runs", .dim)]]
        case .stop where !hasVMs(targets), .unload, .destroy:
            var lines = replicas(targets)
            if action == .stop { lines.append([Word("undo: \(key(of: Command.start)) \(Command.start.name)", .dim)]) }
            if action == .destroy { lines.append([Word("their files are forgotten; there is no undo", .warning)]) }
            return lines
        case .restart, .stop, .delete:
            return vmConsequences(targets) + (action == .delete ? [[Word("there is no undo", .warning)]] : [])
        }
    }

    private func hasVMs(_ targets: [Subject]) -> Bool {
        targets.contains { if case .vm = $0 { true } else { false } }
    }

    /// For instances of a template: how many are left running.
    private func replicas(_ targets: [Subject]) -> [Line] {
        var stopping: [UnitKey: Set<UnitName>] = [:]
        for case .unit(let key) in targets {
            if let template = key.name.template {
                stopping[UnitKey(key.cluster, template), default: []].insert(key.name)
            }
        }
        return stopping.sorted { $0.key < $1.key }.map { key, names in
            let siblings =
                facts.inventory.clusters[key.cluster]?.units.values.filter { $0.name.template == key.name } ?? []
            let running = siblings.filter { $0.state?.active == .active }
            let left = running.count { !names.contains($0.name) }
            return [
                Word("after this \(key.name.prefix) has "),
                Word("\(left) of \(siblings.count)", left == 0 ? .critical : .accent),
                Word(" running"), Word(left == 0 ? "  – the last one stops" : "", .critical),
            ]
        }
    }

    /// What the VMs' units and their clusters' stores lose: the same as when the VMs are lost.
    private func vmConsequences(_ targets: [Subject]) -> [Line] {
        var units = 0
        for case .vm(let id) in targets {
            if let place = facts.inventory.machineOfVM[id] {
                units += facts.unitCount(on: place.cluster, place.machine)
            }
        }
        let stops = "\(units) unit\(units == 1 ? " stops" : "s stop")"
        let text = units == 0 ? "no unit is on it" : "\(stops) and go\(units == 1 ? "es" : "") elsewhere where possible"
        let foretold = foretold(WhatIf(facts.inventory, [.lose(targets)], unitsMax: Limits.plannedUnits))
        return [[Word(text, units == 0 ? .dim : .warning)]] + foretold
    }

    /// What the scheduler would do with the units of the drained machines.
    private func drainConsequences(_ orders: [Order]) -> [Line] {
        let machines = orders.compactMap { order -> Subject? in
            if case .drain(let cluster, let machine) = order { .machine(cluster, machine) } else { nil }
        }
        return foretold(
            WhatIf(facts.inventory, [.drain(machines, isPaced: false)], unitsMax: Limits.plannedUnits))
    }
}
