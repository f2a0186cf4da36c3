/// What one member of the store's quorum says of itself, or why it says nothing.
public struct MemberStatus: Sendable, Hashable {
    /// The member's name; empty where it is not known.
    public var name: String
    /// The member's ID; 0 where it is not known.
    public var id: UInt64
    /// The address the member was asked at.
    public var endpoint: String
    /// The version of etcd it runs; empty where it is not known.
    public var version: String
    /// The size of its database on disk, in bytes.
    public var dbSize: Int64
    /// Whether it says that it leads the quorum.
    public var isLeader: Bool
    /// The raft term it is in.
    public var raftTerm: UInt64
    /// Why the member could not be asked, or what it complains of; nil when it is well.
    public var error: String?

    /// Makes a status of its parts.
    public init(
        name: String = "", id: UInt64 = 0, endpoint: String, version: String = "", dbSize: Int64 = 0,
        isLeader: Bool = false, raftTerm: UInt64 = 0, error: String? = nil
    ) {
        self.name = name
        self.id = id
        self.endpoint = endpoint
        self.version = version
        self.dbSize = dbSize
        self.isLeader = isLeader
        self.raftTerm = raftTerm
        self.error = error
    }
}
