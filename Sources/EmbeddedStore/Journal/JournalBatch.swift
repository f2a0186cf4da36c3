import Keyspace

/// What a set of commits changes on disk: of every key and lease only the last state.
struct JournalBatch: Sendable {
    /// The state of each changed key; nil where it was deleted.
    private(set) var items: [[UInt8]: Keyspace.KeyValue?] = [:]
    /// The time to live of each changed lease in seconds; nil where it ended.
    private(set) var leases: [Int64: Int64?] = [:]
    /// The revision after the last commit; nil when only leases changed.
    private(set) var revision: Int64?

    /// Adds a commit made after all those before.
    mutating func add(_ commit: Keyspace.Commit) {
        for event in commit.events {
            items.updateValue(event.isDelete ? nil : event.item, forKey: event.item.key)
        }
        revision = commit.revision
    }

    /// Adds a lease granted, or with nil one that ended.
    mutating func add(lease id: Int64, ttlSeconds: Int64?) {
        leases.updateValue(ttlSeconds, forKey: id)
    }
}
