import Foundation
import Programs
import Testing

@testable import NodeAgent

@Suite struct `A machine's metadata on the command line` {
    @Test(arguments: [
        "zone=a,disk=ssd", "zone=a, disk=ssd", " zone = a ,\tdisk =ssd ", "zone=b,disk=ssd,zone=a", "zone=a,disk=ssd,",
        ",zone=a,, disk=ssd, ",
    ])
    func `is read without the blanks around keys and values, the last value counting`(text: String) throws {
        #expect(try AgentOptions.pairs(text) == ["zone": "a", "disk": "ssd"])
    }

    @Test func `keeps what stands in a value`() throws {
        let pairs = try AgentOptions.pairs("rack=a b, url=http://x/?a=b")
        #expect(pairs == ["rack": "a b", "url": "http://x/?a=b"])
        #expect(try AgentOptions.pairs("").isEmpty)
    }

    @Test(arguments: ["zone", "zone=", "=a", "zone=a,disk", " = a", "zone= "])
    func `is refused when it is not key=value`(text: String) {
        #expect(throws: (any Error).self) { try AgentOptions.pairs(text) }
    }
}

@Suite struct `An agent that is sent SIGHUP` {
    @Test func `says that nothing is read anew, and goes on`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let fleetctl = Fleetctl(socket: stand.socket("a"))
            try await fleetctl.start("one.service", stand.sleeper())
            let before = stand.processes()

            for times in 1...2 {
                agent.signal(SIGHUP)
                try await Programs.eventually("it says so", within: .seconds(60)) {
                    agent.errors.components(separatedBy: "SIGHUP changes nothing").count == times + 1 ? true : nil
                }
            }

            #expect(agent.code == nil)
            try await fleetctl.submit("two.service", stand.sleeper(2))
            #expect(try await fleetctl.all() == ["one.service", "two.service"])
            #expect(stand.processes() == before && before.count == 1)
            agent.signal(SIGTERM)
            #expect(try await agent.end(within: .seconds(60)).code == 0)
        }
    }
}
