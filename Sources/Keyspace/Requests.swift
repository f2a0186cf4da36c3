extension Keyspace {
    /// A read of a range.
    public struct RangeRequest: Sendable, Hashable {
        /// How the items found are ordered.
        public enum SortOrder: Sendable, Hashable { case none, ascending, descending }
        /// What they are ordered by.
        public enum SortTarget: Sendable, Hashable { case key, version, createRevision, modRevision, value }

        /// The keys to read.
        public var range: KeyRange
        /// The most items to return; 0 is all.
        public var limit = 0
        /// The revision to read at; 0 or less is the newest.
        public var revision: Int64 = 0
        /// How the items are ordered.
        public var sortOrder = SortOrder.none
        /// What they are ordered by.
        public var sortTarget = SortTarget.key
        /// Whether values are left out.
        public var keysOnly = false
        /// Whether items are left out.
        public var countOnly = false
        /// Only items last changed at or after this revision; 0 is all.
        public var modRevisionMin: Int64 = 0
        /// Only items last changed at or before this revision; 0 is all.
        public var modRevisionMax: Int64 = 0
        /// Only items created at or after this revision; 0 is all.
        public var createRevisionMin: Int64 = 0
        /// Only items created at or before this revision; 0 is all.
        public var createRevisionMax: Int64 = 0

        /// Makes a read of all items of a range as of now.
        public init(_ range: KeyRange) { self.range = range }
    }

    /// What a read found.
    public struct RangeAnswer: Sendable, Hashable {
        /// The items, in the order asked for.
        public var items: [KeyValue] = []
        /// Whether the limit left items out.
        public var more = false
        /// How many keys the range has, whatever limits and filters left out.
        public var count = 0
    }

    /// A write of one key.
    public struct PutRequest: Sendable, Hashable {
        /// The key.
        public var key: [UInt8]
        /// The new value.
        public var value: [UInt8]
        /// The lease the key is to live on; 0 is none.
        public var lease: Int64
        /// Whether the answer carries the key as it was.
        public var wantsPrevious = false
        /// Whether the key keeps its value.
        public var ignoresValue = false
        /// Whether the key keeps its lease.
        public var ignoresLease = false

        /// Makes a write of a key.
        public init(_ key: [UInt8], _ value: [UInt8], lease: Int64 = 0) {
            self.key = key
            self.value = value
            self.lease = lease
        }
    }

    /// A deletion of a range.
    public struct DeleteRequest: Sendable, Hashable {
        /// The keys to delete.
        public var range: KeyRange
        /// Whether the answer carries the keys as they were.
        public var wantsPrevious: Bool

        /// Makes a deletion of a range.
        public init(_ range: KeyRange, wantsPrevious: Bool = false) {
            self.range = range
            self.wantsPrevious = wantsPrevious
        }
    }

    /// What a deletion deleted.
    public struct DeleteAnswer: Sendable, Hashable {
        /// How many keys there were.
        public var deleted = 0
        /// The keys as they were, if the request wanted them.
        public var previous: [KeyValue] = []
    }

    /// A guard of a transaction.
    public struct Compare: Sendable, Hashable {
        /// How the field of the key relates to the value given.
        public enum Relation: Sendable, Hashable { case equal, greater, less, notEqual }
        /// The field of the key that is looked at, and what it is compared with.
        public enum Target: Sendable, Hashable {
            case version(Int64), createRevision(Int64), modRevision(Int64), value([UInt8]), lease(Int64)
        }

        /// The keys looked at: the guard must hold for every one of them.
        public var range: KeyRange
        /// The field and what it is compared with.
        public var target: Target
        /// How they must relate.
        public var relation: Relation

        /// Makes a guard.
        public init(_ range: KeyRange, _ relation: Relation, _ target: Target) {
            self.range = range
            self.relation = relation
            self.target = target
        }
    }

    /// A guarded transaction: all of `then` if every guard holds, else all of `otherwise`, at one revision.
    public struct Txn: Sendable, Hashable {
        /// The guards.
        public var guards: [Compare]
        /// What runs if every guard holds.
        public var then: [Operation]
        /// What runs if one does not.
        public var otherwise: [Operation]

        /// Makes a transaction.
        public init(if guards: [Compare] = [], then: [Operation], else otherwise: [Operation] = []) {
            self.guards = guards
            self.then = then
            self.otherwise = otherwise
        }
    }

    /// What became of a transaction.
    public struct TxnAnswer: Sendable, Hashable {
        /// Whether every guard held.
        public var succeeded: Bool
        /// The answers of the operations that ran, in order.
        public var answers: [OperationAnswer]
    }

    /// One operation of a transaction.
    public enum Operation: Sendable, Hashable {
        case range(RangeRequest)
        case put(PutRequest)
        case delete(DeleteRequest)
        indirect case txn(Txn)
    }

    /// The answer of one operation of a transaction.
    public enum OperationAnswer: Sendable, Hashable {
        case range(RangeAnswer)
        /// The key as it was, if there was one and the request wanted it.
        case put(previous: KeyValue?)
        case delete(DeleteAnswer)
        indirect case txn(TxnAnswer)
    }
}
