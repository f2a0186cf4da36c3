public import Model

/// What would become of a farm if something of it were lost, drained or added: a copy of each cluster it touches,
/// planned by the scheduler that plans them in earnest.
///
/// **Invariant:** changes nothing and asks nobody; what the inventory does not tell is said to be unknown.
public struct WhatIf: Hashable, Sendable {
    /// One thing that is supposed to happen.
    public enum Change: Hashable, Sendable {
        /// Servers, VMs or machines are gone: their machines are missed one after the other, as leases end.
        case lose([Subject])
        /// Machines, or those of servers and VMs, give their units away: one after the other, or all at once.
        case drain([Subject], isPaced: Bool)
        /// So many machines more join a cluster, each with what all its machines have.
        case add(ID<Cluster>, Int)
        /// This machine joins a cluster.
        case join(ID<Cluster>, Machine)
    }

    /// What becomes of the clusters that are touched, by ID.
    public let clusters: [ClusterOutlook]
    /// Servers that are lost.
    public let lostServers: [ID<Server>]
    /// VMs that are lost, with a machine or without.
    public let lostVMs: [ID<VM>]
    /// What was named and is not there, or has no machine that could be drained.
    public let ignored: [Subject]
    /// Clusters with more units than may be planned for.
    public let tooBig: [ID<Cluster>]

    /// More machines than this cannot be supposed to join at once.
    public static let addedMax = 1_000

    /// Supposes the changes, what is lost first, then what is added, then the drains.
    ///
    /// - Parameter unitsMax: clusters with more units are left out, for planning takes time.
    public init(_ inventory: Inventory, _ changes: [Change], unitsMax: Int = .max) {
        let supposed = Supposition(inventory, changes)
        var outlooks: [ClusterOutlook] = []
        var tooBig: [ID<Cluster>] = []
        for (id, touched) in supposed.clusters.sorted(by: { $0.key < $1.key }) {
            guard let part = inventory.clusters[id] else { continue }
            if part.units.count > unitsMax {
                tooBig.append(id)
            } else {
                outlooks.append(ClusterOutlook(part, touched, inventory))
            }
        }
        clusters = outlooks
        self.tooBig = tooBig
        lostServers = supposed.lostServers.sorted()
        lostVMs = supposed.lostVMs.sorted()
        ignored = supposed.ignored
    }

    /// Units that go to another machine.
    public var moveCount: Int { clusters.reduce(0) { $0 + $1.moves.count } }
    /// Units that find none: those that lose theirs, and those that have to stay where they must not.
    public var waitCount: Int { clusters.reduce(0) { $0 + $1.waits.count } }
    /// Clusters whose store loses its quorum.
    public var quorumLosses: [ClusterOutlook] { clusters.filter { $0.store.verdict == .loses } }
    /// Nothing waits, and no store loses its quorum.
    public var isHarmless: Bool { waitCount == 0 && quorumLosses.isEmpty && tooBig.isEmpty }
}

/// The changes by cluster, in machines.
struct Supposition {
    struct Touched: Hashable {
        var lost: Set<ID<Machine>> = []
        var drained: Set<ID<Machine>> = []
        var isPaced = true
        var joining: [Machine] = []
    }

    private(set) var clusters: [ID<Cluster>: Touched] = [:]
    private(set) var lostServers: Set<ID<Server>> = []
    private(set) var lostVMs: Set<ID<VM>> = []
    private(set) var ignored: [Subject] = []

    init(_ inventory: Inventory, _ changes: [WhatIf.Change]) {
        for change in changes {
            switch change {
            case .lose(let subjects): for subject in subjects { lose(subject, inventory) }
            case .drain(let subjects, let isPaced): for subject in subjects { drain(subject, isPaced, inventory) }
            case .add(let id, let count):
                guard let part = inventory.clusters[id] else {
                    ignored.append(.cluster(id))
                    continue
                }
                let there = clusters[id]?.joining.count ?? 0
                let wanted = max(0, min(count, WhatIf.addedMax - there))
                clusters[id, default: Touched()].joining += Self.newMachines(part, wanted, after: there)
            case .join(let id, let machine):
                if inventory.clusters[id] == nil { ignored.append(.cluster(id)) }
                clusters[id, default: Touched()].joining.append(machine)
            }
        }
        // A machine that is gone has nothing to give away.
        clusters = clusters.mapValues { touched in
            var touched = touched
            touched.drained.subtract(touched.lost)
            return touched
        }
    }

    private mutating func lose(_ subject: Subject, _ inventory: Inventory) {
        let machines = Self.machines(of: subject, inventory)
        for (cluster, machine) in machines { clusters[cluster, default: Touched()].lost.insert(machine) }
        switch subject {
        case .server(let id) where inventory.server(id) != nil:
            lostServers.insert(id)
            lostVMs.formUnion(inventory.vms(on: id).map(\.id))
        case .vm(let id) where inventory.vm(id) != nil: lostVMs.insert(id)
        case .machine where !machines.isEmpty: break
        default: ignored.append(subject)
        }
    }

    private mutating func drain(_ subject: Subject, _ isPaced: Bool, _ inventory: Inventory) {
        let machines = Self.machines(of: subject, inventory)
        if machines.isEmpty { ignored.append(subject) }
        for (cluster, machine) in machines {
            clusters[cluster, default: Touched()].drained.insert(machine)
            clusters[cluster]?.isPaced = isPaced
        }
    }

    /// The machines that a subject carries or is.
    static func machines(
        of subject: Subject, _ inventory: Inventory
    ) -> [(cluster: ID<Cluster>, machine: ID<Machine>)] {
        switch subject {
        case .server(let id):
            return inventory.vms(on: id).compactMap { inventory.machine(of: $0.id) }.map { ($0.cluster, $0.machine.id) }
        case .vm(let id): return inventory.machine(of: id).map { [($0.cluster, $0.machine.id)] } ?? []
        case .machine(let cluster, let id):
            return inventory.clusters[cluster]?.machines[id] == nil ? [] : [(cluster, id)]
        case .cloud, .cluster, .unit, .source: return []
        }
    }

    /// Machines with what all machines of the cluster have: the metadata they share, and the least of processor and
    /// memory.
    static func newMachines(_ part: Inventory.ClusterPart, _ count: Int, after first: Int) -> [Machine] {
        let there = part.machines.values.sorted { $0.id < $1.id }
        var shared = there.first?.metadata ?? [:]
        for machine in there.dropFirst() { shared = shared.filter { machine.metadata[$0.key] == $0.value } }
        return (0..<count).map { index in
            // Behind all real IDs, which are hexadecimal digits: a tie goes to a machine that is there.
            Machine(
                id: ID("new-\(first + index + 1)"), name: "new \(first + index + 1)", metadata: shared,
                milliCPU: there.map(\.milliCPU).min() ?? 0, memoryMiB: there.map(\.memoryMiB).min() ?? 0)
        }
    }
}
