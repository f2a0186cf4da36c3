public import Model

/// The computer's clock, read once and carried on by a steady one: a stepped clock moves nothing here.
public struct SystemClock: Sendable {
    /// Whether somebody looks at what is polled by this clock.
    public let attention = Attention()
    private let start: Timestamp
    private let steady: @Sendable () -> ContinuousClock.Instant
    private let steadyStart: ContinuousClock.Instant

    /// A clock that begins with the time of day now.
    public init() {
        self.init(wall: Self.wallMilliseconds) { ContinuousClock().now }
    }

    /// A clock of two others: the time of day, which may be stepped, and one that only goes on.
    init(wall: () -> Int64, steady: @escaping @Sendable () -> ContinuousClock.Instant) {
        start = Timestamp(milliseconds: wall())
        self.steady = steady
        steadyStart = steady()
    }

    /// Now.
    public func now() -> Timestamp {
        start + (steady() - steadyStart)
    }

    /// Sleeps until then; not at all when it has passed.
    /// - Throws: `CancellationError`.
    public func sleep(until moment: Timestamp) async throws {
        let left = moment.since(now())
        if left > .zero { try await Task.sleep(for: left) }
    }
}
