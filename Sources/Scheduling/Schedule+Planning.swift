import Model

/// How fast the units of lost machines may come back.
public struct Pace: Hashable, Sendable {
    /// How many in this plan.
    public var limit: Int
    /// Machines lost.
    public var lost: Int
    /// Of so many.
    public var of: Int

    /// A pace.
    public init(limit: Int, lost: Int, of: Int) {
        self.limit = limit
        self.lost = lost
        self.of = of
    }

    /// As fast as it goes.
    public static let unlimited = Pace(limit: .max, lost: 0, of: 0)
}

extension Schedule {
    /// Whether anything is marked to be decided.
    public var hasWork: Bool { !dirty.isEmpty || !delayed.isEmpty }

    /// Decides all that is marked.
    public mutating func plan(_ pace: Pace = .unlimited) -> [Decision] {
        var plan = PlanInProgress(pace: pace)
        let back = delayed.prefix(pace.limit)
        delayed.removeFirst(back.count)
        plan.lostLeft = pace.limit - back.count
        for unit in back { mark(unit) }
        var next = 0
        while next < dirty.count {
            let unit = dirty[next]
            next += 1
            units[Int(unit)].isDirty = false
            decide(unit, &plan)
        }
        dirty.removeAll(keepingCapacity: true)
        tellWaiting(&plan)
        return plan.decisions
    }

    private mutating func decide(_ unit: Int32, _ plan: inout PlanInProgress) {
        let record = units[Int(unit)]
        if let reason = reasonForNoMachine(unit) {
            leave(unit, because: reason, &plan)
            stopWaiting(unit)
            moves[unit] = nil
            return
        }
        guard record.machine >= 0 else {
            moves[unit] = nil
            settle(unit, leaving: -1, reason: nil, &plan)
            return
        }
        let machine = machines[Int(record.machine)]
        if !machine.isPresent {
            decideLost(unit, machine.id, &plan)
        } else if let wish = moves.removeValue(forKey: unit) {
            carryOut(wish, unit, &plan)
        } else if let misfit = misfit(unit, record.machine, staying: true) {
            decideMisfit(misfit, unit, machine.id, &plan)
        } else if told[unit] != nil {
            stopWaiting(unit)
        }
    }

    private func reasonForNoMachine(_ unit: Int32) -> Reason? {
        let record = units[Int(unit)]
        if !record.isPresent { return .destroyed }
        if record.desired == .inactive { return .notWanted }
        return needs[record.need].requirements.isGlobal ? .global : nil
    }

    private mutating func leave(_ unit: Int32, because reason: Reason, _ plan: inout PlanInProgress) {
        let machine = units[Int(unit)].machine
        guard machine >= 0 else { return }
        take(unit)
        units[Int(unit)].isLost = false
        plan.takes += 1
        plan.decisions.append(.withdraw(units[Int(unit)].name, from: machines[Int(machine)].id, because: reason))
    }

    private mutating func decideLost(_ unit: Int32, _ id: ID<Machine>, _ plan: inout PlanInProgress) {
        leave(unit, because: .machineGone(id), &plan)
        guard plan.lostLeft > 0 else {
            delayed.append(unit)
            plan.waits.append((unit, .massLoss(lost: plan.pace.lost, of: plan.pace.of)))
            return
        }
        if plan.lostLeft != .max { plan.lostLeft -= 1 }
        settle(unit, leaving: -1, reason: nil, &plan)
    }

    private mutating func decideMisfit(
        _ misfit: Misfit, _ unit: Int32, _ id: ID<Machine>, _ plan: inout PlanInProgress
    ) {
        let from = units[Int(unit)].machine
        if misfit == .draining {
            guard let (to, reason) = choose(unit, leaving: from, &plan) else {
                plan.waits.append((unit, .draining(id)))
                return
            }
            leave(unit, because: .draining(id), &plan)
            arrive(unit, on: to, because: reason, &plan)
            return
        }
        var reason = Reason.noLongerFits(misfit)
        if case .givesWay(let glob) = misfit, let by = replacer(of: unit, on: from, glob) { reason = .replaced(by: by) }
        leave(unit, because: reason, &plan)
        settle(unit, leaving: -1, reason: nil, &plan)
    }

    private mutating func carryOut(_ wish: ID<Machine>?, _ unit: Int32, _ plan: inout PlanInProgress) {
        let from = units[Int(unit)].machine
        let name = units[Int(unit)].name
        var target: Int32?
        if let wish {
            let wished = machineNumber[wish] ?? -1
            if wished < 0 || !machines[Int(wished)].isPresent {
                plan.decisions.append(.refuseMove(name, because: .machineGone(wish)))
                return
            }
            if wished == from {
                plan.decisions.append(.refuseMove(name, because: .noLongerFits(.leaving)))
                return
            }
            if let misfit = misfit(unit, wished, staying: false) {
                plan.decisions.append(.refuseMove(name, because: .noLongerFits(misfit)))
                return
            }
            target = wished
        } else {
            target = choose(unit, leaving: from, &plan)?.machine
        }
        guard let target else {
            plan.decisions.append(.refuseMove(name, because: whyNowhere(unit, leaving: from)))
            return
        }
        leave(unit, because: .moved, &plan)
        arrive(unit, on: target, because: .moved, &plan)
    }

    private mutating func settle(_ unit: Int32, leaving: Int32, reason: Reason?, _ plan: inout PlanInProgress) {
        guard let (machine, found) = choose(unit, leaving: leaving, &plan) else {
            wait(unit, &plan)
            return
        }
        arrive(unit, on: machine, because: reason ?? found, &plan)
    }

    private mutating func arrive(_ unit: Int32, on machine: Int32, because reason: Reason, _ plan: inout PlanInProgress)
    {
        put(unit, on: machine)
        plan.decisions.append(.place(units[Int(unit)].name, on: machines[Int(machine)].id, because: reason))
        let need = units[Int(unit)].need
        if needs[need].replaces.isEmpty { return }
        for other in machines[Int(machine)].units where other != unit { mark(other) }
    }

    private mutating func wait(_ unit: Int32, _ plan: inout PlanInProgress) {
        units[Int(unit)].isWaiting = true
        pools[needs[units[Int(unit)].need].pool].waiting.insert(unit)
        plan.waits.append((unit, nil))
    }

    /// Tells, once all is decided, why each unit waits that still does.
    private mutating func tellWaiting(_ plan: inout PlanInProgress) {
        for (unit, given) in plan.waits {
            let record = units[Int(unit)]
            let isHeld = record.machine >= 0
            guard record.isPresent, record.desired != .inactive, !plan.waitTold.contains(unit) else { continue }
            if !isHeld, given == nil, !record.isWaiting { continue }
            if isHeld, !machines[Int(record.machine)].isDraining { continue }
            plan.waitTold.insert(unit)
            let reason =
                isHeld ? whyNowhere(unit, leaving: record.machine) : given ?? whyNowhere(unit, leaving: -1, &plan)
            if told[unit] == reason { continue }
            told[unit] = reason
            plan.decisions.append(
                isHeld
                    ? .hold(record.name, on: machines[Int(record.machine)].id, because: reason)
                    : .wait(record.name, because: reason))
        }
    }
}

/// What one plan keeps while it is made.
struct PlanInProgress {
    let pace: Pace
    var decisions: [Decision] = []
    var lostLeft = Int.max
    /// Units without a machine; nil where the reason is found at the end.
    var waits: [(unit: Int32, reason: Reason?)] = []
    var waitTold: Set<Int32> = []
    /// How often a unit left a machine: a need that found nothing is tried again only after that.
    var takes = 0
    var failed: [Int: Int] = [:]
    var reasons: [Int: Reason] = [:]

    init(pace: Pace) {
        self.pace = pace
    }
}
