import Model
import Scheduling

extension Scheduler {
    mutating func commit(at now: Timestamp, _ effects: inout [Effect]) {
        guard let fence, schedule.hasWork else { return }
        let decisions = schedule.plan(pace(at: now, &effects))
        var order: [UnitName] = []
        var byUnit: [UnitName: [Decision]] = [:]
        for decision in decisions {
            if byUnit[decision.unit] == nil { order.append(decision.unit) }
            byUnit[decision.unit, default: []].append(decision)
        }
        var batch = CommitBatch()
        for name in order {
            add(byUnit[name] ?? [], of: name, at: now, to: &batch)
            if batch.units.count >= limits.batch { send(&batch, fence, &effects) }
        }
        for name in schedule.takeRelieved() where waits.remove(name) != nil {
            batch.units.append(name)
            batch.writes.append(.waiting(name, nil))
            if batch.units.count >= limits.batch { send(&batch, fence, &effects) }
        }
        send(&batch, fence, &effects)
    }

    private mutating func send(_ batch: inout CommitBatch, _ fence: Int64, _ effects: inout [Effect]) {
        defer { batch = CommitBatch() }
        guard !batch.writes.isEmpty else { return }
        var writes = batch.writes
        if !batch.events.isEmpty { writes.append(.events(batch.events)) }
        effects.append(.commit(batch: nextBatch, fence: fence, guards: batch.guards, writes: writes))
        inFlight[nextBatch] = CommitInFlight(units: batch.units, placed: batch.placed)
        unitsInFlight.formUnion(batch.units)
        nextBatch += 1
    }

    private mutating func add(
        _ decisions: [Decision], of name: UnitName, at now: Timestamp, to batch: inout CommitBatch
    ) {
        let stored = placementRevision[name] ?? 0
        var write: StoreWrite?
        for decision in decisions {
            switch decision {
            case .withdraw(_, let machine, let reason):
                write = stored > 0 ? .placement(name, nil) : nil
                batch.tell(now, name, "withdrawn from \(machine.short): \(reason.sentence)", reason)
            case .place(_, let machine, let reason):
                write = .placement(name, Placement(machine: machine, why: reason.sentence, since: now))
            case .wait(_, let reason), .hold(_, _, let reason):
                batch.writes.append(.waiting(name, Unit.Waiting(why: reason.sentence, since: now)))
                if write == nil { batch.expect(name, unitRevision[name]) }
                waits.insert(name)
            case .refuseMove(_, let reason):
                batch.writes.append(.move(name, Move(to: moves[name]?.to, refusal: reason.sentence)))
                moves[name]?.refusal = reason.sentence
            }
        }
        batch.units.append(name)
        guard let write else { return }
        finish(write, name, stored, &batch)
    }

    private mutating func finish(_ write: StoreWrite, _ name: UnitName, _ stored: Int64, _ batch: inout CommitBatch) {
        batch.guards.append(.placement(name, revision: stored))
        if case .placement(_, .some) = write {
            batch.expect(name, unitRevision[name])
            batch.placed.append(name)
            if waits.remove(name) != nil { batch.writes.append(.waiting(name, nil)) }
        } else {
            placementRevision[name] = nil
        }
        batch.writes.append(write)
        if let move = moves[name], move.refusal == nil {
            batch.writes.append(.move(name, nil))
            moves[name] = nil
        }
    }

    /// When many machines are lost at once it is likelier that something else is wrong: their units come back slowly.
    ///
    private mutating func pace(at now: Timestamp, _ effects: inout [Effect]) -> Pace {
        losses.removeAll { now.since($0.at) > limits.lossWindow }
        let all = present.count + losses.count
        if Pace.isMassLoss(losses.count, of: all) {
            massLoss = (max(losses.count, massLoss?.lost ?? 0), max(all, massLoss?.of ?? 0))
        } else if !schedule.isPaced {
            massLoss = nil
        }
        guard let massLoss else { return .unlimited }
        effects.append(.wake(at: now + .seconds(1)))
        if let lastPaced, now.since(lastPaced) < .seconds(1) {
            return Pace(limit: 0, lost: massLoss.lost, of: massLoss.of)
        }
        lastPaced = now
        return .slow(lost: massLoss.lost, of: massLoss.of, left: present.count)
    }
}

private struct CommitBatch {
    var units: [UnitName] = []
    var placed: [UnitName] = []
    var guards: [StoreGuard] = []
    var writes: [StoreWrite] = []
    var events: [FarmEvent] = []

    mutating func expect(_ unit: UnitName, _ revision: Int64?) {
        if let revision { guards.append(.unit(unit, revision: revision)) }
    }

    mutating func tell(_ now: Timestamp, _ name: UnitName, _ text: String, _ reason: Reason) {
        switch reason {
        case .machineGone, .draining, .moved, .replaced, .noLongerFits:
            let subject = Subject.unit(UnitKey("", name))
            events.append(FarmEvent(at: now, weight: .warning, subject: subject, text: text))
        case .wanted, .preferred, .sticky, .besidePeer, .named, .notWanted, .destroyed, .global, .noMachineFits,
            .noMachines, .massLoss,
            .alreadyThere, .notPlaced:
            break
        }
    }
}
