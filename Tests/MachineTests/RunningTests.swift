import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `Machines that have joined` {
        @Test func `are listed, and the doctor finds nothing wrong`() async throws {
            try await Stand.with { stand in
                #expect(try await stand.joined() == Set(Stand.machines))

                let said = try await stand.run("doctor")

                #expect(said.code == 0, "\(said.output)\(said.errors)")
                #expect(!said.output.contains("BAD") && !said.output.contains("warn"), "\(said.output)")
                #expect(said.lines.count { $0.contains("agent m") } == 3, "\(said.output)")
                #expect(said.lines.count { $0.contains("etcd 3.") } == 3, "\(said.output)")
            }
        }

        @Test func `run the agent as a service that is allowed little`() async throws {
            try await Stand.with { stand in
                let shown = try await stand.shell(
                    "m1", "systemd-analyze security --no-pager quarterdeck-agent.service | tail -1")
                print("measured: \(shown.trimmed)")

                let pid = try await stand.shell("m1", "systemctl show -P MainPID quarterdeck-agent").trimmed

                let facts = try await stand.shell("m1", "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/\(pid)/status")
                #expect(facts.contains("CapEff:\t0000000000000000"), "\(facts)")
                #expect(facts.contains("NoNewPrivs:\t1") && facts.contains("Seccomp:\t2"), "\(facts)")
            }
        }

        @Test func `start, restart, stop and forget a unit`() async throws {
            try await Stand.with { stand in
                try await stand.start(["life.service": "[Service]\nExecStart=/bin/sleep 1000\n"])
                let row = try #require(try await stand.unit("life.service"))
                let machine = try #require(row.machine)
                let first = try #require(try await stand.processes(machine, "life.service")["life.service"])

                // An agent measures at most once a second: a new unit's figures may come with the next time.
                try await Programs.eventually("the unit's figures", within: .seconds(10)) {
                    let known = try await stand.must("list-units", "-o", "json")
                    return known.contains("\"memoryBytes\"") && known.contains("\"active\" : \"active\"") ? true : nil
                }

                try await stand.must("restart", "life.service")
                let second = try #require(try await stand.processes(machine, "life.service")["life.service"])
                #expect(first != second)

                try await stand.must("stop", "life.service")
                #expect(try await stand.processes(machine, "life.service").isEmpty)
                #expect(stand.files(machine) == ["life.service"])

                try await stand.must("start", "life.service")
                #expect(try await stand.processes(machine, "life.service").count == 1)

                try await stand.must("destroy", "life.service")
                try await Programs.eventually("nothing is left of it", within: .seconds(5)) {
                    stand.files(machine).isEmpty ? true : nil
                }
                #expect(try await stand.unit("life.service") == nil)
                #expect(try await stand.processes(machine, "life.service").isEmpty)
            }
        }
    }

    @Suite struct `A unit's log` {
        private static let talking = """
            [Service]
            ExecStart=/bin/bash -c 'for i in 1 2 3 4 5; do echo line $$i; done; \\
              for i in {6..200}; do sleep 0.5; echo line $$i; done'

            """

        @Test func `is told from the machine's journal, its end, and what comes`() async throws {
            try await Stand.with { stand in
                try await stand.start(["talk.service": Self.talking])
                try await Programs.eventually("it has written", within: .seconds(10)) {
                    try await stand.must("journal", "talk.service").contains("line 5") ? true : nil
                }

                let two = try await stand.must("journal", "-n", "2", "talk.service").split(separator: "\n")
                #expect(two.count == 2, "\(two)")

                let follows = try Running(
                    [
                        Testbed.programs + "/quarterdeck", "journal", "-f", "talk.service", "--config",
                        stand.configuration,
                    ])
                defer { follows.kill() }
                try await Programs.eventually("two lines come", within: .seconds(10)) {
                    let lines = follows.output.split(separator: "\n").filter { $0.contains(" line ") }
                    return lines.count >= two.count + 2 && lines.contains { $0.hasSuffix("line 8") } ? true : nil
                }
            }
        }

        @Test func `can be asked for the last seconds alone`() async throws {
            try await Stand.with { stand in
                try await stand.start(["talk.service": Self.talking])
                try await Programs.eventually("it has written for four seconds", within: .seconds(15)) {
                    try await stand.must("journal", "talk.service").contains("line 13") ? true : nil
                }

                let recent = try await stand.must("journal", "--since", "2s", "talk.service")

                #expect(!recent.contains("line 5\n") && recent.contains("line 1"), "\(recent)")
                let lines = recent.split(separator: "\n").count { $0.contains(" line ") }
                #expect((2...6).contains(lines), "\(recent)")
            }
        }

        @Test func `of a global unit is told from the machine that is named`() async throws {
            try await Stand.with { stand in
                try await stand.start([
                    "everywhere.service": """
                    [Service]
                    ExecStart=/bin/bash -c 'echo I am on %H; exec sleep 1000'
                    [X-Fleet]
                    Global=true

                    """
                ])
                try await Programs.eventually("it runs everywhere", within: .seconds(10)) {
                    try await stand.units().count { $0.active == "active" } == 3 ? true : nil
                }
                for machine in Stand.machines {
                    try await Programs.eventually("\(machine) tells it", within: .seconds(10)) {
                        let said = try await stand.run("journal", "everywhere.service", "--machine", machine)
                        return said.output.contains("I am on \(machine)") ? true : nil
                    }
                }
            }
        }
    }
}
