import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `A machine that crashes` {
        @Test func `loses its units to others within seconds`() async throws {
            try await Stand.with(breaking: true) { stand in
                try await stand.start(["beat.service": Stand.beating])
                let old = try #require(try await stand.unit("beat.service")?.machine)

                let crash = Stand.now
                try await stand.fault(old, "crash")
                let next = try await Programs.eventually("it runs elsewhere", within: .seconds(15)) {
                    stand.runs("beat.service").first { $0.machine != old }
                }

                measured("from a crash until the unit runs elsewhere, lease \(Stand.ttl) s", next.first - crash)
                #expect(next.first - crash <= 10)
                try await stand.until("beat.service", "is told") { $0.active == "active" && $0.machine == next.machine }
                try await stand.boot([old])
                try await stand.untilJoined(Stand.machines)
                try await Task.sleep(for: .seconds(1))
                #expect(stand.runs("beat.service").count == 2, "\(stand.runs("beat.service"))")
            }
        }
    }

    @Suite struct `A machine that was frozen` {
        @Test func `stops what others run by then as soon as it goes on`() async throws {
            try await Stand.with(breaking: true) { stand in
                try await stand.start(["beat.service": Stand.beating])
                let old = try #require(try await stand.unit("beat.service")?.machine)

                try await stand.fault(old, "freeze")
                let next = try await Programs.eventually("it runs elsewhere", within: .seconds(15)) {
                    stand.runs("beat.service").first { $0.machine != old }
                }
                let thaw = Stand.now
                try await stand.fault(old, "thaw")
                try await Programs.eventually("the old one has stopped", within: .seconds(15)) {
                    stand.files(old).isEmpty ? true : nil
                }

                let runs = stand.runs("beat.service")
                let last = try #require(runs.first { $0.machine == old }?.last)
                measured("from the thaw until the old copy has stopped", max(0, last - thaw))
                #expect(last - thaw <= 5)
                try await stand.until("beat.service", "stays") { $0.active == "active" && $0.machine == next.machine }
                #expect(stand.runs("beat.service").count == 2, "\(runs)")
            }
        }
    }
}
