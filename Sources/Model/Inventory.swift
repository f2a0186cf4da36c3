/// All current knowledge, with the freshness of each part: what a console shows.
///
/// **Invariant:** reads no clock; a report carries when it was observed. Older revisions never overwrite newer ones.
public struct Inventory: Sendable {
    /// Rises with every report that was taken in.
    public private(set) var version: UInt64 = 0
    /// What each cloud has.
    public internal(set) var clouds: [ID<Cloud>: CloudPart] = [:]
    /// What each cluster has.
    public internal(set) var clusters: [ID<Cluster>: ClusterPart] = [:]
    /// How fresh each source is.
    public internal(set) var sources: [SourceID: Freshness] = [:]
    /// Where a VM is: its cloud.
    public internal(set) var cloudOfVM: [ID<VM>: ID<Cloud>] = [:]
    /// The machine that runs in a VM.
    public internal(set) var machineOfVM: [ID<VM>: (cluster: ID<Cluster>, machine: ID<Machine>)] = [:]
    /// When a VM's machine left its cluster, while it has none.
    public internal(set) var leftAt: [ID<VM>: Timestamp] = [:]
    /// Machines that left their cluster and did not come back, the last of them.
    public internal(set) var gone: [ID<Machine>: GoneMachine] = [:]
    /// VMs that were removed, the last of them.
    var removedVMs: [ID<VM>: Timestamp] = [:]

    /// Nothing known yet.
    public init() {}

    /// How fresh what a source said is.
    public struct Freshness: Hashable, Sendable {
        /// When it last answered; nil when it never did.
        public var answeredAt: Timestamp?
        /// Since when it has been silent; nil while it answers.
        public var silentSince: Timestamp?
        /// Why it is silent.
        public var why: String?
        /// The store's revision.
        public var revision: Int64 = 0

        /// How long ago it last answered; nil when it never did.
        public func age(at now: Timestamp) -> Duration? { answeredAt.map { now.since($0) } }
    }

    /// What one cloud has.
    public struct CloudPart: Sendable {
        /// The cloud.
        public var cloud: Cloud
        /// By ID.
        public var servers: [ID<Server>: Server] = [:]
        /// By ID.
        public var vms: [ID<VM>: VM] = [:]
        /// Which VMs a server carries.
        public var vmsOn: [ID<Server>: Set<ID<VM>>] = [:]
        /// Names of customers.
        public var customers: [ID<Customer>: Customer] = [:]
        /// The sizes it offers.
        public var flavors: [Flavor] = []
        /// The images it offers.
        public var images: [String] = []
        /// The networks it offers.
        public var networks: [Network] = []
        /// The names of the user's key pairs.
        public var keys: [String] = []
        /// How much its user may use.
        public var quota: Quota?
        /// More VMs are on their way.
        public var isPartial = false
    }

    /// What one cluster has.
    public struct ClusterPart: Sendable {
        /// The cluster.
        public var cluster: Cluster
        /// The store's revision this is as of.
        public var revision: Int64 = 0
        /// By ID.
        public var machines: [ID<Machine>: Machine] = [:]
        /// By name.
        public var units: [UnitName: Unit] = [:]
        /// Which units a machine has: placed there, or global and reported there.
        public var unitsOn: [ID<Machine>: Set<UnitName>] = [:]
        /// What each machine uses.
        public var figures: [ID<Machine>: MachineFigures] = [:]
    }

    /// Takes a report in and says what happened by it.
    public mutating func apply(_ report: Report) -> [FarmEvent] {
        version &+= 1
        var change = InventoryChange(report: report)
        note(report, &change)
        switch report.body {
        case .quiet, .silent: break
        case .cloud(let contents): take(contents, &change)
        case .events(let events): change.events += events
        case .cluster(let contents): take(contents, &change)
        case .changes(let cluster, let changes): take(changes, of: cluster, &change)
        case .figures(let cluster, let machine, let figures, let units):
            take(figures, units, of: cluster, machine)
        }
        return change.events
    }

    private mutating func note(_ report: Report, _ change: inout InventoryChange) {
        var freshness = sources[report.source] ?? Freshness()
        if case .silent(let why) = report.body {
            if freshness.silentSince == nil {
                freshness.silentSince = report.observedAt
                change.tell(.critical, .source(report.source), "does not answer: \(why)", .source)
            }
            freshness.why = why
        } else if report.isAnswer {
            if let since = freshness.silentSince {
                change.tell(
                    .good, .source(report.source), "answers again after \(report.observedAt.since(since).brief)",
                    .source)
            }
            freshness.silentSince = nil
            freshness.why = nil
            freshness.answeredAt = max(freshness.answeredAt ?? report.observedAt, report.observedAt)
            freshness.revision = max(freshness.revision, report.revision)
        }
        sources[report.source] = freshness
    }

    /// Names a source before it said anything, so that it is shown as never heard of.
    public mutating func expect(_ source: SourceID) {
        if sources[source] == nil { sources[source] = Freshness() }
    }
}

/// Collects the events of one report.
struct InventoryChange {
    let report: Report
    var events: [FarmEvent] = []

    init(report: Report) {
        self.report = report
    }

    mutating func tell(
        _ weight: FarmEvent.Weight, _ subject: Subject, _ text: String, _ kind: FarmEvent.Kind = .told
    ) {
        events.append(FarmEvent(at: report.observedAt, weight: weight, subject: subject, text: text, kind: kind))
    }
}
