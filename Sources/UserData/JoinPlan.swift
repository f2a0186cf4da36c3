public import Model

/// What a new VM needs to know to join a cluster by itself.
///
/// **Invariant:** it holds no secret but the join token: whoever is in the VM, and the cloud's operator, can read user
/// data for as long as the VM lives.
public struct JoinPlan: Hashable, Sendable {
    /// How the VM gets the agent's program.
    public enum AgentSupply: Hashable, Sendable {
        /// It is in the image, at this absolute path.
        case inImage(path: String)
        /// It is fetched at the first boot, and run only when it has this SHA-256, 64 hexadecimal digits.
        case download(url: String, sha256: String)
    }

    /// A user of the store that new VMs log in as; the password is short-lived.
    public struct JoinToken: Hashable, Sendable {
        /// The store's user.
        public var user: String
        /// Its password.
        public var secret: String

        /// A token.
        public init(user: String, secret: String) {
            self.user = user
            self.secret = secret
        }
    }

    /// The cluster; a letter, digit or `_` first, then also `-` and `.`.
    public var cluster: ID<Cluster>
    /// The store's addresses; may be empty where the VM has a member of its own.
    public var storeEndpoints: [String]
    /// The certificate authority of the store, as PEM: public.
    public var storeCA: String?
    /// The machine's metadata, for placing.
    public var metadata: [String: String]
    /// Where the agent comes from.
    public var agent: AgentSupply
    /// The discovery address with the token, `http://10.0.0.1:8087/3e86…`, where the cluster's VMs form the store.
    public var etcdDiscovery: String?
    /// What the VM shows the store.
    public var joinToken: JoinToken?
    /// Who may log in: lines of `authorized_keys`.
    public var sshKeys: [String]
    /// The VM's name; the cloud's unless given.
    public var hostname: String?
    /// More options of the agent, as its configuration file has them.
    public var agentOptions: [AgentOption] = []

    /// One option of the agent.
    public struct AgentOption: Hashable, Sendable {
        /// Its name, without dashes in front.
        public var name: String
        /// Its value.
        public var value: String

        /// An option.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A plan; what is not named stays out of the user data.
    public init(
        cluster: ID<Cluster>, storeEndpoints: [String], agent: AgentSupply, storeCA: String? = nil,
        metadata: [String: String] = [:], etcdDiscovery: String? = nil, joinToken: JoinToken? = nil,
        sshKeys: [String] = [], hostname: String? = nil
    ) {
        self.cluster = cluster
        self.storeEndpoints = storeEndpoints
        self.agent = agent
        self.storeCA = storeCA
        self.metadata = metadata
        self.etcdDiscovery = etcdDiscovery
        self.joinToken = joinToken
        self.sshKeys = sshKeys
        self.hostname = hostname
    }
}
