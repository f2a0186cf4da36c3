import Foundation
import Programs
import Testing

@Suite(.serialized) struct `An agent whose store or neighbour goes` {
    private static func status(_ stand: AgentStand, _ name: String) async throws -> Int {
        try await RawAnswer.ask(
            stand.socket(name), RawAnswer.request("GET", "/fleet/v1/state?alt=json", [], nil)
        ).status
    }

    @Test func `ends as it is asked while the store is silent, and leaves its units`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a", ["--grace", "0"])
            defer { agent.kill() }
            try await Fleetctl(socket: stand.socket("a")).start("one.service", stand.sleeper())
            let before = stand.processes()
            stand.store.signal(SIGSTOP)
            defer { stand.store.signal(SIGCONT) }
            // The lease has ended by then, and the agent is busy trying to get another.
            try await Programs.eventually("the store is missed", within: .seconds(60)) {
                try await Self.status(stand, "a") == 503 ? true : nil
            }

            agent.signal(SIGTERM)

            #expect(try await agent.end(within: .seconds(20)).code == 0, "\(agent.errors)")
            #expect(stand.processes() == before && before.count == 1)
            stand.store.signal(SIGCONT)
            let next = try await stand.agent("a")
            defer { next.kill() }
            try await Programs.eventually("the next one has the unit", within: .seconds(60)) {
                try await Fleetctl(socket: stand.socket("a")).listUnits().first?.hasSuffix(" active running")
            }
            #expect(stand.processes() == before)
        }
    }

    @Test func `keeps its rows of a global unit while another machine leaves and joins`() async throws {
        try await AgentStand.with { stand in
            let first = try await stand.agent("a")
            defer { first.kill() }
            let second = try await stand.agent("b")
            defer { second.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("b"))
            func rows() async throws -> [String] {
                try await fleetctl.listUnits().compactMap {
                    $0.split(separator: " ").dropFirst().first.map(String.init)
                }
            }
            let (a, b) = (stand.machine("a").prefix(8), stand.machine("b").prefix(8))
            try await fleetctl.start(
                "all.service",
                Sent.unit([("X-Fleet", "Global", "true"), ("Service", "ExecStart", "/bin/sleep \(stand.mark)1")]))
            try await Programs.until("both have it", within: .seconds(60), rows) { $0.count == 2 }

            first.signal(SIGTERM)
            var isGone = false
            for _ in 0..<100 where !isGone {
                let now = try await rows()
                #expect(now.contains { $0.hasPrefix(b) }, "\(now)")
                isGone = !now.contains { $0.hasPrefix(a) }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(isGone)
            let again = try await stand.agent("a")
            defer { again.kill() }
            var isBack = false
            for _ in 0..<100 where !isBack {
                let now = try await rows()
                #expect(now.contains { $0.hasPrefix(b) }, "\(now)")
                isBack = now.count == 2
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(isBack)
        }
    }
}
