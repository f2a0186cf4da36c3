import Model
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The system's clock` {
    private final class Hands: Sendable {
        let wall = Mutex<Int64>(1_000_000)
        let steady = Mutex(ContinuousClock.now)
    }

    @Test func `goes on steadily when the time of day is stepped, back or ahead`() {
        let hands = Hands()
        let clock = SystemClock(wall: { hands.wall.withLock { $0 } }, steady: { hands.steady.withLock { $0 } })
        let start = clock.now()
        #expect(start == Timestamp(milliseconds: 1_000_000))

        for (wall, seconds) in [(86_400_000, 1), (-86_400_000, 2), (0, 3)] as [(Int64, Int)] {
            hands.wall.withLock { $0 += wall }
            hands.steady.withLock { $0 += .seconds(1) }

            #expect(clock.now().since(start) == .seconds(seconds))
        }
    }
}
