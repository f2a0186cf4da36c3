/// One IaaS endpoint with credentials: OpenStack, CloudStack or this computer.
public struct Cloud: Hashable, Sendable {
    /// Its name in the configuration.
    public let id: ID<Cloud>
    /// What kind of cloud, as the configuration says it: `local`, `openstack`.
    public var kind: String

    /// A cloud by name.
    public init(id: ID<Cloud>, kind: String) {
        self.id = id
        self.kind = kind
    }
}

/// Who a cluster is allocated to.
public struct Customer: Hashable, Sendable {
    /// The cloud's own ID of the customer.
    public let id: ID<Customer>
    /// The name people use.
    public var name: String

    /// A customer.
    public init(id: ID<Customer>, name: String) {
        self.id = id
        self.name = name
    }
}

/// A physical server of the farm, that carries VMs.
public struct Server: Hashable, Sendable {
    /// What the cloud says of it.
    public enum State: Hashable, Sendable {
        /// Takes VMs.
        case up
        /// Does not answer.
        case down
        /// Takes no new VMs, with the reason given.
        case disabled(String)

        /// The word for panes and JSON.
        public var word: String {
            switch self {
            case .up: "up"
            case .down: "down"
            case .disabled: "disabled"
            }
        }
    }

    /// Unique over all clouds: `cloud/name`.
    public let id: ID<Server>
    /// The cloud it belongs to.
    public var cloud: ID<Cloud>
    /// The name people use.
    public var name: String
    /// What the cloud says of it.
    public var state: State
    /// Virtual processors it offers; nil when unknown.
    public var vcpus: Int?
    /// Virtual processors its VMs have; nil when unknown.
    public var vcpusUsed: Int?
    /// Memory it offers, in MiB; nil when unknown.
    public var memoryMiB: Int?
    /// Memory its VMs have, in MiB; nil when unknown.
    public var memoryUsedMiB: Int?

    /// A server; what is unknown stays nil.
    public init(
        id: ID<Server>, cloud: ID<Cloud>, name: String, state: State = .up, vcpus: Int? = nil, vcpusUsed: Int? = nil,
        memoryMiB: Int? = nil, memoryUsedMiB: Int? = nil
    ) {
        self.id = id
        self.cloud = cloud
        self.name = name
        self.state = state
        self.vcpus = vcpus
        self.vcpusUsed = vcpusUsed
        self.memoryMiB = memoryMiB
        self.memoryUsedMiB = memoryUsedMiB
    }
}

/// A size of VM that a cloud offers.
public struct Flavor: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Virtual processors.
    public let vcpus: Int
    /// Memory in MiB.
    public let memoryMiB: Int

    /// A flavor.
    public init(name: String, vcpus: Int, memoryMiB: Int) {
        self.name = name
        self.vcpus = vcpus
        self.memoryMiB = memoryMiB
    }
}

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
        /// Held.
        case paused
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
            case .building, .active, .stopped, .rebooting, .paused, .deleting, .unknown: nil
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

/// What a new VM is to be.
public struct VMSpec: Hashable, Sendable {
    /// Its name, unique in its cluster: `<cluster>-<k>`.
    public var name: String
    /// The cluster it is made for.
    public var cluster: ID<Cluster>
    /// The flavor; nil for the cloud's default.
    public var flavor: String?
    /// The image; nil for the cloud's default.
    public var image: String?
    /// Metadata of the machine it becomes.
    public var metadata: [String: String]

    /// A specification.
    public init(
        name: String, cluster: ID<Cluster>, flavor: String? = nil, image: String? = nil,
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.cluster = cluster
        self.flavor = flavor
        self.image = image
        self.metadata = metadata
    }
}
