import AgentAPI
import Programs
import Testing

@Suite struct `Asking fleet for its lists` {
    @Test func `keeps it busy for a fifth of the time at most, all lists together`() {
        let lists: [FleetPace] = [.states, .machines, .units]
        let busy = lists.map { 1 / Double(1 + $0.rest) }.reduce(0, +)
        #expect(busy <= 0.2 + 1e-9)
        #expect(FleetPace.unitsAskedFor.rest == FleetPace.units.rest)
        for list in lists {
            #expect(list.pause(after: .zero) == list.usual)
            #expect(list.pause(after: .seconds(5)) == .seconds(5 * list.rest))
        }
    }

    @Test func `leaves a slow one alone for longer`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.change { fleet in fleet.delays = ["state": .milliseconds(500)] }
            try await observing(source(endpoint)) { _ in
                let asked = { await fleet.requests["GET state", default: 0] }
                try await Programs.eventually("states are asked", within: .seconds(120)) {
                    await asked() >= 1 ? true : nil
                }
                let begin = ContinuousClock.now
                try await Programs.eventually("states are asked twice more", within: .seconds(120)) {
                    await asked() >= 3 ? true : nil
                }
                // Half a second each, and nine times as long between them.
                #expect(ContinuousClock.now - begin >= .seconds(9.5))
            }
        }
    }
}
