import Model
import Synchronization

/// Lets `fleetctl restart` restart.
///
/// It looks at the unit, asks for *loaded*, waits until the unit is *launched*, and asks for *launched*. With fleet it
/// came through that only when the machine was slower than its first look, and then nothing was restarted.
///
/// Here the machine stops the unit when *loaded* is asked and starts it when *launched* is. So that it comes to be
/// asked, a unit that is about to stop is *launched* to those who look at it for a moment more, and for longer when it
/// was looked at here just before, as `fleetctl stop` does not do.
final class FleetRestarts: Sendable {
    /// A look this long before a stop belongs to the same command.
    private static let looksBack = Duration.seconds(10)
    /// `fleetctl` looks four times a second, after it has asked for all the units it was given.
    private static let holds = Duration.seconds(1)
    private static let holdsAfterLook = Duration.seconds(2)
    private static let namesMax = 10_000

    private let looks = Mutex<[UnitName: ContinuousClock.Instant]>([:])

    /// Somebody looks at one unit; whether it is told as launched, though it is about to stop.
    func look(_ name: UnitName, sinceStop: Duration?) -> Bool {
        let now = ContinuousClock.now
        return looks.withLock { looks in
            guard let sinceStop else {
                if looks.count >= Self.namesMax { looks = looks.filter { now - $0.value < Self.looksBack } }
                if looks.count < Self.namesMax { looks[name] = now }
                return false
            }
            // Looks at a unit that stops are not kept: the one before the stop is.
            let wasLookedAt = looks[name].map { now - $0 - sinceStop < Self.looksBack } ?? false
            return sinceStop < (wasLookedAt ? Self.holdsAfterLook : Self.holds)
        }
    }
}
