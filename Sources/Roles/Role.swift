public import Model

/// A part one process plays: a pure value. The runner and the simulation drive every role alike.
///
/// **Invariant:** a role never waits, reads a clock, logs or throws. Effects of one `handle` may run concurrently: an
/// order that matters is one effect, or waits for the event that confirms it.
public protocol Role: Sendable {
    /// What it is told.
    associatedtype Event: Sendable
    /// What it wants done.
    associatedtype Effect: Sendable
    /// Takes one event in and says what is to be done.
    mutating func handle(_ event: Event, at now: Timestamp) -> [Effect]
}

/// One record of a cluster's store, written or removed.
public enum StoreWrite: Hashable, Sendable {
    /// Where a unit is placed; nil removes the record.
    case placement(UnitName, Placement?)
    /// Why a unit waits; nil removes the record.
    case waiting(UnitName, Unit.Waiting?)
    /// An operator's wish to reschedule, answered or done with.
    case move(UnitName, Move?)
    /// What happened, kept for an hour.
    case events([FarmEvent])
}

/// What must still be true for a write to happen.
public enum StoreGuard: Hashable, Sendable {
    /// The placement's revision; 0 for none.
    case placement(UnitName, revision: Int64)
    /// The unit record's revision: nobody changed or destroyed it.
    case unit(UnitName, revision: Int64)
}
