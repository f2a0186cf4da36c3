public import Model

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

    /// Whether so many machines, lost within seconds, are likelier to mean that something else is wrong.
    ///
    /// - Source: Borg rate-limits rescheduling from machines it cannot reach (EuroSys 2015, section 4).
    public static func isMassLoss(_ lost: Int, of all: Int) -> Bool { lost >= 2 && lost * 4 > all }

    /// How many units of lost machines are placed a second after a mass loss: two a remaining machine, at least ten.
    public static func slow(lost: Int, of all: Int, left: Int) -> Pace {
        Pace(limit: max(10, left * 2), lost: lost, of: all)
    }
}

extension Schedule {
    /// Whether anything is marked to be decided.
    public var hasWork: Bool {
        !dirty.isEmpty || !delayed.isEmpty || !wokenPools.isEmpty || !relieved.isEmpty
            || (areReasonsStale && waitingCount > 0)
    }

    /// Puts what is marked into the order of names. Who only watched has it in the order in which things happened, and
    /// would decide otherwise than one that led all the time.
    public mutating func orderMarked() {
        dirty.sort { units[Int($0)].name < units[Int($1)].name }
    }

    /// Decides all that is marked.
    public mutating func plan(_ pace: Pace = .unlimited) -> [Decision] {
        var plan = PlanInProgress(pace: pace)
        if !delayed.isEmpty { takeTurns(pace.limit) }
        if dirty.count > 1_000 { plan.decisions.reserveCapacity(dirty.count) }
        var next = 0
        while next < dirty.count || markWoken() {
            guard next < dirty.count else { break }
            let unit = dirty[next]
            next += 1
            units[Int(unit)].isDirty = false
            decide(unit, &plan)
        }
        dirty.removeAll(keepingCapacity: dirty.count < 100_000)
        refreshReasons(&plan)
        tellWaiting(&plan)
        for unit in plan.destroyed { forget(unit) }
        return plan.decisions
    }

    /// The units whose reason to wait, told before, is over although no decision says so: their record may go.
    public mutating func takeRelieved() -> [UnitName] {
        defer { relieved = [] }
        return relieved.sorted()
    }

    /// Marks the units of lost machines whose turn it is, and lets those go whose machine is back.
    private mutating func takeTurns(_ limit: Int) {
        var marked: [Int32] = []
        var left: [Int32] = []
        for unit in delayed {
            let at = Int(unit)
            let isLost = units[at].machine >= 0 && !machines[Int(units[at].machine)].isPresent
            if isLost, marked.count >= limit {
                left.append(unit)
                continue
            }
            units[at].isDelayed = false
            if isLost, !units[at].isDirty {
                units[at].isDirty = true
                marked.append(unit)
            } else if !units[at].isPresent {
                forget(unit)
            }
        }
        delayed = left
        dirty = marked + dirty
    }

    private mutating func decide(_ unit: Int32, _ plan: inout PlanInProgress) {
        let at = Int(unit)
        let wish = moves.isEmpty ? nil : moves.removeValue(forKey: unit)
        if let reason = reasonForNoMachine(unit) {
            if wish != nil, units[at].machine < 0 {
                plan.decisions.append(.refuseMove(units[at].name, because: reason))
            }
            leave(unit, because: reason, &plan)
            relieve(unit)
            if !units[at].isPresent { plan.destroyed.append(unit) }
            return
        }
        guard units[at].machine >= 0 else {
            settle(unit, &plan)
            if wish != nil, units[at].machine < 0 {
                plan.decisions.append(.refuseMove(units[at].name, because: .notPlaced))
            }
            return
        }
        if let wish, carryOut(wish, unit, &plan) { return }
        let machine = Int(units[at].machine)
        if !machines[machine].isPresent {
            decideLost(unit, machines[machine].id, &plan)
        } else if let misfit = misfit(unit, Int32(machine), staying: true) {
            decideMisfit(misfit, unit, machines[machine].id, &plan)
        } else {
            relieve(unit)
        }
    }

    private func reasonForNoMachine(_ unit: Int32) -> Reason? {
        if !units[Int(unit)].isPresent { return .destroyed }
        if units[Int(unit)].desired == .inactive { return .notWanted }
        return needs[Int(units[Int(unit)].need)].requirements.isGlobal ? .global : nil
    }

    private mutating func leave(_ unit: Int32, because reason: Reason, _ plan: inout PlanInProgress) {
        let machine = units[Int(unit)].machine
        guard machine >= 0 else { return }
        take(unit)
        if !machines[Int(machine)].pools.isEmpty { plan.takes += 1 }
        plan.decisions.append(.withdraw(units[Int(unit)].name, from: machines[Int(machine)].id, because: reason))
    }

    private mutating func decideLost(_ unit: Int32, _ id: ID<Machine>, _ plan: inout PlanInProgress) {
        if isSticky(unit) { return stick(unit, because: .sticky(id, nil), &plan) }
        guard plan.lostLeft > 0 else {
            if !units[Int(unit)].isDelayed { delayed.append(unit) }
            units[Int(unit)].isDelayed = true
            unlist(unit)
            plan.waits.append((unit, .massLoss(lost: plan.pace.lost, of: plan.pace.of)))
            return
        }
        if plan.lostLeft != .max { plan.lostLeft -= 1 }
        leave(unit, because: .machineGone(id), &plan)
        settle(unit, &plan)
    }

    private mutating func decideMisfit(
        _ misfit: Misfit, _ unit: Int32, _ id: ID<Machine>, _ plan: inout PlanInProgress
    ) {
        if isSticky(unit) { return stick(unit, because: .sticky(id, misfit), &plan) }
        let from = units[Int(unit)].machine
        var reason = Reason.noLongerFits(misfit)
        if misfit == .draining {
            guard let (to, found) = choose(unit, leaving: from, &plan) else {
                wait(unit, &plan)
                return
            }
            leave(unit, because: .draining(id), &plan)
            arrive(unit, on: to, because: found, &plan)
            return
        }
        if case .givesWay(let glob) = misfit, let by = replacer(of: unit, on: from, glob) {
            // Units that replace each other in a ring would chase each other for ever: once in a plan is enough.
            guard plan.replaced.insert(unit).inserted else { return }
            reason = .replaced(by: by)
        }
        leave(unit, because: reason, &plan)
        settle(unit, &plan)
    }

    private func isSticky(_ unit: Int32) -> Bool { needs[Int(units[Int(unit)].need)].requirements.isSticky }

    /// Leaves a unit where it is, whatever became of its machine; it is looked at again when that changes.
    private mutating func stick(_ unit: Int32, because reason: Reason, _ plan: inout PlanInProgress) {
        unlist(unit)
        plan.waits.append((unit, reason))
    }

    /// Carries out an operator's wish, or refuses it with the reason; tells whether the unit was moved.
    private mutating func carryOut(_ wish: ID<Machine>?, _ unit: Int32, _ plan: inout PlanInProgress) -> Bool {
        let from = units[Int(unit)].machine
        let target: Int32
        switch destination(wish, unit, from, &plan) {
        case .refused(let reason):
            plan.decisions.append(.refuseMove(units[Int(unit)].name, because: reason))
            return false
        case .found(let machine): target = machine
        }
        leave(unit, because: .moved, &plan)
        arrive(unit, on: target, because: .moved, &plan)
        return true
    }

    private enum Destination {
        case found(Int32)
        case refused(Reason)
    }

    private func destination(
        _ wish: ID<Machine>?, _ unit: Int32, _ from: Int32, _ plan: inout PlanInProgress
    ) -> Destination {
        guard let wish else {
            guard let found = choose(unit, leaving: from, &plan) else {
                return .refused(whyNowhere(unit, leaving: from, &plan))
            }
            return .found(found.machine)
        }
        guard let wished = machineNumber[wish], machines[Int(wished)].isPresent else {
            return .refused(.machineGone(wish))
        }
        if wished == from { return .refused(.alreadyThere) }
        if let misfit = misfit(unit, wished, staying: false) { return .refused(.noLongerFits(misfit)) }
        return .found(wished)
    }

    private mutating func settle(_ unit: Int32, _ plan: inout PlanInProgress) {
        guard let (machine, reason) = choose(unit, leaving: -1, &plan) else {
            wait(unit, &plan)
            return
        }
        arrive(unit, on: machine, because: reason, &plan)
    }

    private mutating func arrive(
        _ unit: Int32, on machine: Int32, because reason: Reason, _ plan: inout PlanInProgress
    ) {
        put(unit, on: machine)
        plan.decisions.append(.place(units[Int(unit)].name, on: machines[Int(machine)].id, because: reason))
    }

    private mutating func wait(_ unit: Int32, _ plan: inout PlanInProgress) {
        if !units[Int(unit)].isWaiting { waitingCount += 1 }
        units[Int(unit)].isWaiting = true
        pools[needs[Int(units[Int(unit)].need)].pool].waiting.insert(unit)
        plan.waits.append((unit, nil))
    }

    /// How many looks at a machine it may cost to keep the reasons of all waiting units true: some milliseconds.
    private static let looksMax = 200_000

    /// Looks again why units wait after machines or placements changed, unless that are too many.
    private mutating func refreshReasons(_ plan: inout PlanInProgress) {
        defer { areReasonsStale = false }
        let isNeeded = areReasonsStale || !plan.decisions.isEmpty
        guard isNeeded, waitingCount > 0, waitingCount * max(1, presentCount) <= Self.looksMax else { return }
        for pool in pools.indices where !pools[pool].waiting.isEmpty {
            for unit in pools[pool].waiting.sorted() { plan.waits.append((unit, nil)) }
        }
    }

    /// Tells, once all is decided, why each unit waits that still does.
    private mutating func tellWaiting(_ plan: inout PlanInProgress) {
        for (unit, given) in plan.waits {
            let at = Int(unit)
            let isStill =
                switch given {
                case nil: units[at].isWaiting
                case .sticky: units[at].machine >= 0
                default: units[at].isDelayed
                }
            guard isStill, units[at].isPresent else { continue }
            let reason = given ?? whyNowhere(unit, leaving: units[at].machine, &plan)
            let why = reason.sentence
            relieved.remove(units[at].name)
            if units[at].isTold, told[unit] == why { continue }
            told[unit] = why
            units[at].isTold = true
            plan.decisions.append(
                units[at].machine >= 0
                    ? .hold(units[at].name, on: machines[Int(units[at].machine)].id, because: reason)
                    : .wait(units[at].name, because: reason))
        }
    }
}

/// What one plan keeps while it is made.
struct PlanInProgress {
    let pace: Pace
    var decisions: [Decision] = []
    /// How many units of lost machines may still be placed.
    var lostLeft: Int
    /// Units without a machine; nil where the reason is found at the end.
    var waits: [(unit: Int32, reason: Reason?)] = []
    /// Units that gave way to another already.
    var replaced: Set<Int32> = []
    var destroyed: [Int32] = []
    /// How often a unit left a machine that takes units: what found nothing is tried again only after that.
    var takes = 0
    var failed: [Schedule.Kind: Int] = [:]
    var reasons: [Schedule.Kind: Reason] = [:]

    init(pace: Pace) {
        self.pace = pace
        lostLeft = pace.limit
    }
}
