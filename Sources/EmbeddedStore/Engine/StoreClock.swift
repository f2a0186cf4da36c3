/// The clock leases are measured by: milliseconds since the store was opened.
///
/// It stands still while the computer sleeps: else every lease would end at waking, before anybody could renew it.
struct StoreClock: Sendable {
    private let clock = SuspendingClock()
    private let start: SuspendingClock.Instant

    init() {
        start = clock.now
    }

    var milliseconds: Int64 {
        let parts = (clock.now - start).components
        return parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
    }

    /// Sleeps at most a day at a time: leases may live longer than the system's timers can count.
    func sleep(untilMilliseconds time: Int64) async throws {
        while milliseconds < time {
            let step = min(time, milliseconds + 86_400_000)
            try await Task.sleep(until: start + .milliseconds(step), tolerance: .milliseconds(10), clock: clock)
        }
    }
}
