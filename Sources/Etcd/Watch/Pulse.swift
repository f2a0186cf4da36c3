import Synchronization

/// When a stream was last heard, so that one that has fallen silent is noticed.
final class Pulse: Sendable {
    private struct State {
        var heard: ContinuousClock.Instant
        var isDelivering = false
        var limit: Duration
    }

    private let clock = ContinuousClock()
    private let state: Mutex<State>

    init(limit: Duration) {
        state = Mutex(State(heard: clock.now, limit: limit))
    }

    /// Notes a message, and that the caller is busy with it until `rest`.
    func beat() {
        let now = clock.now
        state.withLock { ($0.isDelivering, $0.heard) = (true, now) }
    }

    /// Waits for the next message again, from now on no longer than the limit.
    func rest(limit: Duration) {
        let now = clock.now
        state.withLock { $0 = State(heard: now, limit: limit) }
    }

    /// Returns when nothing was heard for longer than the limit, and how long that is.
    func silence() async throws -> Duration {
        while true {
            let now = clock.now
            let (left, limit) = state.withLock { state in
                (state.isDelivering ? state.limit : state.limit - state.heard.duration(to: now), state.limit)
            }
            if left <= .zero { return limit }
            try await Task.sleep(for: left)
        }
    }
}
