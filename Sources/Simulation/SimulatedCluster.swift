import Keyspace
public import Model

/// A simulated cluster that goes on for as long as somebody looks at it: the real roles on machines that are not there.
///
/// **Invariant:** reads no clock: it goes on to the moment that is handed in, and no further.
public struct SimulatedCluster: Sendable {
    /// The cluster.
    public let id: ID<Cluster>
    /// How many machines are wanted.
    public private(set) var wanted: Int
    private var world: World
    /// What was told until now.
    private var told: Int64 = 0

    /// History that is kept: more than a watch that lags behind wants.
    private static let kept: Int64 = 4_000

    /// A cluster whose machines start, and whose units are stored, in the seconds after a moment.
    public init(_ id: ID<Cluster>, seed: UInt64, machines: [Machine], units: Int, at start: Timestamp) {
        self.id = id
        wanted = machines.count
        world = World(seed: seed, faults: .none, faultsEnd: start, start: start)
        world.keepsTrace = false
        world.isChecked = false
        var chance = Chance(seed: seed ^ 0xC1_0570)
        for machine in machines {
            world.queue.push(.step(.add(machine)), at: start + .milliseconds(chance.below(1_000)))
        }
        for number in 0..<units {
            guard let (name, file) = Self.unit(number, isTroubled: seed % 20 == 3) else { continue }
            let at = start + .milliseconds(1_500 + chance.below(2_000))
            world.queue.push(.step(.submit(name, file, .launched)), at: at)
        }
    }

    /// Most units just run; in one cluster of twenty one fails and one fits nowhere.
    private static func unit(_ number: Int, isTroubled: Bool) -> (UnitName, UnitFile)? {
        let kinds: [(String, [String])] = [
            ("web", []), ("web", []), ("web", []), ("api", []), ("api", []), ("worker", []), ("worker", []),
            ("cache", ["Memory=128M"]), ("db", ["MachineMetadata=disk=ssd"]), ("mail", []),
        ]
        var (name, words) = kinds[number % kinds.count]
        if isTroubled, number == 5 { (name, words) = ("flaky", ["run=/bin/false"]) }
        if isTroubled, number == 6 { (name, words) = ("gpu", ["MachineMetadata=gpu=yes"]) }
        guard let unit = try? UnitName("\(name)@\(number).service"), let file = try? Play.file(words, 0) else {
            return nil
        }
        return (unit, file)
    }

    /// The store's revision.
    public var revision: Int64 { world.store.revision }

    /// Everything its store knows, to begin with.
    public mutating func contents() -> ClusterContents {
        told = world.store.revision
        let found = world.store.contents()
        var cluster = Cluster(id: id, name: id.text, leader: found.cluster.leader, wanted: wanted)
        cluster.store = "simulated"
        return ClusterContents(
            cluster: cluster, machines: found.machines, units: found.units, drains: found.drains)
    }

    /// Goes on to a moment; what changed in its store meanwhile, nil when it is better to read all anew.
    public mutating func run(to moment: Timestamp) -> [ClusterChange]? {
        world.run(until: moment)
        guard told < world.store.revision else { return [] }
        let commits: [ClusterChange]
        do {
            commits = try world.store.commits(from: told + 1).flatMap { commit in
                commit.events.compactMap { world.store.change($0) }
            }
        } catch {
            return nil
        }
        told = world.store.revision
        world.store.compact(keeping: Self.kept)
        return commits
    }

    /// Switches a machine on: one that was never there joins as a new one.
    public mutating func start(_ machine: Machine) {
        world.carryOut(world.numberOf[machine.id] == nil ? .add(machine) : .back(machine.id))
    }

    /// Cuts a machine's power: its lease ends, its units go elsewhere.
    public mutating func stop(_ machine: ID<Machine>) { world.carryOut(.kill(machine)) }

    /// Wants another number of machines.
    public mutating func want(_ count: Int) -> ClusterChange {
        wanted = count
        return .wanted(count)
    }

    /// Carries out an order on units and machines as the store takes it.
    public mutating func carryOut(_ order: Order) -> Outcome {
        switch order {
        case .submit(_, let name, let file, let wanted):
            world.carryOut(.submit(name, file, wanted.desired))
            return .done("\(name) is stored")
        case .want(_, let name, let desired): return change(name, .want(name, desired), "wants it \(desired.rawValue)")
        case .destroy(_, let name): return change(name, .destroy(name), "has forgotten it")
        case .move(_, let name, let machine):
            return change(name, .move(name, machine), "asks the scheduler to move it")
        case .drain(_, let machine):
            world.carryOut(.drain(machine, true))
            return .done("it takes no units now")
        case .undrain(_, let machine):
            world.carryOut(.drain(machine, false))
            return .done("it takes units again")
        case .restart:
            return .refused("simulated units cannot be restarted in one step: stop the unit, then start it")
        case .roll, .endRoll:
            return .refused("simulated global units change on all machines at once: submit the new file")
        case .scale, .createVM, .act: return .refused("this is for the cloud, not for the cluster's store")
        }
    }

    private mutating func change(_ name: UnitName, _ step: Play.Step, _ what: String) -> Outcome {
        guard world.store.item(StoreTwin.unit(name)) != nil else {
            return .refused("unit '\(name)' does not exist in cluster '\(id)'")
        }
        world.carryOut(step)
        return .done("the store \(what)")
    }
}
