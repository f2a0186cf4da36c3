/// Where a store's history stands: shows whether a store is still the one it was.
public struct StoreMark: Sendable, Hashable {
    /// The store's own number, made when it was founded.
    public var clusterID: UInt64
    /// The raft term; it rises with every election.
    public var term: UInt64
    /// The newest revision.
    public var revision: Int64

    /// A mark of its parts.
    public init(clusterID: UInt64, term: UInt64 = 1, revision: Int64) {
        self.clusterID = clusterID
        self.term = term
        self.revision = revision
    }

    /// Whether a store that once stood at the other mark can stand here: not after it was restored from a backup, nor
    /// when it is another store. Answers to marks are linearizable, so neither term nor revision ever sinks.
    public func follows(_ earlier: StoreMark) -> Bool {
        clusterID == earlier.clusterID && term >= earlier.term && revision >= earlier.revision
    }
}
