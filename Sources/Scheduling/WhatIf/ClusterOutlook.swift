public import Model

/// What would become of one cluster.
public struct ClusterOutlook: Hashable, Sendable {
    /// A unit that goes to another machine, or gets one.
    public struct Move: Hashable, Sendable {
        /// The unit.
        public let unit: UnitName
        /// Where it is; nil for one that waits now.
        public let from: ID<Machine>?
        /// Where it would be.
        public let to: ID<Machine>
        /// Why there.
        public let reason: Reason
        /// How often it is moved until it is there.
        public let hops: Int
    }

    /// A unit that finds no machine.
    public struct Wait: Hashable, Sendable {
        /// The unit.
        public let unit: UnitName
        /// Where it is now; nil for one that waits already.
        public let from: ID<Machine>?
        /// The draining machine that it stays on, because nothing else fits; nil for one that is on none then.
        public let on: ID<Machine>?
        /// Why nothing fits.
        public let reason: Reason

        /// It goes on running where it must not stay.
        public var isHeld: Bool { on != nil }
    }

    /// On how many machines a global unit is wanted.
    public struct Global: Hashable, Sendable {
        /// The unit.
        public let unit: UnitName
        /// On so many now.
        public let before: Int
        /// On so many then.
        public let after: Int
    }

    /// The instances of one template that are wanted.
    public struct Replicas: Hashable, Sendable {
        /// The template.
        public let template: UnitName
        /// Instances that are wanted.
        public let wanted: Int
        /// Of these on a machine now.
        public let before: Int
        /// Of these left alone the whole time.
        public let through: Int
        /// Of these on a machine then.
        public let after: Int
    }

    /// What one drained machine gives away, in the order of the drains.
    public struct Step: Hashable, Sendable {
        /// The machine.
        public let machine: ID<Machine>
        /// Units that leave it.
        public let units: [UnitName]
        /// Units that nothing else fits, and that stay.
        public let held: [UnitName]
    }

    /// The cluster.
    public let cluster: ID<Cluster>
    /// Machines that are lost, by ID.
    public let lost: [ID<Machine>]
    /// Machines that join.
    public let joining: [Machine]
    /// The drained machines in their order, each with what it gives away.
    public let steps: [Step]
    /// By unit.
    public let moves: [Move]
    /// Units that lose their machine and find no other, by unit.
    public let waits: [Wait]
    /// Units that wait already and go on waiting, maybe for another reason; by unit.
    public let stillWaiting: [Wait]
    /// Global units whose machines become more or fewer, by unit.
    public let globals: [Global]
    /// Templates of which an instance moves or waits, by name.
    public let replicas: [Replicas]
    /// Units that would be placed, moved or taken off without any of this: the scheduler is at it, or there is none.
    public let underWay: Int
    /// Units whose place depends on which of the lost machines is missed first, as far as three orders tell; by name.
    public let uncertain: [UnitName]
    /// No machine is left, and so no scheduler: nobody decides anything until one joins.
    public let isDeserted: Bool
    /// How fast lost units come back, when so many machines are lost that the scheduler goes slowly.
    public let slowly: Pace?
    /// Its store's quorum.
    public let store: StoreOutlook
    /// What is left.
    public let room: Room

    /// What the machines that take units have, and what units ask of them.
    public struct Room: Hashable, Sendable {
        /// Machines that take units.
        public var machines = 0
        /// On the one with the fewest units.
        public var unitsMin = 0
        /// On the one with the most.
        public var unitsMax = 0
        /// Processor that machines tell to have, in thousandths of a core; 0 when none tells.
        public var milliCPU = 0
        /// Of that not asked for.
        public var milliCPUFree = 0
        /// Memory that machines tell to have, in MiB; 0 when none tells.
        public var memoryMiB = 0
        /// Of that not asked for.
        public var memoryMiBFree = 0
    }

    init(_ part: Inventory.ClusterPart, _ touched: Supposition.Touched, _ inventory: Inventory) {
        let start = Rehearsal(part)
        var end = start
        end.play(touched, .oneByOne)
        cluster = part.cluster.id
        lost = touched.lost.sorted()
        joining = touched.joining
        steps = end.steps
        slowly = end.slowly
        underWay = start.underWay
        var moves: [Move] = []
        var waits: [Wait] = []
        var stillWaiting: [Wait] = []
        for unit in end.waiting() {
            let from = start.schedule.placement(of: unit.name)
            let wait = Wait(unit: unit.name, from: from, on: unit.on, reason: unit.reason)
            let isAsBefore = start.isWaiting(unit.name) && from == unit.on
            if isAsBefore { stillWaiting.append(wait) } else { waits.append(wait) }
        }
        for name in end.names {
            guard let to = end.schedule.placement(of: name) else { continue }
            let from = start.schedule.placement(of: name)
            guard from != to, let last = end.placed[name] else { continue }
            moves.append(Move(unit: name, from: from, to: to, reason: last.reason, hops: last.hops))
        }
        self.moves = moves
        self.waits = waits
        self.stillWaiting = stillWaiting
        globals = Self.globals(start, end)
        replicas = Self.replicas(part, start, end)
        isDeserted = !touched.lost.isEmpty && touched.lost.count >= part.machines.count && touched.joining.isEmpty
        uncertain = touched.lost.count < 2 ? [] : Self.uncertain(part, start, end, touched)
        room = end.schedule.room()
        store = StoreOutlook(part, lost: touched.lost, drained: touched.drained, inventory)
    }

    private static func globals(_ start: Rehearsal, _ end: Rehearsal) -> [Global] {
        start.names.filter { start.schedule.isGlobal($0) }.compactMap { name in
            let before = start.schedule.carriers(of: name)
            let after = end.schedule.carriers(of: name)
            return before == after ? nil : Global(unit: name, before: before, after: after)
        }
    }

    private static func replicas(_ part: Inventory.ClusterPart, _ start: Rehearsal, _ end: Rehearsal) -> [Replicas] {
        var touched: Set<UnitName> = []
        var byTemplate: [UnitName: [UnitName]] = [:]
        for name in start.names where part.units[name]?.desired == .launched {
            guard let template = name.template else { continue }
            byTemplate[template, default: []].append(name)
            let isSame = start.schedule.placement(of: name) == end.schedule.placement(of: name)
            if !isSame || end.placed[name] != nil { touched.insert(template) }
        }
        return touched.sorted().map { template in
            let names = byTemplate[template] ?? []
            return Replicas(
                template: template, wanted: names.count,
                before: names.count { start.schedule.placement(of: $0) != nil },
                through: names.count { name in
                    let before = start.schedule.placement(of: name)
                    return before != nil && before == end.schedule.placement(of: name) && end.placed[name] == nil
                }, after: names.count { end.schedule.placement(of: $0) != nil })
        }
    }

    /// Units that end elsewhere when the leases end in another order, or all at the same moment; or, where the leader's
    /// is among them, before there is another leader.
    private static func uncertain(
        _ part: Inventory.ClusterPart, _ start: Rehearsal, _ end: Rehearsal, _ touched: Supposition.Touched
    ) -> [UnitName] {
        var others = [Rehearsal.Order.backwards, .atOnce].map { order in
            var other = start
            other.play(touched, order)
            return other
        }
        if part.cluster.leader.map({ touched.lost.contains($0) }) ?? true {
            // Whoever leads next finds the cluster without them, and has never seen them.
            var (left, rest) = (part, touched)
            for machine in touched.lost { left.machines[machine] = nil }
            rest.lost = []
            var other = Rehearsal(left)
            other.play(rest, .oneByOne)
            others.append(other)
        }
        return end.names.filter { name in
            let place = end.schedule.placement(of: name)
            return others.contains { $0.schedule.placement(of: name) != place }
        }
    }
}
