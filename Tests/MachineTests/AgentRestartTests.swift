import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `An agent` {
        @Test func `that is killed while units start leaves each of them running once`() async throws {
            try await Stand.with { stand in
                let steady = (1...3).map { "steady@\($0).service" }
                try await stand.startInstances(steady, of: Stand.beating)
                let load = (1...30).map { "load@\($0).service" }

                try await stand.startInstances(load, of: Stand.marking, words: ["--no-block"])
                for _ in 1...2 {
                    for machine in Stand.machines {
                        try await stand.shell(machine, "systemctl kill -s KILL quarterdeck-agent")
                    }
                    try await Task.sleep(for: .milliseconds(1_500))
                }
                let rows = try await Programs.eventually("all are active", within: .seconds(40)) {
                    let rows = try await stand.units()
                    return rows.count == 33 && rows.allSatisfy { $0.active == "active" } ? rows : nil
                }

                #expect(Set(rows.map(\.unit)) == Set(steady + load))
                for name in steady + load { #expect(stand.runs(name).count == 1, "\(stand.runs(name))") }
                for name in steady { #expect(stand.runs(name).allSatisfy { Stand.now - $0.last < 2 }, "\(name)") }
            }
        }

        @Test func `that is stopped or upgraded leaves its units running`() async throws {
            try await Stand.with { stand in
                let names = (1...3).map { "steady@\($0).service" }
                try await stand.startInstances(names, of: Stand.beating + "[X-Fleet]\nConflicts=steady@*.service\n")

                for machine in Stand.machines {
                    try await stand.shell(machine, "systemctl stop quarterdeck-agent")
                    try await Task.sleep(for: .seconds(1))
                    try await stand.shell(machine, "systemctl start quarterdeck-agent")
                    try await stand.shell(machine, "systemctl restart quarterdeck-agent")
                }
                try await stand.untilJoined(Stand.machines)
                try await Task.sleep(for: .seconds(Stand.ttl))

                for name in names {
                    let runs = stand.runs(name)
                    #expect(runs.count == 1 && runs.allSatisfy { Stand.now - $0.last < 2 }, "\(runs)")
                }
                let rows = try await stand.units()
                #expect(rows.count == 3 && rows.allSatisfy { $0.active == "active" }, "\(rows)")
            }
        }
    }

    @Suite struct `A machine that reboots` {
        @Test func `has its units again, or others have them`() async throws {
            try await Stand.with(breaking: true) { stand in
                let names = (1...6).map { "steady@\($0).service" }
                try await stand.startInstances(names, of: Stand.beating)

                let old = names.filter { stand.runs($0).contains { $0.machine == "m2" } }
                #expect(old.count == 2)
                _ = try await Testbed.shell("m2", "systemctl reboot")
                for name in old {
                    try await Programs.eventually("\(name) runs again", within: .seconds(20)) {
                        stand.runs(name).count == 2 ? true : nil
                    }
                }

                try await Programs.eventually("all is well again", within: .seconds(20)) { () -> Bool? in
                    let rows = try await stand.units()
                    guard rows.count == 6, rows.allSatisfy({ $0.active == "active" }) else { return nil }
                    return try await stand.joined() == Set(Stand.machines) ? true : nil
                }
                for name in names {
                    let runs = stand.runs(name)
                    #expect(Stand.overlap(runs) <= 0 && runs.count == (old.contains(name) ? 2 : 1), "\(runs)")
                    #expect(runs.last.map { Stand.now - $0.last < 2 } == true, "\(runs)")
                }
            }
        }
    }
}
