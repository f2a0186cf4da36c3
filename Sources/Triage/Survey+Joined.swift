import Model

extension Survey {
    /// A clock that is ahead by more than this is wrong, not late in telling.
    static let skew: Duration = .seconds(60)
    /// Leaving and joining counts as flapping within this time.
    static let flapping: Duration = .seconds(600)
    /// How long units may take to leave a machine that drains.
    static let draining: Duration = .seconds(120)

    /// What is wrong with machines that are in their clusters, and with those that come and go.
    mutating func findMachines() {
        for id in inventory.clusters.keys.sorted() {
            guard let part = inventory.clusters[id] else { continue }
            for machine in part.machines.values {
                if machine.rival != nil { addRival(machine, id) }
                if machine.isDraining { addDrain(machine, part) }
                if let figures = part.figures[machine.id] { addFullness(machine, figures, id) }
                addClock(machine, part)
                addUnknown(machine, id)
            }
        }
        findFlapping()
    }

    private func subject(_ machine: Machine, _ cluster: ID<Cluster>) -> Subject {
        if let vm = machine.vm, inventory.vm(vm) != nil { return .vm(vm) }
        return .machine(cluster, machine.id)
    }

    private func touch(_ machine: Machine, _ cluster: ID<Cluster>, _ draft: inout Draft) {
        draft.related.machines.insert(machine.id)
        draft.clusters.insert(cluster)
        if let vm = machine.vm {
            touch(vm, &draft)
        } else if draft.bare.insert(machine.id).inserted {
            draft.units += inventory.clusters[cluster]?.unitsOn[machine.id]?.count ?? 0
        }
    }

    private mutating func addRival(_ machine: Machine, _ cluster: ID<Cluster>) {
        let told = log[.machine(cluster, machine.id)].last { $0.weight == .critical }
        var draft = begin(.machineRival, "\(cluster) \(machine.id)", .critical, subject(machine, cluster))
        draft.one = "has a twin: \(machine.rival ?? "") has the same machine ID, and was refused"
        draft.began(told?.at)
        touch(machine, cluster, &draft)
        draft.say(told?.at, "store of \(cluster)", "ID \(machine.id.short) is that of \(machine.whoAndWhere)")
        draft.say(nil, "advice", "give one of them another /etc/machine-id and start its agent again")
        drafts[draft.key] = draft
    }

    private mutating func addDrain(_ machine: Machine, _ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        let placed = (part.unitsOn[machine.id] ?? []).sorted().compactMap { part.units[$0] }
            .filter { $0.placement?.machine == machine.id }
        guard !placed.isEmpty else { return }
        let since = log.last(.drain, .machine(id, machine.id))?.at
        let isStuck = since.map { now.since($0) > Self.draining } ?? true
        var draft = begin(.drain, "\(id) \(machine.id)", isStuck ? .warning : .changing, subject(machine, id))
        let left = "\(count(placed.count, "unit"))"
        draft.one = isStuck ? "drains, but \(left) cannot leave it" : "drains: \(left) to move"
        draft.began(since)
        touch(machine, id, &draft)
        draft.cause = isStuck ? nil : .asked
        for unit in placed.prefix(4) {
            let why = unit.move?.refusal ?? unit.waiting?.why
            draft.say(nil, "scheduler of \(id)", "\(unit.name): \(why ?? "is still placed there")")
        }
        drafts[draft.key] = draft
    }

    private mutating func addFullness(_ machine: Machine, _ figures: MachineFigures, _ cluster: ID<Cluster>) {
        var full: [String] = []
        if let used = figures.memoryBytes, machine.memoryMiB > 0 {
            let share = used / 10_485 / Int64(machine.memoryMiB)
            if share >= 95 { full.append("uses \(share) % of its memory") }
        }
        if let used = figures.cpuPercent, used.isFinite, used < 1_000_000, machine.milliCPU > 0 {
            let share = Int(used * 1_000) / machine.milliCPU
            if share >= 95 { full.append("uses \(share) % of its processors") }
        }
        guard !full.isEmpty else { return }
        var draft = begin(.machineFull, "\(cluster) \(machine.id)", .warning, subject(machine, cluster))
        draft.one = full.joined(separator: " and ")
        touch(machine, cluster, &draft)
        draft.say(nil, "machine \(machine.name)", full.joined(separator: ", "))
        drafts[draft.key] = draft
    }

    /// A clock that is behind looks like an old report; only one that is ahead shows.
    private mutating func addClock(_ machine: Machine, _ part: Inventory.ClusterPart) {
        guard var shown = machine.started else { return }
        var text = "says its agent started at \(shown.iso8601)"
        if let uptime = part.figures[machine.id]?.uptime {
            shown = shown + uptime
            text = "says it is \(shown.iso8601) there"
        }
        let ahead = shown.since(now)
        guard ahead > Self.skew else { return }
        let cluster = part.cluster.id
        var draft = begin(.machineClock, "\(cluster) \(machine.id)", .warning, subject(machine, cluster))
        draft.one = "has a clock that is ahead by \(ahead.brief) at least: its times are not to be trusted"
        touch(machine, cluster, &draft)
        draft.say(nil, "machine \(machine.name)", text)
        drafts[draft.key] = draft
    }

    /// A machine that names a VM which no cloud here has; where no cloud is looked at that says nothing.
    private mutating func addUnknown(_ machine: Machine, _ cluster: ID<Cluster>) {
        guard let vm = machine.vm, inventory.cloudOfVM[vm] == nil, !inventory.clouds.isEmpty else { return }
        guard !inventory.clouds.values.contains(where: { $0.isPartial || silent[.cloud($0.cloud.id)] != nil }) else {
            return
        }
        let wasRemoved = inventory.isRemoved(vm)
        var draft = begin(.machineUnknown, cluster.text, .warning, .machine(cluster, machine.id))
        draft.one = wasRemoved ? "is heard of, though its VM was removed" : "runs in a VM that no cloud here knows"
        draft.many = "run in VMs that no cloud here knows"
        touch(machine, cluster, &draft)
        draft.say(nil, "machine \(machine.name)", "says its VM is \(vm.short)")
        drafts[draft.key] = draft
    }

    private mutating func findFlapping() {
        for (cluster, id) in log.machines {
            let subject = Subject.machine(cluster, id)
            let recent = log[subject].filter { now.since($0.at) <= Self.flapping }
            let left = recent.filter { $0.kind == .left }
            let joined = recent.count { $0.kind == .joined }
            guard left.count >= 2, joined >= 1, let first = left.first?.at else { continue }
            let machine = inventory.clusters[cluster]?.machines[id] ?? inventory.gone[id]?.machine
            let shown = machine.map { self.subject($0, cluster) } ?? subject
            var draft = begin(.machineFlaps, "\(cluster) \(id)", .critical, shown)
            draft.one = "comes and goes: left \(left.count) and joined \(joined) times in \(now.since(first).brief)"
            draft.began(first)
            if let machine { touch(machine, cluster, &draft) }
            draft.related.machines.insert(id)
            draft.related.clusters.insert(cluster)
            for event in recent.suffix(5).reversed() where event.kind == .left || event.kind == .joined {
                draft.say(event.at, "store of \(cluster)", event.text)
            }
            drafts[draft.key] = draft
            takers[id] = Problem.Key(.machineFlaps, "\(cluster) \(id)")
        }
    }
}
