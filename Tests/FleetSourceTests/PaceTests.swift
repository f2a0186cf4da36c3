import AgentAPI
import Model
import Programs
import Testing

@Suite struct `Asking fleet for its lists` {
    @Test func `keeps it busy for a fifth of the time at most, all lists together`() {
        let pace = FleetPace()
        let begin = Timestamp(milliseconds: 1_000)
        // Three at once, the last of them slow; then, when that is allowed, one more.
        for seconds in [1, 1, 4] { pace.note(.seconds(seconds), from: begin) }
        #expect(pace.next == begin + .seconds(30))
        pace.note(.seconds(2), from: begin + .seconds(30))
        #expect(pace.next == begin + .seconds(40))
        // What was not used up is not saved for later.
        pace.note(.seconds(1), from: begin + .seconds(100))
        #expect(pace.next == begin + .seconds(105))
    }

    @Test func `leaves a slow one alone for longer`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.change { fleet in fleet.delays = ["state": .seconds(1)] }
            try await observing(source(endpoint)) { _ in
                let asked = { await fleet.requests["GET state", default: 0] }
                try await Programs.eventually("states are asked", within: .seconds(120)) {
                    await asked() >= 1 ? true : nil
                }
                let begin = ContinuousClock.now
                try await Programs.eventually("states are asked twice more", within: .seconds(120)) {
                    await asked() >= 3 ? true : nil
                }
                // A second each, and four times as long between them; by its interval alone it would be 6 s.
                #expect(ContinuousClock.now - begin >= .seconds(9.5))
            }
        }
    }
}
