import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `A machine that is cut off` {
        @Test func `stops its units after the grace time, and takes new ones when it is back`() async throws {
            try await Stand.with(breaking: true) { stand in
                try await stand.start(["beat.service": Stand.beating])
                let old = try #require(try await stand.unit("beat.service")?.machine)

                let cut = Stand.now
                try await stand.fault(old, "partition")
                let next = try await Programs.eventually("it runs elsewhere", within: .seconds(15)) {
                    stand.runs("beat.service").first { $0.machine != old }
                }
                measured("from the cut until the unit runs elsewhere", next.first - cut)
                let last = try await Programs.eventually("the old one has stopped", within: .seconds(30)) {
                    let last = stand.runs("beat.service").first { $0.machine == old }?.last ?? 0
                    return Stand.now - last > 1.5 ? last : nil
                }
                let overlap = Stand.overlap(stand.runs("beat.service"))
                measured("from the cut until its own copy stops, grace \(Stand.grace) s", last - cut)
                measured("for how long a unit ran twice", overlap)
                #expect(overlap <= Stand.grace + 3 && last - cut <= Stand.grace + 5)

                try await stand.fault(old, "heal")
                try await stand.untilJoined(Stand.machines)
                try await Programs.eventually("it gave the unit up", within: .seconds(15)) {
                    stand.files(old).isEmpty ? true : nil
                }
                try await stand.start(["new.service": Stand.beating + "[X-Fleet]\nMachineMetadata=host=\(old)\n"])
                try await stand.until("new.service", "runs") { $0.active == "active" && $0.machine == old }
                #expect(stand.runs("beat.service").count == 2, "\(stand.runs("beat.service"))")
                #expect(stand.runs("new.service").count == 1, "\(stand.runs("new.service"))")
            }
        }
    }

    @Suite struct `A store that is silent for everybody` {
        @Test func `stops no unit and moves none, for twice the grace time`() async throws {
            try await Stand.with(breaking: true) { stand in
                let names = (1...6).map { "steady@\($0).service" }
                try await stand.startInstances(names, of: Stand.beating)
                let before = names.flatMap { stand.runs($0) }.map { [$0.machine, "\($0.process)"] }
                #expect(before.count == 6)

                for member in 1...3 { try await stand.fault("etcd\(member)", "freeze") }
                try await Task.sleep(for: .seconds(2 * Stand.grace))
                for member in 1...3 { try await stand.fault("etcd\(member)", "thaw") }
                try await stand.untilJoined(Stand.machines)
                // Whatever is decided when the leases are looked at again is seen within their time.
                try await Task.sleep(for: .seconds(Stand.ttl + 2))

                let runs = names.flatMap { stand.runs($0) }
                #expect(runs.map { [$0.machine, "\($0.process)"] } == before, "\(runs)")
                #expect(runs.allSatisfy { Stand.now - $0.last < 2 }, "\(runs)")
                let rows = try await stand.units()
                #expect(rows.count == 6 && rows.allSatisfy { $0.active == "active" }, "\(rows)")
            }
        }
    }

    @Suite struct `Bad links` {
        @Test func `start and stop units, and move none for twenty seconds`() async throws {
            try await Stand.with(breaking: true) { stand in
                let names = (1...3).map { "steady@\($0).service" }
                try await stand.startInstances(names, of: Stand.beating + "[X-Fleet]\nConflicts=steady@*.service\n")
                // With 20 % lost each way a renewal now and then outlasts the lease, and the machine is gone rightly.
                try await stand.fault("m2", "lossy", "10")
                try await stand.fault("m3", "slow", "256kbit")

                let begin = ContinuousClock.now
                var round = 0
                while ContinuousClock.now - begin < .seconds(20) {
                    round += 1
                    for machine in ["m2", "m3"] {
                        let unit = "far\(round)-\(machine).service"
                        let asked = Stand.now
                        let text = Stand.marking + "[X-Fleet]\nMachineMetadata=host=\(machine)\n"
                        try await stand.start([unit: text])
                        measured("a start over a bad link of \(machine)", Stand.now - asked)
                        try await stand.must("stop", unit)
                        #expect(stand.runs(unit).count == 1)
                    }
                }

                for name in names { #expect(stand.runs(name).count == 1, "\(stand.runs(name))") }
                #expect(try await stand.joined() == Set(Stand.machines))
                #expect(round >= 2)
            }
        }
    }
}
