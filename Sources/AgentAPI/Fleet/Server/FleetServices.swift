public import Model

/// What systemd says of a unit on one machine.
public struct ServedState: Hashable, Sendable {
    /// Where it stands in the order of all states.
    public struct Place: Hashable, Comparable, Sendable {
        /// The unit.
        public var unit: String
        /// The machine.
        public var machine: String

        /// A place.
        public init(unit: String, machine: String) {
            self.unit = unit
            self.machine = machine
        }

        /// By unit, then by machine.
        public static func < (left: Place, right: Place) -> Bool {
            left.unit == right.unit ? left.machine < right.machine : left.unit < right.unit
        }
    }

    /// Of what unit on what machine.
    public var place: Place
    /// What is said.
    public var state: UnitState

    /// A state.
    public init(place: Place, state: UnitState) {
        self.place = place
        self.state = state
    }
}

/// Why a change could not be written.
public enum FleetWriteFailure: Error, Hashable, Sendable {
    /// The store does not answer.
    case silent
    /// It refused, with its words.
    case refused(String)
}

/// What fleet's API is answered with: looks at what is known of the cluster, and writes to its store.
///
/// What is looked at comes in the order of the names, after the one that is named and no more than the limit. A write
/// returns when a look shows it; it throws `FleetWriteFailure` only.
public struct FleetServices: Sendable {
    /// Whether the store is heard; while it is not, nothing else is asked.
    public var isHeard: @Sendable () -> Bool
    /// The machines that are there.
    public var machines: @Sendable (_ after: String, _ limit: Int) -> [Machine]
    /// The units that are stored.
    public var units: @Sendable (_ after: String, _ limit: Int) -> [Unit]
    /// One unit.
    public var unit: @Sendable (UnitName) -> Unit?
    /// How long ago a unit that was launched was asked to be loaded only; nil when that is not what is wanted.
    public var sinceStop: @Sendable (UnitName) -> Duration?
    /// The states of units on machines that are there, of one unit or machine where one is named.
    public var states:
        @Sendable (_ after: ServedState.Place?, _ limit: Int, _ unit: String?, _ machine: String?) -> [ServedState]
    /// A unit's record, read from the store now.
    public var record: @Sendable (UnitName) async throws -> StoredUnit?
    /// Writes a unit over the record of that revision, 0 for none; false when somebody else wrote first.
    public var write: @Sendable (UnitName, UnitFile, DesiredState, _ over: Int64) async throws -> Bool
    /// Forgets a unit; false when there is none.
    public var remove: @Sendable (UnitName) async throws -> Bool
    /// Sets values of metadata, all of them.
    public var setMetadata: @Sendable ([MetadataChange]) async throws -> Void

    /// Services.
    public init(
        isHeard: @escaping @Sendable () -> Bool,
        machines: @escaping @Sendable (String, Int) -> [Machine],
        units: @escaping @Sendable (String, Int) -> [Unit],
        unit: @escaping @Sendable (UnitName) -> Unit?,
        sinceStop: @escaping @Sendable (UnitName) -> Duration?,
        states: @escaping @Sendable (ServedState.Place?, Int, String?, String?) -> [ServedState],
        record: @escaping @Sendable (UnitName) async throws -> StoredUnit?,
        write: @escaping @Sendable (UnitName, UnitFile, DesiredState, Int64) async throws -> Bool,
        remove: @escaping @Sendable (UnitName) async throws -> Bool,
        setMetadata: @escaping @Sendable ([MetadataChange]) async throws -> Void
    ) {
        self.isHeard = isHeard
        self.machines = machines
        self.units = units
        self.unit = unit
        self.sinceStop = sinceStop
        self.states = states
        self.record = record
        self.write = write
        self.remove = remove
        self.setMetadata = setMetadata
    }
}
