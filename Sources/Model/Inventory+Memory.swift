/// What an inventory remembers beside what is there: how fresh each source is, and what left.
///
/// With it and with everything its sources tell, an inventory can be made again as it was.
public struct InventoryMemory: Sendable {
    /// How fresh each source is.
    public var sources: [SourceID: Inventory.Freshness]
    /// When a VM's machine left its cluster, while it has none.
    public var leftAt: [ID<VM>: Timestamp]
    /// Machines that left their cluster and did not come back.
    public var gone: [ID<Machine>: GoneMachine]
    /// VMs that were removed, and when.
    public var removedVMs: [ID<VM>: Timestamp]

    /// Such a memory.
    public init(
        sources: [SourceID: Inventory.Freshness] = [:], leftAt: [ID<VM>: Timestamp] = [:],
        gone: [ID<Machine>: GoneMachine] = [:], removedVMs: [ID<VM>: Timestamp] = [:]
    ) {
        self.sources = sources
        self.leftAt = leftAt
        self.gone = gone
        self.removedVMs = removedVMs
    }
}

extension Inventory {
    /// What it remembers.
    public var memory: InventoryMemory {
        InventoryMemory(sources: sources, leftAt: leftAt, gone: gone, removedVMs: removedVMs)
    }

    /// Remembers what another one did; what is there stays.
    public mutating func recall(_ memory: InventoryMemory) {
        sources = memory.sources
        leftAt = memory.leftAt
        gone = memory.gone
        removedVMs = memory.removedVMs
    }
}

extension GoneMachine {
    /// A machine that left.
    public init(_ machine: Machine, of cluster: ID<Cluster>, with units: Set<UnitName>, at moment: Timestamp) {
        self.init(machine: machine, cluster: cluster, at: moment, units: units)
    }
}

extension Inventory.Freshness {
    /// How fresh something is.
    public init(answered: Timestamp?, silent: Timestamp?, because why: String?, revision: Int64) {
        self.init()
        answeredAt = answered
        silentSince = silent
        self.why = why
        self.revision = revision
    }
}
