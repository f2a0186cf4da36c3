/// One IaaS endpoint with credentials: OpenStack, CloudStack or this computer.
public struct Cloud: Hashable, Sendable {
    /// Its name in the configuration.
    public let id: ID<Cloud>
    /// What kind of cloud, as the configuration says it: `local`, `openstack`.
    public var kind: String
    /// What it does not tell or allow its user, and why: a sentence each.
    public var missing: [String]
    /// Whether its user may see servers and move VMs between them; nil while that is not known.
    public var isAdmin: Bool?

    /// A cloud by name.
    public init(id: ID<Cloud>, kind: String, missing: [String] = [], isAdmin: Bool? = nil) {
        self.id = id
        self.kind = kind
        self.missing = missing
        self.isAdmin = isAdmin
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
        /// The cloud does not tell.
        case unknown

        /// The word for panes and JSON.
        public var word: String {
            switch self {
            case .up: "up"
            case .down: "down"
            case .disabled: "disabled"
            case .unknown: "unknown"
            }
        }
    }

    /// Why it takes no VMs, or what else the cloud says of it; nil when there is nothing to say.
    public var why: String? {
        if case .disabled(let reason) = state, !reason.isEmpty { return reason }
        return note
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
    /// Disk it offers, in GiB; nil when unknown.
    public var diskGiB: Int?
    /// Disk its VMs have, in GiB; nil when unknown.
    public var diskUsedGiB: Int?
    /// The availability zone.
    public var zone: String?
    /// What else the cloud says of it: that it is disabled beside being down, or that only its ID is shown to us.
    public var note: String?

    /// A server; what is unknown stays nil.
    public init(
        id: ID<Server>, cloud: ID<Cloud>, name: String, state: State = .up, vcpus: Int? = nil, vcpusUsed: Int? = nil,
        memoryMiB: Int? = nil, memoryUsedMiB: Int? = nil, note: String? = nil
    ) {
        self.note = note
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
    /// Disk in GiB; 0 for the image's own size.
    public let diskGiB: Int

    /// A flavor.
    public init(name: String, vcpus: Int, memoryMiB: Int, diskGiB: Int = 0) {
        self.name = name
        self.vcpus = vcpus
        self.memoryMiB = memoryMiB
        self.diskGiB = diskGiB
    }
}

/// A network that VMs can be on.
public struct Network: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its subnets, as `10.0.0.0/16`.
    public var subnets: [String]
    /// It leads out: addresses there come from outside.
    public var isExternal: Bool

    /// A network.
    public init(name: String, subnets: [String] = [], isExternal: Bool = false) {
        self.name = name
        self.subnets = subnets
        self.isExternal = isExternal
    }
}

/// How much of something may be used and is; a limit of nil means there is none.
public struct Quota: Hashable, Sendable {
    /// Used and allowed.
    public struct Share: Hashable, Sendable {
        /// Used now.
        public var used: Int
        /// Allowed; nil when there is no limit.
        public var limit: Int?

        /// A share.
        public init(used: Int, limit: Int?) {
            self.used = used
            self.limit = limit
        }

        /// What is left; nil when there is no limit.
        public var left: Int? { limit.map { max(0, $0 - used) } }
    }

    /// VMs.
    public var vms: Share
    /// Virtual processors.
    public var vcpus: Share
    /// Memory in MiB.
    public var memoryMiB: Share

    /// A quota.
    public init(vms: Share, vcpus: Share, memoryMiB: Share) {
        self.vms = vms
        self.vcpus = vcpus
        self.memoryMiB = memoryMiB
    }
}
