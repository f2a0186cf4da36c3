public import Model

/// A place the console learns from and sends orders to: a cloud, a cluster store, a fleet API, a node agent.
public protocol Source: Sendable {
    /// Its name in the configuration.
    var id: SourceID { get }
    /// Reports until cancelled. Retries what may mend; throws what cannot (wrong password, unknown server).
    func observe(_ tell: @Sendable (Report) async -> Void) async throws
    /// Carries out one order; never throws: the outcome says what happened, where, and what to do.
    func carryOut(_ order: Order) async -> Outcome
    /// Tells a unit's log lines; ends when all are told and it does not follow.
    func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws
}

/// What is asked of one machine's agent directly: what has no desired state.
public protocol AgentPort: Sendable {
    /// What the machine and its units use.
    func figures(at api: String) async throws -> (MachineFigures, [UnitName: UnitFigures])
    /// Restarts a unit now.
    func restart(_ unit: UnitName, at api: String) async -> Outcome
    /// Tells a unit's log lines.
    func log(_ request: LogRequest, at api: String, _ tell: @Sendable ([LogLine]) async -> Void) async throws
}

/// A source refuses something it does not have.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence: what, where, what to do.
    public let description: String

    /// An error of that sentence.
    public init(_ description: String) {
        self.description = description
    }
}

/// A cloud, beside what every source does.
public protocol CloudSource: Source {
    /// What is asked about one VM when somebody looks at it.
    /// - Throws: a sentence for people.
    func details(of vm: ID<VM>) async throws -> VMDetails
}
