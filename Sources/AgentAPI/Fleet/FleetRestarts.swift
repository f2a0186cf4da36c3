import Model
import Synchronization

/// Lets `fleetctl restart` restart.
///
/// It looks at the unit, asks for *loaded*, waits until the unit is *launched*, and asks for *launched*: with fleet it
/// came through that only when the machine was slower than its first look, and then nothing was restarted. Here the
/// machine stops the unit when *loaded* is asked and starts it when *launched* is; so that it comes to be asked, a unit
/// that was looked at just before stays *launched* to those who look at it, for a moment.
final class FleetRestarts: Sendable {
    /// A look this long before belongs to the same command.
    private static let looksBack = Duration.seconds(10)
    /// How long the unit stays as it was: `fleetctl` looks four times a second.
    private static let holds = Duration.seconds(2)
    private static let namesMax = 10_000

    private struct State {
        var looks: [UnitName: ContinuousClock.Instant] = [:]
        var held: [UnitName: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())

    /// Somebody looks at one unit; whether it is told as launched, though it is about to stop.
    func look(_ name: UnitName) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            if state.looks.count >= Self.namesMax {
                state.looks = state.looks.filter { now - $0.value < Self.looksBack }
            }
            if state.looks.count < Self.namesMax { state.looks[name] = now }
            guard let until = state.held[name] else { return false }
            if now >= until { state.held[name] = nil }
            return now < until
        }
    }

    /// A unit that is launched is asked to be loaded only.
    func stops(_ name: UnitName) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard let look = state.looks[name], now - look < Self.looksBack else { return }
            state.held[name] = now + Self.holds
        }
    }

    /// Something else is asked of it.
    func forget(_ name: UnitName) {
        state.withLock { state in
            state.looks[name] = nil
            state.held[name] = nil
        }
    }
}
