public import Model

/// The computer's clock, read once and carried on by a steady one: a stepped clock moves nothing here.
public struct SystemClock: Sendable {
    private let start: Timestamp
    private let steadyStart: ContinuousClock.Instant

    /// A clock that begins with the time of day now.
    public init() {
        start = Timestamp(milliseconds: Self.wallMilliseconds())
        steadyStart = ContinuousClock().now
    }

    /// Now.
    public func now() -> Timestamp {
        start + (ContinuousClock().now - steadyStart)
    }

    /// Sleeps until then; not at all when it has passed.
    /// - Throws: `CancellationError`.
    public func sleep(until moment: Timestamp) async throws {
        let left = moment.since(now())
        if left > .zero { try await Task.sleep(for: left) }
    }
}
