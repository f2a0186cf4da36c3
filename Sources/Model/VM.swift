/// A virtual machine on a server.
public struct VM: Hashable, Sendable {
    /// What the cloud says of it.
    public enum State: Hashable, Sendable {
        /// Being made.
        case building
        /// Runs.
        case active
        /// Switched off.
        case stopped
        /// Being started again.
        case rebooting
        /// Held in memory.
        case paused
        /// Held on disk.
        case suspended
        /// Taken off its server; its disk is kept.
        case shelved
        /// On its way to another server.
        case migrating
        /// Being given another flavor.
        case resizing
        /// Resized or moved; waits for somebody to confirm that.
        case resized
        /// Being removed.
        case deleting
        /// Failed, with the cloud's words.
        case error(String)
        /// Gone without being asked: its process or its server died.
        case lost(String)
        /// A word of the cloud that we do not know.
        case unknown(String)

        /// The word for panes and JSON.
        public var word: String {
            switch self {
            case .building: "building"
            case .active: "active"
            case .stopped: "stopped"
            case .rebooting: "rebooting"
            case .paused: "paused"
            case .suspended: "suspended"
            case .shelved: "shelved"
            case .migrating: "migrating"
            case .resizing: "resizing"
            case .resized: "resized"
            case .deleting: "deleting"
            case .error: "error"
            case .lost: "lost"
            case .unknown(let word): word
            }
        }

        /// What the cloud said about a failure.
        public var fault: String? {
            switch self {
            case .error(let text), .lost(let text): text.isEmpty ? nil : text
            case .building, .active, .stopped, .rebooting, .paused, .suspended, .shelved, .migrating, .resizing,
                .resized, .deleting, .unknown:
                nil
            }
        }
    }

    /// The cloud's own ID; a machine reports the same.
    public let id: ID<VM>
    /// The cloud it belongs to.
    public var cloud: ID<Cloud>
    /// The name people use.
    public var name: String
    /// The server that carries it; nil while none is chosen or shown to us.
    public var server: ID<Server>?
    /// The cluster it was made for.
    public var cluster: ID<Cluster>?
    /// Who it belongs to.
    public var customer: ID<Customer>?
    /// What the cloud says of it.
    public var state: State
    /// The flavor's name.
    public var flavor: String?
    /// The image's name.
    public var image: String?
    /// IP addresses, IPv4 first.
    public var addresses: [String]
    /// When it was made.
    public var created: Timestamp?
    /// The process, where the VM is one (local cloud).
    public var pid: Int32?
    /// What the cloud is doing with it, in its own word: `powering-off`; nil when nothing.
    public var task: String?
    /// Whether its processors run, in the cloud's word: `running`, `shutdown`; nil when unknown.
    public var power: String?
    /// The availability zone.
    public var zone: String?
    /// Its tags.
    public var tags: [String] = []
    /// What its makers wrote on it.
    public var metadata: [String: String] = [:]
    /// The key pair it was made with.
    public var key: String?
    /// Its owner locked it against changes.
    public var isLocked = false
    /// When the cloud changed it last.
    public var updated: Timestamp?
    /// Where it is on networks.
    public var ports: [VMPort] = []
    /// The groups of rules its ports have.
    public var securityGroups: [String] = []
    /// Its cluster is known by a discovery token in its user data, not by its metadata.
    public var isByDiscovery = false

    /// A VM; what is unknown stays nil.
    public init(
        id: ID<VM>, cloud: ID<Cloud>, name: String, server: ID<Server>? = nil, cluster: ID<Cluster>? = nil,
        customer: ID<Customer>? = nil, state: State, flavor: String? = nil, image: String? = nil,
        addresses: [String] = [], created: Timestamp? = nil, pid: Int32? = nil
    ) {
        self.id = id
        self.cloud = cloud
        self.name = name
        self.server = server
        self.cluster = cluster
        self.customer = customer
        self.state = state
        self.flavor = flavor
        self.image = image
        self.addresses = addresses
        self.created = created
        self.pid = pid
    }
}

/// Where a VM is on a network.
public struct VMPort: Hashable, Sendable {
    /// The network's name.
    public var network: String
    /// The address there.
    public var address: String
    /// The hardware address.
    public var mac: String?
    /// An address outside that leads to this one.
    public var floating: String?

    /// A port.
    public init(network: String, address: String, mac: String? = nil, floating: String? = nil) {
        self.network = network
        self.address = address
        self.mac = mac
        self.floating = floating
    }
}

/// What a cloud is asked to do with a VM.
public enum VMAction: Hashable, Sendable {
    case start
    case stop
    case reboot(isHard: Bool)
    case pause
    case unpause
    case suspend
    case resume
    case shelve
    case unshelve
    /// To another server, chosen by the cloud when none is named; live: while it runs.
    case migrate(isLive: Bool, to: ID<Server>?)
    /// Built anew elsewhere after its server died.
    case evacuate(to: ID<Server>?)
    /// What was resized or moved stays so.
    case confirm
    case delete

    /// What is asked, as a verb.
    public var verb: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .reboot(let isHard): isHard ? "hard reboot" : "reboot"
        case .pause: "pause"
        case .unpause: "unpause"
        case .suspend: "suspend"
        case .resume: "resume"
        case .shelve: "shelve"
        case .unshelve: "unshelve"
        case .migrate(let isLive, _): isLive ? "live-migrate" : "migrate"
        case .evacuate: "evacuate"
        case .confirm: "confirm"
        case .delete: "delete"
        }
    }

    /// What undoes it; nil when nothing does.
    public var undo: VMAction? {
        switch self {
        case .start: .stop
        case .stop: .start
        case .pause: .unpause
        case .unpause: .pause
        case .suspend: .resume
        case .resume: .suspend
        case .shelve: .unshelve
        case .unshelve: .shelve
        case .reboot, .migrate, .evacuate, .confirm, .delete: nil
        }
    }
}

/// What is asked about one VM when somebody looks at it.
public struct VMDetails: Hashable, Sendable {
    /// The end of what its console shows, oldest line first; nil when the cloud does not tell.
    public var console: [String]?
    /// Why there is no console.
    public var consoleProblem: String?
    /// What was done with it, newest first.
    public var actions: [FarmEvent]
    /// The rules and ports of its networks, a line each.
    public var networks: [String]

    /// Details.
    public init(
        console: [String]? = nil, consoleProblem: String? = nil, actions: [FarmEvent] = [], networks: [String] = []
    ) {
        self.console = console
        self.consoleProblem = consoleProblem
        self.actions = actions
        self.networks = networks
    }
}

/// What the new VMs of a cluster are to be like; what is nil is the cluster's or the cloud's default.
public struct VMChoice: Hashable, Sendable {
    /// The flavor's name.
    public var flavor: String?
    /// The image's name.
    public var image: String?
    /// The networks' names.
    public var networks: [String]?
    /// The key pair's name.
    public var key: String?
    /// How VMs of a cluster are spread: `soft-anti-affinity`, `anti-affinity`, `affinity`, `soft-affinity`, `none`.
    public var spread: String?
    /// The availability zone.
    public var zone: String?

    /// The words for how VMs are spread.
    public static let spreads = ["soft-anti-affinity", "anti-affinity", "soft-affinity", "affinity", "none"]

    /// This choice, and where it says nothing the other.
    public func completed(by other: VMChoice) -> VMChoice {
        VMChoice(
            flavor: flavor ?? other.flavor, image: image ?? other.image, networks: networks ?? other.networks,
            key: key ?? other.key, spread: spread ?? other.spread, zone: zone ?? other.zone)
    }

    /// A choice.
    public init(
        flavor: String? = nil, image: String? = nil, networks: [String]? = nil, key: String? = nil,
        spread: String? = nil, zone: String? = nil
    ) {
        self.flavor = flavor
        self.image = image
        self.networks = networks
        self.key = key
        self.spread = spread
        self.zone = zone
    }
}

/// What a new VM is to be.
public struct VMSpec: Hashable, Sendable {
    /// Its name, unique in its cluster: `<cluster>-<k>`.
    public var name: String
    /// The cluster it is made for.
    public var cluster: ID<Cluster>
    /// What it is to be like.
    public var choice: VMChoice
    /// Metadata of the machine it becomes.
    public var metadata: [String: String]
    /// What it is given to read when it boots, not encoded; nil for nothing.
    public var userData: String?

    /// A specification.
    public init(
        name: String, cluster: ID<Cluster>, choice: VMChoice = VMChoice(), metadata: [String: String] = [:],
        userData: String? = nil
    ) {
        self.name = name
        self.cluster = cluster
        self.choice = choice
        self.metadata = metadata
        self.userData = userData
    }
}
