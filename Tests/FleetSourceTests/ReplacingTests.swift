import AgentAPI
import FoundationEssentials
import Glibc
import Model
import Programs
import Runtime
import Testing

@Suite struct `A new file of a unit that fleet runs` {
    private static func other() throws -> UnitFile { try file("[Service]\nExecStart=/bin/sleep 2000\n") }

    /// A unit that runs and does not stop while its file is replaced.
    private static func stubborn(_ fleet: FakeFleet, _ desired: String = "launched") async {
        await fleet.put("web.service", desired, on: machineA, sleeper)
        await fleet.change { fleet in fleet.stubborn = ["web.service"] }
    }

    private static func untilReplaced(_ fleet: FakeFleet) async throws {
        try await Programs.eventually("the file is replaced", within: .seconds(120)) {
            await fleet.units["web.service"]?.desired == "inactive" ? true : nil
        }
    }

    @Test func `leaves it wanted as before when fleet fails while the old one is to stop`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await Self.stubborn(fleet)
            let source = try source(endpoint)
            async let order = source.carryOut(.submit("old", "web.service", Self.other(), .launched))
            try await Self.untilReplaced(fleet)

            await fleet.change { fleet in fleet.failure = 500 }
            let before = await fleet.requests["PUT units", default: 0]
            try await Programs.eventually("it is wanted again in vain", within: .seconds(120)) {
                await fleet.requests["PUT units", default: 0] > before ? true : nil
            }
            await fleet.change { fleet in fleet.failure = nil }

            let outcome = try await order
            #expect(!outcome.isDone && outcome.text.contains("it is wanted launched as before"), "\(outcome)")
            #expect(await fleet.units["web.service"]?.desired == "launched")
        }
    }

    @Test func `leaves it wanted as before when the answer is lost`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "loaded", on: machineA, sleeper)
            await fleet.change { fleet in fleet.losses = ["PUT units": 1] }
            let client = try FleetClient(endpoints: [endpoint], deadline: .seconds(2))
            let source = FleetSource(cluster: "old", client: client, clock: SystemClock())

            let outcome = await source.carryOut(.submit("old", "web.service", try Self.other(), .launched))

            #expect(!outcome.isDone && outcome.text.contains("it is wanted loaded as before"), "\(outcome)")
            #expect(await fleet.units["web.service"]?.desired == "loaded")
        }
    }

    @Test func `leaves it wanted as before when who asked is gone`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await Self.stubborn(fleet)
            let source = try source(endpoint)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = await source.carryOut(.submit("old", "web.service", try Self.other(), .launched)) }
                try await Self.untilReplaced(fleet)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(await fleet.units["web.service"]?.desired == "launched")
        }
    }

    @Test func `leaves it wanted as before when the command is interrupted`() async throws {
        try await FleetProgram.with { fleet, program in
            await Self.stubborn(fleet)
            let path = program.home + "/web.service"
            try Data("[Service]\nExecStart=/bin/sleep 2000\n".utf8).write(to: URL(filePath: path))
            let command = try program.started("start", "--replace", path)
            try await Self.untilReplaced(fleet)

            command.signal(SIGINT)

            let ended = try await command.end(within: .seconds(120))
            #expect(ended.code == 128 + SIGINT, "it ends by the signal, so that scripts end too")
            #expect(ended.errors.contains("it is wanted launched as before"), "\(ended)")
            #expect(await fleet.units["web.service"]?.desired == "launched")
        }
    }

    @Test func `keeps an interrupted command for as long as it is not interrupted again`() async throws {
        try await FleetProgram.with { fleet, program in
            await Self.stubborn(fleet)
            let path = program.home + "/web.service"
            try Data("[Service]\nExecStart=/bin/sleep 2000\n".utf8).write(to: URL(filePath: path))
            let command = try program.started("start", "--replace", path)
            try await Self.untilReplaced(fleet)
            await fleet.change { fleet in fleet.failure = 503 }
            let before = await fleet.requests["PUT units", default: 0]

            command.signal(SIGTERM)
            try await Programs.eventually("it is wanted again in vain, and again", within: .seconds(60)) {
                await fleet.requests["PUT units", default: 0] > before + 1 ? true : nil
            }
            #expect(command.code == nil)
            command.signal(SIGTERM)

            #expect(try await command.end(within: .seconds(20)).code == 128 + SIGTERM)
        }
    }

    @Test func `wants nothing of it that was destroyed meanwhile`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await Self.stubborn(fleet)
            let source = try source(endpoint)
            async let order = source.carryOut(.submit("old", "web.service", Self.other(), .launched))
            try await Self.untilReplaced(fleet)
            await fleet.destroy("web.service")
            let outcome = try await order
            #expect(!outcome.isDone && outcome.text.contains("does not exist"), "\(outcome)")
            #expect(await fleet.units["web.service"] == nil)
        }
    }
}
