public import Model

/// Something that is wrong or under way, or several alike that have one cause.
public struct Problem: Hashable, Sendable {
    /// How much it matters.
    public enum Severity: Int, Comparable, Sendable, CaseIterable {
        /// Something that is wanted does not work.
        case critical
        /// It will not work for long, or less is left than should be.
        case warning
        /// Under way, as somebody asked.
        case changing

        /// The word for people and JSON.
        public var word: String { "\(self)" }

        /// The graver first.
        public static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    /// What sort of problem it is; the raw value is what JSON calls it.
    public enum Kind: String, Sendable, CaseIterable {
        case nothingHeard = "nothing-heard"
        case cloudSilent = "cloud-silent"
        case controlPlane = "control-plane"
        case siteDown = "site-down"
        case serverDown = "server-down"
        case serverSilent = "server-silent"
        case serverClosed = "server-closed"
        case serverFull = "server-full"
        case vmLost = "vm-lost"
        case vmError = "vm-error"
        case vmNeverJoined = "vm-never-joined"
        case vmWaits = "vm-waits"
        case machineSilent = "machine-silent"
        case partition = "partition"
        case machineFlaps = "machine-flaps"
        case machineSick = "machine-sick"
        case machineRival = "machine-rival"
        case machineClock = "machine-clock"
        case machineFull = "machine-full"
        case machineUnknown = "machine-unknown"
        case drain = "drain"
        case storeSilent = "store-silent"
        case storeTrouble = "store-trouble"
        case memberSilent = "member-silent"
        case noLeader = "no-leader"
        case restored = "store-restored"
        case clusterShort = "cluster-short"
        case growth = "growth"
        case unitFails = "unit-fails"
        case unitLost = "unit-lost"
        case unitWaits = "unit-waits"
        case unitIdle = "unit-idle"
        case unitUnheard = "unit-unheard"
        case unitSlow = "unit-slow"
        case moveRefused = "move-refused"
        case order = "order"
    }

    /// What stays the same while a problem lasts: cursors and acknowledgements are tied to it.
    public struct Key: Hashable, Comparable, Sendable {
        /// What sort of problem.
        public let kind: Kind
        /// Which of that sort: `os/hv-04`, `c1 web@.service`.
        public let group: String

        init(_ kind: Kind, _ group: String) {
            self.kind = kind
            self.group = group
        }

        /// By kind, as they are listed, then by group.
        public static func < (left: Key, right: Key) -> Bool {
            left.kind == right.kind ? left.group < right.group : left.kind.rawValue < right.kind.rawValue
        }
    }

    /// What is thought to be behind it.
    public enum Cause: Hashable, Sendable {
        /// So many other problems are thought to come from this one.
        case root(Int)
        /// It comes from another problem, probably: why that is thought.
        case because(Key, String)
        /// What speaks for a cause, and why it is not certain.
        case unsure(String)
        /// It stands alone.
        case separate
        /// It was asked for.
        case asked
    }

    /// What it touches.
    public struct Touches: Hashable, Sendable {
        /// VMs.
        public var vms = 0
        /// Machines without a VM that we know.
        public var machines = 0
        /// Clusters.
        public var clusters = 0
        /// Units.
        public var units = 0

        /// `7 VMs, 3 clusters, 22 units`; empty when it touches nothing.
        public var words: String {
            let parts = [(vms, "VM"), (machines, "machine"), (clusters, "cluster"), (units, "unit")]
            return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        }

        var weight: Int { (vms + machines + clusters) * 10 + units }
    }

    /// One thing that was heard.
    public struct Evidence: Hashable, Sendable {
        /// When; nil when that is not known.
        public let at: Timestamp?
        /// Who says so: `cloud os`, `store of c1`, `machine a-2`.
        public let from: String
        /// What was said.
        public let text: String
    }

    /// What stays the same while it lasts.
    public let key: Key
    /// How much it matters.
    public let severity: Severity
    /// What it is about: one object, or several alike.
    public let subjects: [Subject]
    /// Their names: `hv-04`, `c1-n5 c2-n1 c3-n2 +4`.
    public let name: String
    /// What is wrong, without the names: `is down`.
    public let what: String
    /// Since when; nil when it was so before anybody looked.
    public let since: Timestamp?
    /// What it touches.
    public let touches: Touches
    /// What is thought to be behind it.
    public internal(set) var cause: Cause
    /// What was heard, newest first.
    public let evidence: [Evidence]
    /// When its source last answered, where that is silent now; nil where what is said here is fresh.
    public let asOf: Timestamp?
    let related: Related

    /// What it is about, first of all.
    public var subject: Subject { subjects.first ?? .source(SourceID(key.group)) }

    /// The names of the console's commands that help, the best first.
    public var helps: [String] { key.kind.helps }

    /// Names and what is wrong: `hv-04 is down`.
    public var sentence: String { name.isEmpty ? what : "\(name) \(what)" }

    /// Whether it comes from another problem.
    public var isSymptom: Bool {
        if case .because = cause { true } else { false }
    }

    /// Objects by which an event is thought to have to do with it.
    struct Related: Hashable, Sendable {
        var servers: Set<ID<Server>> = []
        var vms: Set<ID<VM>> = []
        var machines: Set<ID<Machine>> = []
        var clusters: Set<ID<Cluster>> = []
        var families: Set<String> = []
        var sources: Set<SourceID> = []

        mutating func formUnion(_ other: Related) {
            servers.formUnion(other.servers)
            vms.formUnion(other.vms)
            machines.formUnion(other.machines)
            clusters.formUnion(other.clusters)
            families.formUnion(other.families)
            sources.formUnion(other.sources)
        }
    }
}

/// An order, as far as triage has to know it.
public struct Asked: Hashable, Sendable {
    /// When it was asked.
    public var at: Timestamp
    /// What was asked: `drain a-2`.
    public var phrase: String
    /// What it is about.
    public var subject: Subject
    /// What became of it; nil while nothing did.
    public var outcome: String?

    /// An order.
    public init(at: Timestamp, phrase: String, subject: Subject, outcome: String? = nil) {
        self.at = at
        self.phrase = phrase
        self.subject = subject
        self.outcome = outcome
    }
}

/// What triage looks at.
public struct Known: Sendable {
    /// All current knowledge.
    public var inventory: Inventory
    /// The moment.
    public var now: Timestamp
    /// What happened lately; the order does not matter.
    public var events: [FarmEvent]
    /// What was asked lately.
    public var asked: [Asked]
    /// Units that are not as they should be; nil to look at all.
    public var suspects: [UnitKey]?

    /// What is known.
    public init(
        inventory: Inventory, now: Timestamp, events: [FarmEvent] = [], asked: [Asked] = [],
        suspects: [UnitKey]? = nil
    ) {
        self.inventory = inventory
        self.now = now
        self.events = events
        self.asked = asked
        self.suspects = suspects
    }
}
