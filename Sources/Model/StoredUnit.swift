/// A unit's record as it stands in the store.
public struct StoredUnit: Hashable, Sendable {
    /// Its file.
    public var file: UnitFile
    /// What is wanted.
    public var desired: DesiredState
    /// When it was written; a change is guarded by it.
    public var revision: Int64

    /// A record.
    public init(file: UnitFile, desired: DesiredState, revision: Int64) {
        self.file = file
        self.desired = desired
        self.revision = revision
    }
}

/// A value of a machine's metadata, set or taken away.
public struct MetadataChange: Hashable, Sendable {
    /// The machine, whether it is there or not.
    public var machine: ID<Machine>
    /// The key.
    public var key: String
    /// The value; nil takes the key away, also one that the machine gives itself.
    public var value: String?

    /// A change.
    public init(machine: ID<Machine>, key: String, value: String?) {
        self.machine = machine
        self.key = key
        self.value = value
    }
}
