public import Model

/// A cluster's schedule, played through: what the scheduler would decide step by step.
struct Rehearsal {
    /// In which order lost machines are missed.
    enum Order {
        case oneByOne, backwards, atOnce
    }

    private(set) var schedule: Schedule
    /// All units that are stored, by name.
    let names: [UnitName]
    /// Units that were placed while it played: why there, and how often.
    private(set) var placed: [UnitName: (reason: Reason, hops: Int)] = [:]
    private(set) var steps: [ClusterOutlook.Step] = []
    private(set) var slowly: Pace?
    /// Units that a plan of the cluster as it is decides about.
    let underWay: Int

    /// The cluster with all decided that is to be decided anyway.
    init(_ part: Inventory.ClusterPart) {
        names = part.units.values.filter { !$0.isDestroyed }.map(\.name).sorted()
        schedule = Schedule(part)
        let decisions = schedule.plan()
        let moved = decisions.compactMap { decision -> UnitName? in
            switch decision {
            case .place(let name, _, _), .withdraw(let name, _, _): name
            case .wait, .hold, .refuseMove: nil
            }
        }
        underWay = Set(moved).count
    }

    mutating func play(_ touched: Supposition.Touched, _ order: Order) {
        lose(touched.lost.sorted(), order)
        // Machines boot at different times, so each is filled before the next joins.
        for machine in touched.joining {
            schedule.set(machine)
            plan()
        }
        drain(touched.drained, isPaced: touched.isPaced)
    }

    func isWaiting(_ name: UnitName) -> Bool { schedule.isWaiting(name) }

    /// The units that want a machine, or a better one, that there is not; by name.
    func waiting() -> [(name: UnitName, on: ID<Machine>?, reason: Reason)] { schedule.waiting() }

    private mutating func lose(_ machines: [ID<Machine>], _ order: Order) {
        let all = schedule.machineCount
        switch order {
        case .atOnce:
            for machine in machines { schedule.removeMachine(machine) }
            if !machines.isEmpty { plan(missing: machines.count, of: all, isDue: true) }
        case .oneByOne, .backwards:
            // The first turn of a mass loss comes with the loss that makes it one, the next a second later.
            var isDue = true
            for (index, machine) in (order == .oneByOne ? machines : machines.reversed()).enumerated() {
                schedule.removeMachine(machine)
                plan(missing: index + 1, of: all, isDue: isDue)
                if Pace.isMassLoss(index + 1, of: all) { isDue = false }
            }
        }
        while schedule.isPaced { plan(missing: machines.count, of: all, isDue: true) }
    }

    private mutating func plan(missing: Int, of all: Int, isDue: Bool) {
        guard Pace.isMassLoss(missing, of: all) else { return plan() }
        let pace = Pace.slow(lost: missing, of: all, left: schedule.machineCount)
        slowly = pace
        plan(isDue ? pace : Pace(limit: 0, lost: missing, of: all))
    }

    /// The emptiest first: it takes no units that would have to move again.
    private mutating func drain(_ machines: Set<ID<Machine>>, isPaced: Bool) {
        let sorted = machines.sorted { (schedule.load(of: $0), $0) < (schedule.load(of: $1), $1) }
        guard isPaced else {
            let before = sorted.map { schedule.units(on: $0) }
            for machine in sorted { schedule.setDraining(machine, true) }
            plan()
            steps = zip(sorted, before).map { step($0, $1) }
            return
        }
        for machine in sorted {
            let before = schedule.units(on: machine)
            schedule.setDraining(machine, true)
            plan()
            steps.append(step(machine, before))
        }
    }

    private func step(_ machine: ID<Machine>, _ before: [UnitName]) -> ClusterOutlook.Step {
        let held = Set(schedule.units(on: machine))
        return ClusterOutlook.Step(
            machine: machine, units: before.filter { !held.contains($0) }, held: before.filter { held.contains($0) })
    }

    private mutating func plan(_ pace: Pace = .unlimited) {
        for case .place(let name, _, let reason) in schedule.plan(pace) {
            placed[name] = (reason, (placed[name]?.hops ?? 0) + 1)
        }
    }
}

extension Schedule {
    /// A cluster as the inventory knows it.
    public init(_ part: Inventory.ClusterPart) {
        self.init(
            machines: part.machines.values.sorted { $0.id < $1.id },
            units: part.units.values.filter { !$0.isDestroyed }.sorted { $0.name < $1.name })
    }

    func isGlobal(_ name: UnitName) -> Bool { unitNumber[name].map { globals.contains($0) } ?? false }

    func isWaiting(_ name: UnitName) -> Bool { unitNumber[name].map { units[Int($0)].isWaiting } ?? false }

    /// On how many machines a global unit is wanted.
    func carriers(of name: UnitName) -> Int { unitNumber[name].map { machinesOf($0).count } ?? 0 }

    /// The units placed on a machine, by name.
    func units(on id: ID<Machine>) -> [UnitName] {
        (machineNumber[id].map { machines[Int($0)].units } ?? []).map { units[Int($0)].name }.sorted()
    }

    func waiting() -> [(name: UnitName, on: ID<Machine>?, reason: Reason)] {
        var plan = PlanInProgress(pace: .unlimited)
        return pools.flatMap(\.waiting).map { unit in
            let record = units[Int(unit)]
            let machine = record.machine >= 0 ? machines[Int(record.machine)].id : nil
            return (record.name, machine, whyNowhere(unit, leaving: record.machine, &plan))
        }.sorted { $0.0 < $1.0 }
    }

    /// What the machines that take units have left.
    func room() -> ClusterOutlook.Room {
        var room = ClusterOutlook.Room()
        for machine in machines where machine.isPresent && !machine.isDraining && !machine.isAwaited {
            room.unitsMin = room.machines == 0 ? machine.load : min(room.unitsMin, machine.load)
            room.unitsMax = max(room.unitsMax, machine.load)
            room.machines += 1
            room.milliCPU += machine.milliCPU
            room.milliCPUFree += max(0, machine.milliCPU - machine.milliCPUUsed)
            room.memoryMiB += machine.memoryMiB
            room.memoryMiBFree += max(0, machine.memoryMiB - machine.memoryUsedMiB)
        }
        return room
    }
}
