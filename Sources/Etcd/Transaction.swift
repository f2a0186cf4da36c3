/// A guard of a transaction; every guard must hold for `then` to run, else `else` runs.
public enum Compare: Sendable, Hashable {
    /// The key's last change was at this revision; 0 means the key does not exist.
    case modRevision(String, Int64)
    /// The key was created at this revision; 0 means the key does not exist.
    case createRevision(String, Int64)
    /// The key has been changed this often since it was created; 0 means the key does not exist.
    case version(String, Int64)
    /// The key exists and has exactly this value.
    case value(String, [UInt8])
    /// The key does not exist.
    case absent(String)
    /// The key exists.
    case present(String)
}

/// One operation of a transaction.
public enum Op: Sendable, Hashable {
    /// Writes a key; the lease 0 is none.
    case put(String, [UInt8], lease: Int64 = 0)
    /// Deletes one key, if it is there.
    case delete(String)
    /// Deletes every key that begins with the prefix.
    case deletePrefix(String)
    /// Reads one key.
    case get(String)
}

/// What became of a transaction.
public struct TxnResult: Sendable, Hashable {
    /// Whether every guard held, so that `then` ran.
    public var succeeded: Bool
    /// The store's revision after the transaction.
    public var revision: Int64
    /// One entry for each operation that ran, in order: what a get found, what a delete deleted, nothing for a put.
    public var fetched: [[KeyValue]]

    /// Makes a result of its parts.
    public init(succeeded: Bool, revision: Int64, fetched: [[KeyValue]]) {
        self.succeeded = succeeded
        self.revision = revision
        self.fetched = fetched
    }
}
