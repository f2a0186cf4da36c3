/// Growing pauses between tries, with jitter so that many do not come back at once.
public struct Backoff: Sendable {
    private var upcoming: Duration
    private let first: Duration
    private let longest: Duration

    /// Pauses from `first`, doubled each time up to `longest`.
    public init(first: Duration = .milliseconds(200), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
        upcoming = first
    }

    /// How long the next pause is; the one after it is longer.
    public mutating func next() -> Duration {
        let jitter = Double.random(in: 0.5...1)
        defer { upcoming = min(upcoming * 2, longest) }
        return upcoming * jitter
    }

    /// Sleeps the next pause.
    /// - Throws: `CancellationError`.
    public mutating func pause() async throws {
        try await Task.sleep(for: next())
    }

    /// Begins again with the first pause.
    public mutating func reset() {
        upcoming = first
    }
}

/// Runs work that has to end within a time.
/// - Throws: what the work throws; `DeadlineExceeded` when it takes longer.
public func withDeadline<Value: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw DeadlineExceeded(limit: limit) }
        return value
    }
}

/// Work took longer than it may.
public struct DeadlineExceeded: Error, Hashable, Sendable, CustomStringConvertible {
    /// How long it could have taken.
    public let limit: Duration

    /// The sentence.
    public var description: String { "no answer within \(limit.components.seconds) s" }
}
