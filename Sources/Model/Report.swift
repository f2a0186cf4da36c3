/// A place the console learns from: a cloud or a cluster's store, named as in the configuration.
public struct SourceID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// A source by name.
    public init(_ text: String) {
        self.text = text
    }

    /// The source of a cloud.
    public static func cloud(_ id: ID<Cloud>) -> SourceID { SourceID(id.text) }
    /// The source of a cluster.
    public static func cluster(_ id: ID<Cluster>) -> SourceID { SourceID(id.text) }

    /// The name.
    public var description: String { text }

    /// By name.
    public static func < (left: SourceID, right: SourceID) -> Bool { left.text < right.text }
}

/// One piece of knowledge from one source.
public struct Report: Sendable {
    /// What is known now.
    public enum Body: Sendable {
        /// The source answered and nothing changed.
        case quiet
        /// The source does not answer, with the reason.
        case silent(String)
        /// Everything a cloud knows, anew.
        case cloud(CloudContents)
        /// Everything a cluster's store knows, anew, as of a revision.
        case cluster(ClusterContents)
        /// What happened in a cloud, as it tells it itself.
        case events([FarmEvent])
        /// What changed in a cluster's store at a revision, in order.
        case changes(ID<Cluster>, [ClusterChange])
        /// What a machine and its units use now.
        case figures(ID<Cluster>, ID<Machine>, MachineFigures, [UnitName: UnitFigures])
    }

    /// Who says so.
    public let source: SourceID
    /// The store's revision; 0 where a source has none.
    public let revision: Int64
    /// When it was learnt.
    public let observedAt: Timestamp
    /// What is known.
    public let body: Body

    /// A report.
    public init(source: SourceID, revision: Int64 = 0, observedAt: Timestamp, body: Body) {
        self.source = source
        self.revision = revision
        self.observedAt = observedAt
        self.body = body
    }
}

extension Report {
    /// Whether it shows that its source itself answers: agents and the store's members are asked by other ways.
    var isAnswer: Bool {
        switch body {
        case .figures, .silent: false
        case .quiet, .cloud, .cluster, .events: true
        case .changes(_, let changes): !changes.allSatisfy(\.isAside)
        }
    }
}

/// Everything one cloud knows.
public struct CloudContents: Hashable, Sendable {
    /// The cloud itself.
    public var cloud: Cloud
    /// Its servers.
    public var servers: [Server]
    /// Its VMs.
    public var vms: [VM]
    /// Who its VMs belong to.
    public var customers: [Customer]
    /// The sizes it offers.
    public var flavors: [Flavor]
    /// The images it offers.
    public var images: [String]
    /// The networks it offers.
    public var networks: [Network] = []
    /// The names of the user's key pairs.
    public var keys: [String] = []
    /// How much its user may use; nil when unknown.
    public var quota: Quota?
    /// More VMs are on their way: these are the first.
    public var isPartial = false

    /// Contents.
    public init(
        cloud: Cloud, servers: [Server] = [], vms: [VM] = [], customers: [Customer] = [], flavors: [Flavor] = [],
        images: [String] = []
    ) {
        self.cloud = cloud
        self.servers = servers
        self.vms = vms
        self.customers = customers
        self.flavors = flavors
        self.images = images
    }
}

/// Everything one cluster's store knows.
public struct ClusterContents: Hashable, Sendable {
    /// The cluster itself.
    public var cluster: Cluster
    /// Its machines.
    public var machines: [Machine]
    /// Its units.
    public var units: [Unit]
    /// Units that were destroyed and that machines still have.
    public var leaving: [Unit] = []
    /// The machines that are to drain, those that are gone for now included; nil where the source does not tell.
    public var drains: Set<ID<Machine>>?
    /// The store went back in time since it was last read, or is another one: its revisions begin anew, and what was
    /// known of it counts no longer.
    public var isRestored = false

    /// Contents.
    public init(
        cluster: Cluster, machines: [Machine] = [], units: [Unit] = [], drains: Set<ID<Machine>>? = nil
    ) {
        self.cluster = cluster
        self.machines = machines
        self.units = units
        self.drains = drains
    }
}

/// One change of a cluster's store.
public enum ClusterChange: Hashable, Sendable {
    /// A machine joined or told something new of itself.
    case machine(Machine)
    /// A machine's lease ended.
    case machineGone(ID<Machine>)
    /// A drain was asked, or undone.
    case draining(ID<Machine>, Bool)
    /// Another computer with the machine's ID was refused: its name and address; nil when it is gone.
    case rival(ID<Machine>, String?)
    /// A unit was stored or its desired state changed.
    case unit(UnitName, UnitFile, DesiredState, revision: Int64)
    /// A unit was destroyed.
    case unitGone(UnitName)
    /// A unit was placed, or withdrawn.
    case placement(UnitName, Placement?)
    /// A unit waits, or no longer does.
    case waiting(UnitName, Unit.Waiting?)
    /// A wish to reschedule a unit was made, answered or taken back.
    case move(UnitName, Move?)
    /// A new file of a global unit goes from machine to machine; nil when it is everywhere, or given up.
    case roll(UnitName, Roll?)
    /// A machine said something of a unit, or no longer does.
    case state(UnitName, ID<Machine>, UnitState?)
    /// The leading scheduler.
    case leader(ID<Machine>?)
    /// How many machines are wanted.
    case wanted(Int?)
    /// The store's members.
    case members([Member])
    /// Whether our role in the store may change anything there.
    case access(Bool)
    /// Something that the store keeps as history.
    case event(FarmEvent)
}

extension ClusterChange {
    /// Whether it was asked of the store's members beside the store's history.
    var isAside: Bool {
        switch self {
        case .members, .access: true
        case .machine, .machineGone, .draining, .rival, .unit, .unitGone, .placement, .waiting, .move, .roll,
            .state, .leader, .wanted, .event:
            false
        }
    }
}

/// What an event, a selection or an order is about.
public enum Subject: Hashable, Sendable {
    case cloud(ID<Cloud>)
    case server(ID<Server>)
    case vm(ID<VM>)
    case cluster(ID<Cluster>)
    case machine(ID<Cluster>, ID<Machine>)
    case unit(UnitKey)
    case source(SourceID)
}

/// Something that happened in the farm.
public struct FarmEvent: Hashable, Sendable {
    /// How much it matters.
    public enum Weight: Int, Hashable, Sendable, Comparable {
        case good, note, warning, critical

        /// The lighter first.
        public static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }
    }

    /// What kind of thing happened, where a program has to know.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// Told in words alone.
        case told
        /// A machine joined its cluster, or left it.
        case joined, left
        /// A unit was stored, has another file, or is wanted otherwise.
        case stored, newFile, wanted
        /// A unit was placed on a machine, or withdrawn from it.
        case placed, withdrawn
        /// A machine drains, or takes units again.
        case drain
        /// A unit failed or was restarted by itself.
        case failed, restarted
        /// A server is up, down or closed.
        case server
        /// A VM is in another state, or gone.
        case vm
        /// A cluster is led by another scheduler, or by none.
        case leader
        /// Another number of machines is wanted.
        case scale
        /// A store went back in time.
        case restored
        /// A source fell silent, or answers again.
        case source
        /// A member of a store fell silent, or the store lost its quorum; or either is back.
        case member
    }

    /// When it was observed.
    public let at: Timestamp
    /// How much it matters.
    public let weight: Weight
    /// What it is about.
    public let subject: Subject
    /// What happened, in words, without the subject's name.
    public let text: String
    /// What kind of thing happened.
    public let kind: Kind

    /// An event.
    public init(at: Timestamp, weight: Weight, subject: Subject, text: String, kind: Kind = .told) {
        self.kind = kind
        self.at = at
        self.weight = weight
        self.subject = subject
        self.text = text
    }
}

/// One line that a unit wrote.
public struct LogLine: Hashable, Sendable {
    /// syslog's priority.
    public enum Level: Int, Hashable, Sendable, Comparable {
        case emergency, alert, critical, error, warning, notice, info, debug

        /// The graver first.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// When it was written.
    public let at: Timestamp
    /// How grave it is.
    public let level: Level
    /// The line, sanitised.
    public let text: String

    /// A line.
    public init(at: Timestamp, level: Level = .info, text: String) {
        self.at = at
        self.level = level
        self.text = text
    }
}

/// Which log is wanted.
public struct LogRequest: Hashable, Sendable {
    /// The unit.
    public let unit: UnitKey
    /// The machine; nil for the one it is placed on.
    public let machine: ID<Machine>?
    /// How many of the last lines come first.
    public let last: Int
    /// No line that is older comes.
    public let since: Timestamp?
    /// Goes on with what is written from now.
    public let follows: Bool

    /// A request.
    public init(
        unit: UnitKey, machine: ID<Machine>? = nil, last: Int = 200, since: Timestamp? = nil, follows: Bool = true
    ) {
        self.unit = unit
        self.machine = machine
        self.last = last
        self.since = since
        self.follows = follows
    }
}
