import Foundation
import Programs
import Testing

@Suite(.serialized) struct `An agent asked as fleetctl asks` {
    private func process(_ stand: AgentStand, _ fits: @escaping ([Int32]) -> Bool) async throws -> [Int32] {
        try await Programs.until("the unit's process", within: .seconds(120), { stand.processes() }, fits)
    }

    @Test func `submits, loads, starts, stops, unloads and destroys`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("a"))
            let name = #"hello:x\y@1.2.service"#

            try await fleetctl.submit(name, stand.sleeper())
            #expect(try await fleetctl.all() == [name])
            try await fleetctl.load(name, stand.sleeper())
            #expect(stand.processes() == [])
            try await fleetctl.start(name, stand.sleeper())
            #expect(stand.processes().count == 1)
            try await fleetctl.stop(name)
            _ = try await process(stand) { $0.isEmpty }
            try await fleetctl.start(name, stand.sleeper())
            try await fleetctl.unload(name)
            _ = try await process(stand) { $0.isEmpty }
            try await fleetctl.start(name, stand.sleeper())
            try await fleetctl.destroy(name)
            #expect(try await fleetctl.all() == [])
            _ = try await process(stand) { $0.isEmpty }
        }
    }

    @Test func `tells of a unit that is destroyed until its process has ended`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("a"))
            let end = "/tmp/end-\(stand.mark)"
            defer { unlink(end) }
            let script =
                "trap 'until test -e \(end); do /bin/sleep 0.1; done; exit' TERM; "
                + "while :; do /bin/sleep 0.1; done"
            try await fleetctl.start(
                "slow.service",
                Sent.unit([
                    ("Service", "ExecStart", "/bin/sh -c \\\"\(script)\\\""), ("Service", "TimeoutStopSec", "600"),
                ]))

            try await fleetctl.destroy("slow.service")

            #expect(try await fleetctl.all() == [])
            let states = {
                try await RawAnswer.ask(stand.socket("a"), RawAnswer.request("GET", "/fleet/v1/state", [], "")).body
            }
            let state = try await Programs.until("it stops", within: .seconds(120), states) {
                $0.contains("deactivating")
            }
            #expect(state.contains(#""name":"slow.service""#))
            #expect(FileManager.default.createFile(atPath: end, contents: nil))
            _ = try await Programs.until("it is gone", within: .seconds(120), states) {
                !$0.contains("slow.service")
            }
        }
    }

    @Test func `restarts what it is asked to restart, and says so`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("a"))
            try await fleetctl.start("one.service", stand.sleeper(1))
            try await fleetctl.start("two.service", stand.sleeper(2))
            for _ in 0..<3 {
                let before = try await process(stand) { $0.count == 2 }

                try await fleetctl.restart("one.service")

                let after = try await process(stand) { $0.count == 2 && $0 != before }
                #expect(Set(before).intersection(after).count == 1)
            }
            // A stop after a look is still a stop.
            try await fleetctl.stop("one.service")
            _ = try await process(stand) { $0.count == 1 }
        }
    }

    @Test func `restarts a unit that is loaded and launched at once`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            try await Fleetctl(socket: stand.socket("a")).start("one.service", stand.sleeper())
            var before = try await process(stand) { $0.count == 1 }
            for _ in 0..<5 {
                for state in ["loaded", "launched"] {
                    let answer = try await RawAnswer.ask(
                        stand.socket("a"),
                        RawAnswer.request(
                            "PUT", "/fleet/v1/units/one.service", ["Content-Type: application/json"],
                            #"{"desiredState":"\#(state)"}"#))
                    #expect(answer.status == 204)
                }
                let old = before
                before = try await process(stand) { $0.count == 1 && $0 != old }
            }
        }
    }

    @Test func `replaces a unit's file and starts it again`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("a"))
            try await fleetctl.start("one.service", stand.sleeper(1))
            let before = try await process(stand) { $0.count == 1 }

            try await fleetctl.replace("one.service", stand.sleeper(2))

            let after = try await process(stand) { $0.count == 1 && $0 != before }
            #expect(!after.isEmpty)
            #expect(try await fleetctl.all() == ["one.service"])
        }
    }

    @Test func `answers at every agent, and soon again after it was killed, with its units untouched`() async throws {
        try await AgentStand.with { stand in
            let first = try await stand.agent("a")
            let second = try await stand.agent("b")
            defer { second.kill() }
            try await Fleetctl(socket: stand.socket("a")).start("one.service", stand.sleeper())
            let before = try await process(stand) { $0.count == 1 }
            try await Programs.eventually("the other agent knows it", within: .seconds(120)) {
                try await Fleetctl(socket: stand.socket("b")).all() == ["one.service"] ? true : nil
            }
            first.kill()
            let again = try await stand.agent("a")
            defer { again.kill() }
            #expect(try await Fleetctl(socket: stand.socket("a")).all() == ["one.service"])
            #expect(stand.processes() == before)
        }
    }

    @Test func `says that the store is silent when it is`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a", ["--grace", "0"])
            defer { agent.kill() }
            stand.store.signal(SIGSTOP)
            defer { stand.store.signal(SIGCONT) }
            let socket = stand.socket("a")
            func status() async throws -> String {
                "\(try await RawAnswer.ask(socket, RawAnswer.request("GET", "/fleet/v1/units", [], nil)))"
            }
            try await Programs.until(
                "the refusal", within: .seconds(60), { try await status() },
                { $0 == refused(503, "fleet server unable to communicate with etcd") })
            stand.store.signal(SIGCONT)
            try await Programs.until(
                "the answer", within: .seconds(60), { try await status() }, { $0 == told(200, "{}") })
        }
    }

    @Test func `gives global units to machines by metadata that is set over it`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let socket = stand.socket("a")
            let body =
                #"{"desiredState":"launched","options":[{"section":"X-Fleet","name":"Global","value":"true"},"#
                + #"{"section":"X-Fleet","name":"MachineMetadata","value":"zone=a"},"#
                + #"{"section":"Service","name":"ExecStart","value":"/bin/sleep \#(stand.mark)1"}]}"#
            let put = RawAnswer.request("PUT", "/fleet/v1/units/g.service", ["Content-Type: application/json"], body)
            #expect(try await RawAnswer.ask(socket, put).status == 201)
            func patch(_ operation: String) async throws {
                let body = #"[{"op":"\#(operation)","path":"/\#(stand.machine("a"))/metadata/zone","value":"a"}]"#
                let answer = try await RawAnswer.ask(
                    socket, RawAnswer.request("PATCH", "/fleet/v1/machines", [], body))
                #expect(answer.status == 204)
            }
            try await patch("add")
            _ = try await process(stand) { $0.count == 1 }
            try await patch("remove")
            _ = try await process(stand) { $0.isEmpty }
        }
    }
}
