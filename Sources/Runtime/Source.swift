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

/// What of a cloud is asked for.
public struct CloudParts: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int

    /// Parts by their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// VMs, with the names of what they have.
    public static let vms = CloudParts(rawValue: 1)
    /// Servers.
    public static let servers = CloudParts(rawValue: 2)
    /// Flavors, images, networks, key pairs, quota.
    public static let offers = CloudParts(rawValue: 4)
    /// Everything.
    public static let all: CloudParts = [.vms, .servers, .offers]
}

/// One thing that was looked at to see whether a cloud can be used.
public struct CloudCheck: Hashable, Sendable {
    /// How it stands.
    public enum Grade: Hashable, Sendable { case good, warning, bad }

    /// How it stands.
    public let grade: Grade
    /// What was found, and what to do about it.
    public let text: String

    /// A finding.
    public init(_ grade: Grade, _ text: String) {
        self.grade = grade
        self.text = text
    }
}

/// A cloud, beside what every source does.
public protocol CloudSource: Source {
    /// Reads some parts once, with as few requests as that takes.
    /// - Throws: a sentence for people.
    func read(_ parts: CloudParts) async throws -> CloudContents
    /// Looks at everything that is needed to use it.
    func check() async -> [CloudCheck]
    /// What is asked about one VM when somebody looks at it.
    /// - Throws: a sentence for people.
    func details(of vm: ID<VM>) async throws -> VMDetails
}
