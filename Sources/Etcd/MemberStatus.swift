/// How one member of an etcd cluster is.
public struct MemberStatus: Sendable, Hashable {
    /// What stops a member from taking writes.
    public enum Alarm: Sendable, Hashable {
        /// Its disk quota is used up.
        case noSpace
        /// Its data differs from the other members'.
        case corrupt
    }

    /// What came of asking it.
    public enum Answer: Sendable, Hashable {
        /// It answered.
        case given
        /// It could not be asked, with the reason.
        case missing(String)
        /// It is not among the configured endpoints, so it was not asked.
        case notAsked
    }

    /// The member's name; empty where it is not known.
    public var name: String
    /// The member's ID; 0 where it is not known.
    public var id: UInt64
    /// The address the member was asked at.
    public var endpoint: String
    /// What came of asking it; the fields below hold nothing unless it answered.
    public var answer: Answer
    /// The version of etcd it runs; empty where it is not known.
    public var version: String
    /// The size of its database on disk, in bytes.
    public var dbSize: Int64
    /// Whether it says that it leads the quorum.
    public var isLeader: Bool
    /// Whether it knows a leader: a member that is cut off from the majority knows none.
    public var hasLeader: Bool
    /// Whether it only learns and has no vote.
    public var isLearner: Bool
    /// The raft term it is in.
    public var raftTerm: UInt64
    /// What it raised an alarm for.
    public var alarms: Set<Alarm>

    /// Makes a status of its parts.
    public init(
        name: String = "", id: UInt64 = 0, endpoint: String, answer: Answer = .given, version: String = "",
        dbSize: Int64 = 0, isLeader: Bool = false, hasLeader: Bool = true, isLearner: Bool = false,
        raftTerm: UInt64 = 0, alarms: Set<Alarm> = []
    ) {
        self.name = name
        self.id = id
        self.endpoint = endpoint
        self.answer = answer
        self.version = version
        self.dbSize = dbSize
        self.isLeader = isLeader
        self.hasLeader = hasLeader
        self.isLearner = isLearner
        self.raftTerm = raftTerm
        self.alarms = alarms
    }
}
