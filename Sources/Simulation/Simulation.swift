public import Model

/// The production roles in a simulated cluster, in virtual time: the seed and the play decide everything.
public struct Simulation: Sendable {
    private var world: World
    private let end: Timestamp
    private let mends: Bool

    /// How long after the last fault everything that can be placed must run.
    public static let settleTime = Duration.seconds(60)

    /// A cluster of that size, with faults by chance for that long.
    public init(seed: UInt64, machines: Int, units: Int, duration: Duration, faults: Faults = .all) {
        let faultsEnd = Timestamp.zero + duration
        world = World(seed: seed, faults: faults, faultsEnd: faultsEnd)
        end = faultsEnd + Self.settleTime
        mends = true
        var chance = Chance(seed: seed ^ 0xC1_0570)
        for number in 0..<machines {
            var machine = Machine(id: ID("m\(number)"))
            machine.metadata = ["zone": "z\(number % 3)", "disk": number % 2 == 0 ? "ssd" : "hdd"]
            machine.memoryMiB = 4_096
            world.queue.push(.step(.add(machine)), at: Timestamp(milliseconds: Int64(chance.below(1_000))))
        }
        for number in 0..<units {
            guard let (name, file) = Self.unit(number, &chance) else { continue }
            let at = Timestamp(milliseconds: Int64(500 + chance.below(4_000)))
            world.queue.push(.step(.submit(name, file, .launched)), at: at)
        }
        if faults != .none { world.queue.push(.fault, at: Timestamp(milliseconds: 8_000)) }
    }

    /// A play.
    public init(play: Play) {
        world = World(seed: play.seed, faults: .none, faultsEnd: play.end)
        end = play.end
        mends = false
        for (at, step) in play.steps { world.queue.push(.step(step), at: at) }
    }

    /// What the store holds now.
    public var contents: ClusterContents { world.store.contents() }

    private static func unit(_ number: Int, _ chance: inout Chance) -> (UnitName, UnitFile)? {
        let kinds: [(String, [String])] = [
            ("web@\(number).service", []), ("api@\(number).service", []),
            ("db@\(number).service", ["MachineMetadata=disk=ssd"]),
            ("zone@\(number).service", ["MachineMetadata=zone=z\(chance.below(3))"]),
            ("one@\(number).service", ["Conflicts=one@*.service"]),
            ("big@\(number).service", ["Memory=512M"]), ("flaky@\(number).service", ["run=/bin/false"]),
            ("side@\(number).service", ["MachineOf=web@0.service"]),
            ("gpu@\(number).service", ["MachineMetadata=gpu=yes"]),
            ("broken@\(number).service", ["run=/bin/broken"]), ("all@\(number).service", ["Global=true"]),
        ]
        let kind = number < kinds.count ? kinds[number] : kinds[[0, 0, 1, 1, 2, 3, 4, 5][chance.below(8)]]
        guard let name = try? UnitName(kind.0), let file = try? Play.file(kind.1, 0) else { return nil }
        return (name, file)
    }

    /// Runs it to its end and says what happened.
    public mutating func run(keepsTrace: Bool = true) -> SimulationReport {
        world.keepsTrace = keepsTrace
        if mends {
            world.run(until: world.faultsEnd)
            world.mend()
        }
        world.run(until: end)
        if mends { world.checkEnd() }
        world.tell("end: \(world.summary)")
        return SimulationReport(
            trace: world.trace, violations: world.violations, counts: world.count, duration: world.now.since(.zero))
    }
}

/// What happened in a simulation.
public struct SimulationReport: Hashable, Sendable {
    /// How often what happened.
    public struct Counts: Hashable, Sendable {
        /// Events in the world.
        public var events = 0
        /// Commits of leading schedulers.
        public var commits = 0
        /// Commits that a guard refused.
        public var refusedCommits = 0
        /// Placements written.
        public var placements = 0
        /// Units taken off machines that were lost.
        public var rescues = 0
        /// Units stopped or unloaded by an agent.
        public var stops = 0
        /// Units that crashed.
        public var crashes = 0
        /// Machines that died.
        public var kills = 0
        /// Processes that started anew.
        public var restarts = 0
        /// Times the store was away.
        public var outages = 0
    }

    /// What happened, a line a thing, each with its second.
    public let trace: [String]
    /// What must never be, and was; empty when all is well.
    public let violations: [String]
    /// How often what happened.
    public let counts: Counts
    /// The virtual time that went by.
    public let duration: Duration
}

extension World {
    /// How the cluster stands, in one line.
    var summary: String {
        let contents = store.contents()
        let running = nodes.reduce(0) { $0 + $1.managed.values.count { $0.active == .active } }
        let placed = contents.units.count { $0.placement != nil }
        let waiting = contents.units.count { $0.waiting != nil }
        return "\(contents.machines.count) machines, \(contents.units.count) units, \(placed) placed, "
            + "\(waiting) waiting, \(running) running"
    }
}
