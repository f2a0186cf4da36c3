import Foundation
import Programs
import Testing

@Suite(.serialized) struct `A command of fleetctl's, played at an agent,` {
    private static let units = Fleetctl.units

    private static func with(_ body: (AgentStand, Fleetctl) async throws -> Void) async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            try await body(stand, Fleetctl(socket: stand.socket("a")))
        }
    }

    private static func processes(_ stand: AgentStand, _ count: Int) async throws {
        try await Programs.until("\(count) processes", within: .seconds(120), { stand.processes() }) {
            $0.count == count
        }
    }

    @Test func `lists machines, units and their files, and prints one`() async throws {
        try await Self.with { stand, fleetctl in
            let machines = try await fleetctl.listMachines()
            #expect(machines.map(\.id) == [stand.machine("a")])
            let address = try #require(machines.first?.primaryIP)
            try await fleetctl.submit("idle.service", stand.sleeper(2))
            _ = fleetctl.requests.take()
            #expect(try await fleetctl.listUnitFiles().map(\.name) == ["idle.service"])
            #expect(fleetctl.requests.take() == ["GET \(Self.units)"], "no unit has a machine yet")
            try await fleetctl.start("one.service", stand.sleeper())
            _ = fleetctl.requests.take()

            let rows = try await fleetctl.listUnits()
            #expect(rows == ["one.service \(stand.machine("a").prefix(8)).../\(address) active running"])
            #expect(fleetctl.requests.take() == ["GET \(Fleetctl.state)", "GET \(Fleetctl.machines)"])
            let files = try await fleetctl.listUnitFiles()
            #expect(files.map(\.desiredState) == ["inactive", "launched"])
            #expect(fleetctl.requests.take() == ["GET \(Self.units)", "GET \(Fleetctl.machines)"])
            #expect(try await fleetctl.cat("one.service") == "[Service]\nExecStart=/bin/sleep \(stand.mark)1\n")
            #expect(fleetctl.requests.take() == ["GET \(Self.units)/one.service"])
        }
    }

    @Test func `makes an instance from the template that is stored`() async throws {
        try await Self.with { stand, fleetctl in
            try await fleetctl.submit("web@.service", stand.sleeper())
            _ = fleetctl.requests.take()

            try await fleetctl.start("web@1.service")

            #expect(
                fleetctl.requests.take() == [
                    "GET \(Self.units)/web%401.service", "GET \(Self.units)/web%40.service",
                    "PUT \(Self.units)/web%401.service", "GET \(Self.units)/web%401.service",
                    "PUT \(Self.units)/web%401.service", "GET \(Self.units)/web%401.service",
                    "GET \(Fleetctl.machines)", "GET \(Fleetctl.state)/web%401.service",
                ])
            #expect(try await fleetctl.cat("web@1.service") == fleetctl.cat("web@.service"))
            try await Self.processes(stand, 1)
        }
    }

    @Test func `starts, stops and unloads a global unit by what is wanted of it`() async throws {
        try await Self.with { stand, fleetctl in
            let options = Sent.unit([
                ("X-Fleet", "Global", "true"), ("Service", "ExecStart", "/bin/sleep \(stand.mark)1"),
            ])
            try await fleetctl.start("all.service", options)
            #expect(
                fleetctl.requests.take() == [
                    "GET \(Self.units)/all.service", "PUT \(Self.units)/all.service",
                    "GET \(Self.units)/all.service", "PUT \(Self.units)/all.service",
                    "GET \(Self.units)/all.service",
                ])
            try await Self.processes(stand, 1)
            try await fleetctl.stop("all.service")
            try await Self.processes(stand, 0)
            try await fleetctl.start("all.service", options)
            try await Self.processes(stand, 1)
            try await fleetctl.unload("all.service")
            try await Self.processes(stand, 0)
        }
    }

    @Test func `destroys at once, and waits for it with --no-block, as it does`() async throws {
        try await Self.with { stand, fleetctl in
            for name in ["one.service", "two.service"] { try await fleetctl.start(name, stand.sleeper()) }
            _ = fleetctl.requests.take()

            try await fleetctl.destroy("one.service")
            #expect(fleetctl.requests.take() == ["GET \(Self.units)", "DELETE \(Self.units)/one.service"])
            try await fleetctl.destroy("two.service", noBlock: true)
            #expect(
                fleetctl.requests.take() == [
                    "GET \(Self.units)", "DELETE \(Self.units)/two.service", "GET \(Self.units)/two.service",
                ])
            try await Self.processes(stand, 0)
        }
    }

    @Test func `waits as long as it is told for what fits nowhere, or not at all`() async throws {
        try await Self.with { stand, fleetctl in
            let options = Sent.unit([
                ("X-Fleet", "MachineMetadata", "disk=none"), ("Service", "ExecStart", "/bin/sleep 1"),
            ])
            let begin = ContinuousClock.now
            await #expect(throws: StandFailure.self) {
                try await fleetctl.start("far.service", options, .attempts(1))
            }
            #expect(ContinuousClock.now - begin >= .seconds(2))
            _ = fleetctl.requests.take()
            try await fleetctl.start("no.service", options, .no)
            #expect(
                fleetctl.requests.take() == [
                    "GET \(Self.units)/no.service", "PUT \(Self.units)/no.service",
                    "GET \(Self.units)/no.service", "PUT \(Self.units)/no.service",
                ])
            try await fleetctl.stop("no.service", .no)
            try await fleetctl.unload("far.service", .attempts(5))
        }
    }

    @Test func `finds no active unit where one takes its time to start, or fails, as with fleet`() async throws {
        try await Self.with { stand, fleetctl in
            for (name, lines) in [
                (
                    "once.service",
                    [("Service", "Type", "oneshot"), ("Service", "ExecStart", "/bin/sleep \(stand.mark)")]
                ),
                ("bad.service", [("Service", "ExecStart", "/bin/false")]),
            ] {
                let failure = await #expect(throws: StandFailure.self) {
                    try await fleetctl.start(name, Sent.unit(lines))
                }
                #expect(failure?.description == "Failed to find an active unit \(name)")
            }
            let rows = try await fleetctl.listUnits()
            #expect(rows.count == 2)
            #expect(rows.contains { $0.hasPrefix("once.service ") && $0.hasSuffix(" activating start") }, "\(rows)")
            #expect(rows.contains { $0.hasPrefix("bad.service ") && $0.hasSuffix(" failed failed") }, "\(rows)")
        }
    }
}
