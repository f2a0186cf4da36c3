import Model
import Testing

@testable import Runtime

@Suite struct `What is polled` {
    @Test func `is polled five times as seldom while nobody looks, but never so seldom that it counts as old`() {
        #expect(Attention.unwatched(.seconds(1)) == .seconds(5))
        #expect(Attention.unwatched(.seconds(2)) == .seconds(10))
        #expect(Attention.unwatched(.seconds(5)) == .seconds(10))
        #expect(Attention.unwatched(.seconds(30)) == .seconds(30))
    }

    @Test func `waits longer while nobody looks`() async throws {
        let clock = SystemClock()
        clock.attention.isWatched = false
        let start = clock.now()
        try await clock.pause(.milliseconds(60))

        #expect(clock.now().since(start) >= .milliseconds(300))
    }

    @Test func `is polled at once when somebody looks again`() async throws {
        let clock = SystemClock()
        clock.attention.isWatched = false
        let start = clock.now()
        async let pause: Void = clock.pause(.seconds(2))
        clock.attention.isWatched = true
        try await pause

        #expect(clock.now().since(start) < .seconds(9))
    }
}
