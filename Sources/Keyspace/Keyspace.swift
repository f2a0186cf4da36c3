/// etcd's data model as one value: keys with revisions and history, leases, guarded transactions, watches.
///
/// Time comes in as milliseconds of any clock that never goes back; the value never reads one. All answers depend on
/// nothing but the calls made, so two keyspaces given the same calls are equal in everything they say.
///
/// **Invariant:** knows no units, no network, no disk; a call that throws has changed nothing.
/// - Source: etcd API v3, `rpc.proto` and `kv.proto`; learning/api_guarantees.md.
public struct Keyspace: Sendable {
    /// The numbers a keyspace refuses to go beyond.
    public struct Limits: Sendable, Hashable {
        /// The most operations, and the most guards, of one transaction: etcd's `--max-txn-ops`.
        public var operations = 128
        /// The most bytes of keys and values in one request: etcd's `--max-request-bytes`.
        public var requestBytes = 1_572_864
        /// The longest a lease may be asked for, in seconds: etcd's `MaxLeaseTTL`.
        public var leaseTTLSeconds: Int64 = 9_000_000_000
        /// The shortest a lease is granted for, in seconds; shorter wishes are lengthened.
        public var leaseTTLSecondsMin: Int64 = 1

        /// etcd's limits.
        public init() {}
    }

    /// What this keyspace refuses to go beyond.
    public let limits: Limits
    /// The number of the last transaction that changed something; 1 before the first, as in etcd.
    public internal(set) var revision: Int64 = 1
    /// Reads below this revision are refused; 0 before the first compaction.
    public internal(set) var compactedRevision: Int64 = 0
    /// The revision of `commits.first`; watches cannot begin before it.
    public internal(set) var firstEventRevision: Int64 = 2

    /// Every key that lives or has history, in byte order.
    var records = RecordTable()
    /// What each revision from `firstEventRevision` to `revision` changed.
    var commits: [Commit] = []
    var leases: [Int64: LeaseRecord] = [:]
    /// The ID the next lease without a chosen one gets.
    var nextLeaseID: Int64 = 1

    /// Makes an empty keyspace.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many keys live.
    public var count: Int { records.liveCount }
}

extension Keyspace {
    /// A key with its value and revisions.
    public struct KeyValue: Sendable, Hashable {
        /// The key's bytes; never empty.
        public var key: [UInt8]
        /// The value's bytes.
        public var value: [UInt8]
        /// The revision that created the key.
        public var createRevision: Int64
        /// The revision that last changed the key.
        public var modRevision: Int64
        /// The number of changes since the key was created, its creation included.
        public var version: Int64
        /// The lease the key lives on; 0 is none.
        public var lease: Int64

        /// Makes a key value of its parts.
        public init(
            key: [UInt8], value: [UInt8], createRevision: Int64, modRevision: Int64, version: Int64, lease: Int64
        ) {
            self.key = key
            self.value = value
            self.createRevision = createRevision
            self.modRevision = modRevision
            self.version = version
            self.lease = lease
        }
    }

    /// One change of one key.
    public struct Event: Sendable, Hashable {
        /// The key as it is now; after a deletion only `key` and `modRevision` mean something.
        public var item: KeyValue
        /// Whether the key was deleted rather than put.
        public var isDelete: Bool
        /// The key as it was before; nil when it was not.
        public var previous: KeyValue?
    }

    /// What one revision changed.
    public struct Commit: Sendable, Hashable {
        /// The revision.
        public var revision: Int64
        /// Its changes in the order they were made; never empty, and no key twice.
        public var events: [Event]
    }

    /// An answer together with what became of the keyspace.
    public struct Applied<Answer: Sendable>: Sendable {
        /// The answer proper.
        public var answer: Answer
        /// The keyspace's revision afterwards.
        public var revision: Int64
        /// What changed; nil when nothing did.
        public var commit: Commit?
    }
}
