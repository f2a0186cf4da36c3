public import Model

/// What a local cloud is made of.
public struct LocalCloudConfiguration: Sendable {
    /// A server of it: a share of this computer by name.
    public struct Share: Hashable, Sendable {
        /// `server1`.
        public var name: String
        /// Virtual processors it offers.
        public var vcpus: Int
        /// Memory it offers, in MiB.
        public var memoryMiB: Int

        /// A server.
        public init(name: String, vcpus: Int, memoryMiB: Int) {
            self.name = name
            self.vcpus = vcpus
            self.memoryMiB = memoryMiB
        }
    }

    /// The cloud's name.
    public var cloud: ID<Cloud>
    /// Its servers.
    public var servers: [Share]
    /// The sizes it offers; the first is the default.
    public var flavors: [Flavor]
    /// The image all VMs have.
    public var image: String
    /// Which customer each cluster belongs to.
    public var customers: [ID<Cluster>: Customer]
    /// Where VMs keep what they have.
    public var directory: String
    /// The program that a VM runs, and the words before its own.
    public var agent: (path: String, arguments: [String])
    /// Where each cluster's store answers, with commas between members; agents are told.
    public var stores: [ID<Cluster>: String] = [:]
    /// How long a VM takes to build: long enough to be seen.
    public var buildTime: Duration = .milliseconds(600)

    /// A configuration.
    public init(
        cloud: ID<Cloud>, servers: [Share], flavors: [Flavor], image: String, customers: [ID<Cluster>: Customer],
        directory: String, agent: (path: String, arguments: [String])
    ) {
        self.cloud = cloud
        self.servers = servers
        self.flavors = flavors
        self.image = image
        self.customers = customers
        self.directory = directory
        self.agent = agent
    }
}

/// What the local cloud refuses.
public struct LocalCloudRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
