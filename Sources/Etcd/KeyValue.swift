/// A key with its value and the revisions etcd keeps beside it.
///
/// Keys are UTF-8 in everything Quarterdeck writes. Bytes of a foreign key that are no UTF-8 are shown as U+FFFD,
/// so such a key can be seen but not addressed.
public struct KeyValue: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value's bytes.
    public var value: [UInt8]
    /// The revision at which the key was last created.
    public var createRevision: Int64
    /// The revision of the last change of the key.
    public var modRevision: Int64
    /// The number of changes since the key was created; 1 after the first put.
    public var version: Int64
    /// The lease the key lives on; 0 is none.
    public var lease: Int64

    /// Makes a key value of its parts.
    public init(
        key: String, value: [UInt8], createRevision: Int64 = 0, modRevision: Int64 = 0, version: Int64 = 0,
        lease: Int64 = 0
    ) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
        self.lease = lease
    }
}

/// What a read of a prefix found.
public struct RangeResult: Sendable, Hashable {
    /// The keys found, in byte order of their names.
    public var items: [KeyValue]
    /// The one revision all items were read at; a watch goes on from the next.
    public var revision: Int64
    /// How many keys there are in the range; equal to `items.count` unless a caller asked for fewer.
    public var count: Int64

    /// Makes a result of its parts.
    public init(items: [KeyValue], revision: Int64, count: Int64) {
        self.items = items
        self.revision = revision
        self.count = count
    }
}

/// A lease as etcd granted it.
public struct Lease: Sendable, Hashable {
    /// The lease's ID, chosen by etcd.
    public var id: Int64
    /// How long the lease lives without a keep-alive: etcd's choice, never shorter than asked.
    public var ttlSeconds: Int64

    /// Makes a lease of its parts.
    public init(id: Int64, ttlSeconds: Int64) {
        self.id = id
        self.ttlSeconds = ttlSeconds
    }
}
