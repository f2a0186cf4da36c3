import Model
import Screen

/// Units of one cluster by condition.
struct UnitCounts: Hashable, Sendable {
    private var byCondition = [Int](repeating: 0, count: Condition.allCases.count)

    subscript(condition: Condition) -> Int {
        get { byCondition[Int(condition.rawValue)] }
        set { byCondition[Int(condition.rawValue)] = newValue }
    }

    var all: Int { byCondition.reduce(0, +) }

    mutating func add(_ other: UnitCounts) {
        for condition in Condition.allCases { self[condition] += other[condition] }
    }
}

/// All that views and commands may know: the inventory, the moment, and what was counted from both.
struct Facts: Sendable {
    var inventory = Inventory()
    var now = Timestamp.zero
    var samples = Samples()
    /// Units by cluster and condition; kept by the units' index.
    var counts: [ID<Cluster>: UnitCounts] = [:]
    /// VMs made for each cluster.
    var vmsOf: [ID<Cluster>: [ID<VM>]] = [:]

    /// The name people use for a subject.
    func name(of subject: Subject) -> String {
        inventory.name(of: subject)
    }

    /// The kind of a subject in one word.
    static func kind(of subject: Subject) -> String {
        switch subject {
        case .cloud: "cloud"
        case .source: "source"
        case .server: "server"
        case .vm: "VM"
        case .cluster: "cluster"
        case .machine: "machine"
        case .unit: "unit"
        }
    }

    /// Whether it still exists.
    func exists(_ subject: Subject) -> Bool {
        switch subject {
        case .cloud(let id): inventory.clouds[id] != nil
        case .source(let id): inventory.sources[id] != nil
        case .server(let id): inventory.server(id) != nil
        case .vm(let id): inventory.vm(id) != nil
        case .cluster(let id): inventory.clusters[id] != nil || vmsOf[id] != nil
        case .machine(let cluster, let id): inventory.clusters[cluster]?.machines[id] != nil
        case .unit(let key): inventory.unit(key) != nil
        }
    }

    /// Whether anything can still be asked of it.
    func takesOrders(_ subject: Subject) -> Bool {
        if case .unit(let key) = subject, inventory.unit(key)?.isDestroyed == true { return false }
        return exists(subject)
    }

    /// The source that knows a subject.
    func source(of subject: Subject) -> SourceID? {
        switch subject {
        case .cloud(let id): .cloud(id)
        case .source(let id): id
        case .server(let id): inventory.server(id).map { .cloud($0.cloud) }
        case .vm(let id): inventory.cloudOfVM[id].map { .cloud($0) }
        case .cluster(let id): .cluster(id)
        case .machine(let cluster, _): .cluster(cluster)
        case .unit(let key): .cluster(key.cluster)
        }
    }

    /// Whether what is shown of it is older than promised.
    func isStale(_ subject: Subject) -> Bool {
        source(of: subject).flatMap { silence(of: $0) } != nil
    }

    /// Since when a source tells nothing, and why; nil while it is heard of.
    ///
    /// A source that says nothing at all, not even that it cannot, is not believed for ever.
    func silence(of source: SourceID) -> (since: Timestamp, why: String?)? {
        inventory.silence(of: source, at: now)
    }

    /// All silent sources, by name.
    var silences: [(source: SourceID, since: Timestamp, why: String?)] {
        inventory.sources.keys.sorted().compactMap { source in
            silence(of: source).map { (source, $0.since, $0.why) }
        }
    }

    /// The machine behind a VM's row, or the machine itself.
    func machine(of subject: Subject) -> (cluster: ID<Cluster>, machine: Machine)? {
        switch subject {
        case .vm(let id): inventory.machine(of: id)
        case .machine(let cluster, let id): inventory.clusters[cluster]?.machines[id].map { (cluster, $0) }
        case .cloud, .source, .server, .cluster, .unit: nil
        }
    }

    /// The machines that have a unit: where it is placed, or where a global one is reported.
    func machines(of key: UnitKey) -> [ID<Machine>] {
        guard let unit = inventory.unit(key) else { return [] }
        if let placement = unit.placement { return [placement.machine] }
        return unit.states.keys.sorted()
    }

    /// How many units a VM's machine has.
    func unitCount(on cluster: ID<Cluster>, _ machine: ID<Machine>) -> Int {
        inventory.clusters[cluster]?.unitsOn[machine]?.count ?? 0
    }

    /// The face that tells a cluster from others; the order is that of the names.
    func face(of cluster: ID<Cluster>) -> Face {
        var hash: UInt32 = 0
        if let position = clusterOrder[cluster] { return .cluster(position) }
        for byte in cluster.text.utf8 { hash = hash &* 31 &+ UInt32(byte) }
        return .cluster(Int(hash % 6))
    }

    /// Where each cluster stands in the order of IDs.
    var clusterOrder: [ID<Cluster>: Int] = [:]

    mutating func orderClusters() {
        clusterOrder = Dictionary(
            uniqueKeysWithValues: inventory.clusters.keys.sorted().enumerated().map { ($1, $0) })
    }
}

/// The last CPU figures of each machine, for the small graphs.
struct Samples: Sendable {
    private var byMachine: [ID<Machine>: [Double]] = [:]

    subscript(machine: ID<Machine>) -> [Double] { byMachine[machine] ?? [] }

    mutating func add(_ value: Double?, of machine: ID<Machine>) {
        guard let value else { return }
        byMachine[machine, default: []].append(value)
        let excess = byMachine[machine, default: []].count - Limits.samples
        if excess > 0 { byMachine[machine]?.removeFirst(excess) }
    }

    /// The sum over machines, newest figures in step.
    func sum(_ machines: [ID<Machine>]) -> [Double] {
        var total: [Double] = []
        for machine in machines {
            let values = self[machine]
            if values.count > total.count {
                total.insert(contentsOf: Array(repeating: 0, count: values.count - total.count), at: 0)
            }
            for (offset, value) in values.reversed().enumerated() { total[total.count - 1 - offset] += value }
        }
        return total
    }
}
