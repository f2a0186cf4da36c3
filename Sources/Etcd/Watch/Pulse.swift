/// When a stream was last heard, so that one that has fallen silent is noticed.
actor Pulse {
    private let clock = ContinuousClock()
    private var heard: ContinuousClock.Instant
    private var isDelivering = false
    private var limit: Duration

    init(limit: Duration) {
        self.limit = limit
        heard = clock.now
    }

    /// Notes a message, and that the caller is busy with it until `rest`.
    func beat() {
        isDelivering = true
        heard = clock.now
    }

    /// Waits for the next message again, from now on no longer than the limit.
    func rest(limit: Duration) {
        isDelivering = false
        heard = clock.now
        self.limit = limit
    }

    /// Returns when nothing was heard for longer than the limit, and how long that is.
    nonisolated func silence() async throws -> Duration {
        while true {
            let (left, limit) = await remaining
            if left <= .zero { return limit }
            try await Task.sleep(for: left)
        }
    }

    private var remaining: (Duration, Duration) {
        (isDelivering ? limit : limit - heard.duration(to: clock.now), limit)
    }
}
