/// VMs with one cluster ID, one store and one leading scheduler.
public struct Cluster: Hashable, Sendable {
    /// Unique over all sources; also the prefix of its keys in the store.
    public let id: ID<Cluster>
    /// The name people use.
    public var name: String
    /// Who it is allocated to.
    public var customer: ID<Customer>?
    /// Where its store is, without credentials.
    public var store: String?
    /// The machine whose scheduler leads; nil when none does.
    public var leader: ID<Machine>?
    /// The store's members; empty when unknown.
    public var members: [Member]
    /// How many machines are wanted; nil when nobody said.
    public var wanted: Int?
    /// The flavor of its VMs, where the cluster names one.
    public var flavor: String?
    /// The image of its VMs, where the cluster names one.
    public var image: String?
    /// Destructive actions want its name typed.
    public var isProtected: Bool
    /// Whether our role in its store may change anything there; nil while that is not known.
    public var mayWrite: Bool?
    /// The network that spans its machines, in words, where the store has one configured.
    public var overlay: String?
    /// What drives it.
    public var kind = Kind.own

    /// What places a cluster's units and has them run.
    public enum Kind: String, Hashable, Sendable {
        /// Our scheduler and agents, through the cluster's store.
        case own
        /// fleet, through its HTTP API: it tells neither who leads nor how its store is.
        case fleet
    }

    /// Nobody leads it, where that is known at all.
    public var isLeaderless: Bool { kind == .own && leader == nil }

    /// A cluster; what is unknown stays nil or empty.
    public init(
        id: ID<Cluster>, name: String, customer: ID<Customer>? = nil, store: String? = nil,
        leader: ID<Machine>? = nil, members: [Member] = [], wanted: Int? = nil, flavor: String? = nil,
        image: String? = nil, isProtected: Bool = false
    ) {
        self.id = id
        self.name = name
        self.customer = customer
        self.store = store
        self.leader = leader
        self.members = members
        self.wanted = wanted
        self.flavor = flavor
        self.image = image
        self.isProtected = isProtected
    }

    /// Whether the store takes writes, as far as its members tell; nil when none could be asked.
    ///
    /// A member knows a leader only while it has part in a majority, so one that does is enough.
    public var hasQuorum: Bool? {
        let asked = members.filter(\.isAsked)
        return asked.isEmpty ? nil : asked.contains { $0.isAnswering && $0.hasLeader }
    }
}

/// An etcd process in the quorum.
public struct Member: Hashable, Sendable {
    /// Its name, or its endpoint when it has none.
    public var name: String
    /// Where it answers.
    public var endpoint: String
    /// Leads the quorum.
    public var isLeader: Bool
    /// Answered when last asked.
    public var isAnswering: Bool
    /// Could be asked; of the others only the store's list of members tells.
    public var isAsked: Bool
    /// Knows a leader of the quorum.
    public var hasLeader: Bool
    /// Has no vote yet.
    public var isLearner: Bool
    /// Its version.
    public var version: String?
    /// The size of its database in bytes.
    public var databaseBytes: Int64?
    /// What it complains of: `no space`, `corrupt`.
    public var alarms: [String]

    /// A member.
    public init(
        name: String, endpoint: String, isLeader: Bool = false, isAnswering: Bool = true, isAsked: Bool = true,
        hasLeader: Bool = true, isLearner: Bool = false, version: String? = nil, databaseBytes: Int64? = nil,
        alarms: [String] = []
    ) {
        self.name = name
        self.endpoint = endpoint
        self.isLeader = isLeader
        self.isAnswering = isAnswering
        self.isAsked = isAsked
        self.hasLeader = hasLeader
        self.isLearner = isLearner
        self.version = version
        self.databaseBytes = databaseBytes
        self.alarms = alarms
    }
}

/// A VM (or bare server) that has joined a cluster; its ID is systemd's machine ID.
public struct Machine: Hashable, Sendable {
    /// The machine ID, 32 hexadecimal digits.
    public let id: ID<Machine>
    /// The name people use: the VM's name or the host name.
    public var name: String
    /// The VM it runs in, when it knows.
    public var vm: ID<VM>?
    /// Its address.
    public var address: String
    /// Where its agent's API answers; nil when it serves none.
    public var api: String?
    /// key=value pairs used for placing.
    public var metadata: [String: String]
    /// Processor it has for units, in thousandths of a core; 0 when unknown.
    public var milliCPU: Int
    /// Memory it has for units, in MiB; 0 when unknown.
    public var memoryMiB: Int
    /// The agent's version.
    public var version: String
    /// When its agent started.
    public var started: Timestamp?
    /// Takes no units and gives its units away.
    public var isDraining: Bool
    /// Another computer with the same ID that was refused: its name and address.
    public var rival: String?

    /// Its name and where it is: `'east-2' at 10.0.0.2`.
    public var whoAndWhere: String { "'\(name)' at \(address.isEmpty ? "an unknown address" : address)" }

    /// A machine.
    public init(
        id: ID<Machine>, name: String = "", vm: ID<VM>? = nil, address: String = "", api: String? = nil,
        metadata: [String: String] = [:], milliCPU: Int = 0, memoryMiB: Int = 0, version: String = "",
        started: Timestamp? = nil, isDraining: Bool = false
    ) {
        self.id = id
        self.name = name.isEmpty ? id.short : name
        self.vm = vm
        self.address = address
        self.api = api
        self.metadata = metadata
        self.milliCPU = milliCPU
        self.memoryMiB = memoryMiB
        self.version = version
        self.started = started
        self.isDraining = isDraining
    }
}

/// What a machine uses, as its agent measures it.
public struct MachineFigures: Hashable, Sendable {
    /// Share of one core, in percent.
    public var cpuPercent: Double?
    /// Memory in bytes.
    public var memoryBytes: Int64?
    /// How long the agent has run.
    public var uptime: Duration?

    /// Figures; what is unknown stays nil.
    public init(cpuPercent: Double? = nil, memoryBytes: Int64? = nil, uptime: Duration? = nil) {
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.uptime = uptime
    }
}
