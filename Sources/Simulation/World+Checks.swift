import Keyspace
import Model
import Roles
import Scheduling

/// What must hold whatever happens.
extension World {
    mutating func violate(_ text: String) {
        if violations.count < 50 { violations.append("\(Self.clock(now)) \(text)") }
        tell("VIOLATION: \(text)")
    }

    /// A unit stops only because the store said so, as the agent knew it when it acted, or because its machine is cut
    /// off.
    mutating func checkStop(_ node: Int, _ name: UnitName) {
        count.stops += 1
        guard isChecked else { return }
        guard nodes[node].managed[name]?.isRunning == true else { return }
        let known = nodes[node].known
        let id = nodes[node].machine.id
        if nodes[node].agent.cutOffUnits.contains(name) { return }
        if known == 0 { return violate("\(name) stops on \(id), which knows nothing of the store") }
        guard known > store.keyspace.compactedRevision,
            case .unit(let file, let desired)? = store.record(StoreTwin.unit(name), at: known), desired == .launched
        else { return }
        if Requirements(of: file, name: name).isGlobal { return }
        guard case .placement(let placement)? = store.record(StoreTwin.placement(name), at: known) else { return }
        if placement.machine == id { violate("\(name) stops on \(id) though the store wants it there") }
    }

    /// No machine is believed gone that was healthy all the time: the store alone was away.
    mutating func wrongReasons(_ writes: [StoreWrite]) -> [String] {
        var wrongs: [String] = []
        guard isChecked else { return wrongs }
        for case .events(let events) in writes {
            for event in events where event.text.hasSuffix("is gone") {
                count.rescues += 1
                guard case .unit(let key) = event.subject,
                    case .placement(let old)? = store.record(StoreTwin.placement(key.name)),
                    let node = numberOf[old.machine], let since = nodes[node].healthySince
                else { continue }
                if now.since(since) > .seconds(3 * Self.leaseSeconds) {
                    wrongs.append("\(key.name) is taken off \(old.machine) though that was well all the time")
                }
            }
        }
        return wrongs
    }

    /// No unit runs elsewhere too for much longer than the grace time. A process that never heard the store since it
    /// started knows nothing and stops nothing.
    mutating func checkTwice() {
        guard isChecked else { return }
        for node in nodes.indices where nodes[node].isUp && !nodes[node].isPaused && nodes[node].known > 0 {
            guard let since = nodes[node].cutSince, now.since(since) > Self.grace + .seconds(2) else { continue }
            for (name, unit) in nodes[node].managed.sorted(by: { $0.key < $1.key }) where unit.isRunning {
                guard !Requirements(of: unit.file, name: name).isGlobal else { continue }
                let others = nodes.indices.filter { $0 != node && nodes[$0].managed[name]?.isRunning == true }
                if let other = others.first {
                    violate("\(name) runs on \(nodes[other].machine.id) and on \(nodes[node].machine.id), cut off")
                }
            }
        }
    }

    /// What was just placed respects metadata and conflicts.
    mutating func checkPlacements(_ writes: [StoreWrite]) {
        guard isChecked else { return }
        let contents = store.contents()
        var there: [ID<Machine>: [Unit]] = [:]
        for unit in contents.units {
            if let machine = unit.placement?.machine { there[machine, default: []].append(unit) }
        }
        for case .placement(let name, .some(let placement)) in writes {
            count.placements += 1
            guard let unit = contents.units.first(where: { $0.name == name }), let node = numberOf[placement.machine]
            else {
                violate("\(name) is placed though it is not stored")
                continue
            }
            let asks = unit.requirements
            let metadata = nodes[node].machine.metadata
            if !asks.fits(metadata) {
                violate("\(name) is placed on \(placement.machine), which lacks its metadata")
            }
            for other in there[placement.machine] ?? [] where other.name != name && other.desired != .inactive {
                let isConflict =
                    asks.conflicts.contains { $0.matches(other.name) }
                    || other.requirements.conflicts.contains { $0.matches(name) }
                if isConflict { violate("\(name) is placed beside \(other.name) on \(placement.machine)") }
            }
        }
    }

    /// Long after the last fault: everything that can be placed runs, once, where the store says.
    mutating func checkEnd() {
        let contents = store.contents()
        if contents.machines.count != nodes.count { violate("only \(contents.machines.count) machines are registered") }
        if contents.cluster.leader == nil { violate("nobody leads") }
        var schedule = Schedule(machines: contents.machines, units: contents.units)
        for decision in schedule.plan() {
            switch decision {
            case .place, .withdraw: violate("the plan is not carried out: \(decision)")
            case .wait(let name, let reason), .hold(let name, _, let reason):
                let told = contents.units.first { $0.name == name }?.waiting?.why
                if told != reason.sentence {
                    violate("\(name) waits because \(reason.sentence), the store says \(told ?? "nothing")")
                }
            case .refuseMove: break
            }
        }
        for unit in contents.units { checkEnd(unit) }
        for node in nodes.indices {
            for name in nodes[node].managed.keys.sorted() where !contents.units.contains(where: { $0.name == name }) {
                violate("\(name) is on \(nodes[node].machine.id) though nobody stored it")
            }
        }
    }

    private mutating func checkEnd(_ unit: Unit) {
        let isPlaced = unit.placement != nil
        if isPlaced, unit.waiting != nil { violate("\(unit.name) is placed and waits") }
        if unit.move != nil, unit.move?.refusal == nil { violate("the move of \(unit.name) was never answered") }
        let isBroken = unit.file.value("Service", "ExecStart") == "/bin/broken"
        for node in nodes.indices {
            let id = nodes[node].machine.id
            let have = nodes[node].managed[unit.name]
            let isHere =
                unit.desired != .inactive
                && (unit.isGlobal ? nodes[node].agent.runs(unit.name) : unit.placement?.machine == id)
            if !isHere {
                if have != nil { violate("\(unit.name) is on \(id) though it does not belong there") }
                if unit.states[id] != nil { violate("the store has a state of \(unit.name) on \(id)") }
                continue
            }
            if isBroken { continue }
            guard let have else {
                violate("\(unit.name) is not on \(id)")
                continue
            }
            if have.hash != unit.file.hash { violate("\(unit.name) on \(id) has an old file") }
            if have.isLaunched != (unit.desired == .launched) {
                violate("\(unit.name) on \(id) is \(have.active.word), wanted \(unit.desired.rawValue)")
            }
            if unit.states[id]?.active != have.active {
                let told = unit.states[id]?.active.word ?? "nothing"
                violate("\(unit.name) on \(id) is \(have.active.word), the store says \(told)")
            }
        }
    }

    // MARK: Trace

    /// What a change of the store means, in words.
    mutating func describe(_ event: Keyspace.Event) {
        guard keepsTrace, let change = store.change(event) else { return }
        let isNew = event.previous == nil
        switch change {
        case .machine(let machine): if isNew { tell("\(machine.id) joins") }
        case .machineGone(let id): tell("\(id) is gone")
        case .draining(let id, let isDraining): tell("\(id) \(isDraining ? "drains" : "takes units again")")
        case .unit(let name, let file, let desired, _):
            tell("\(name) \(file.hash.short) is wanted \(desired.rawValue)")
        case .unitGone(let name): tell("\(name) is destroyed")
        case .placement(let name, let placement):
            tell(placement.map { "\(name) -> \($0.machine): \($0.why)" } ?? "\(name) has no machine")
        case .waiting(let name, let waiting):
            tell(waiting.map { "\(name) waits: \($0.why)" } ?? "\(name) waits no more")
        case .move(let name, let move):
            tell(
                move.map { "\(name) is to move: \($0.refusal.map { "refused, \($0)" } ?? "asked")" } ?? "\(name): done")
        case .state(let name, let id, let state):
            let note = state?.note.map { ": \($0)" } ?? ""
            tell("\(name) on \(id): \(state.map { "\($0.active.word) \($0.sub)\(note)" } ?? "nothing")")
        case .leader(let id): tell(id.map { "\($0) leads" } ?? "nobody leads")
        case .roll, .rival, .wanted, .members, .access, .event: break
        }
    }
}
