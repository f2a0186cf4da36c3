/// What may go wrong in a simulation.
public struct Faults: Hashable, Sendable {
    /// Machines die and come back.
    public var killsMachines = false
    /// Processes with agent and scheduler start anew; units go on.
    public var restartsProcesses = false
    /// The store does not answer for up to a minute.
    public var takesStoreAway = false
    /// Machines lose the store, and find it again.
    public var cutsMachines = false
    /// Processes stand still, and go on as if nothing had been.
    public var pausesProcesses = false
    /// Requests take long, and watches tell things twice.
    public var isSlow = false
    /// Answers of the store are lost though it did what was asked.
    public var losesAnswers = false
    /// Units crash.
    public var crashesUnits = false
    /// The store forgets its history.
    public var compacts = false
    /// Operators start, stop, destroy, move, replace and drain.
    public var hasOperators = false

    /// Nothing goes wrong.
    public static let none = Faults()

    /// Everything goes wrong.
    public static let all = Faults(
        killsMachines: true, restartsProcesses: true, takesStoreAway: true, cutsMachines: true,
        pausesProcesses: true, isSlow: true, losesAnswers: true, crashesUnits: true, compacts: true,
        hasOperators: true)
}
