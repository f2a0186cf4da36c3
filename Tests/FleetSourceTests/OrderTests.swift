import AgentAPI
import Model
import Programs
import Runtime
import Testing

@Suite struct `An order to a fleet cluster` {
    @Test func `starts, stops, unloads and destroys`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            let source = try source(endpoint)
            let new = try file("[Service]\nExecStart=/bin/sleep 1000\nExecStartPre=\n")

            #expect(await source.carryOut(.submit("old", "web.service", new, .inactive)).isDone)
            #expect(try await source.unit("web.service")?.file == new)
            #expect(await source.carryOut(.want("old", "web.service", .launched)).isDone)
            try await Programs.eventually("it runs", within: .seconds(120)) {
                try await source.unit("web.service")?.state?.active == .active ? true : nil
            }
            #expect(await source.carryOut(.want("old", "web.service", .loaded)).isDone)
            try await Programs.eventually("it has stopped", within: .seconds(120)) {
                try await source.unit("web.service")?.current == .loaded ? true : nil
            }
            #expect(await source.carryOut(.want("old", "web.service", .inactive)).isDone)
            try await Programs.eventually("it is off its machine", within: .seconds(120)) {
                try await source.unit("web.service")?.placement == nil ? true : nil
            }
            #expect(await source.carryOut(.destroy("old", "web.service")).isDone)
            #expect(try await source.unit("web.service") == nil)
        }
    }

    @Test func `restarts what runs by stopping and starting it`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web@1.service", "launched", on: machineA, sleeper)
            #expect(await fleet.units["web@1.service"]?.starts == 1)

            let outcome = await (try source(endpoint)).carryOut(.restart("old", "web@1.service", on: nil))

            #expect(outcome.isDone, "\(outcome)")
            try await Programs.eventually("it was started again", within: .seconds(120)) {
                await fleet.units["web@1.service"]?.starts == 2 ? true : nil
            }
            #expect(await fleet.units["web@1.service"]?.desired == "launched")
        }
    }

    @Test func `restarts a global unit everywhere`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("log.service", "launched", sleeper + [("X-Fleet", "Global", "true")])
            let before = try #require(await fleet.units["log.service"]?.starts)

            let outcome = await (try source(endpoint)).carryOut(.restart("old", "log.service", on: nil))

            #expect(outcome.isDone, "\(outcome)")
            try await Programs.eventually("it was started again on both", within: .seconds(120)) {
                await fleet.units["log.service"]?.starts == before + 2 ? true : nil
            }
        }
    }

    @Test func `wants launched again what does not stop for a restart`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.change { fleet in fleet.stubborn = ["web.service"] }
            var source = try source(endpoint)
            source.patience.stop = .seconds(1)

            let outcome = await source.carryOut(.restart("old", "web.service", on: nil))

            #expect(!outcome.isDone && outcome.text.contains("was not seen to stop within 1 s"), "\(outcome)")
            #expect(await fleet.units["web.service"]?.desired == "launched")
        }
    }

    @Test func `puts another file there and wants the unit as before`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            let other = try file("[Service]\nExecStart=/bin/sleep 2000\n")

            let outcome = await (try source(endpoint)).carryOut(.submit("old", "web.service", other, .launched))

            #expect(outcome.isDone, "\(outcome)")
            try await Programs.eventually("it runs anew", within: .seconds(120)) {
                let unit = await fleet.units["web.service"]
                return unit?.starts == 2 && unit?.desired == "launched" ? true : nil
            }
            #expect(await fleet.units["web.service"]?.options.first?["value"] == "/bin/sleep 2000")
        }
    }

    @Test func `is refused with what to do when fleet cannot do it`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.put("web@.service", "inactive", sleeper)
            await fleet.put("log.service", "launched", sleeper + [("X-Fleet", "Global", "true")])
            let source = try source(endpoint)
            let refused: [(Order, String)] = [
                (.move("old", "web.service", to: ID(machineB)), "unload 'web.service' and start it again"),
                (.drain("old", ID(machineA)), "systemctl stop fleet"),
                (.undrain("old", ID(machineA)), "systemctl stop fleet"),
                (.scale("old", to: 3, VMChoice()), "make or delete its VMs in their cloud"),
                (.want("old", "web@.service", .launched), "name an instance such as web@1.service"),
                (.want("old", "none.service", .launched), "submit it first"),
                (.destroy("old", "none.service"), "nothing was destroyed"),
                (.restart("old", "none.service", on: nil), "does not exist"),
                (.restart("old", "web.service", on: ID(machineB)), "systemctl restart web.service"),
                (.restart("old", "log.service", on: ID(machineA)), "systemctl restart log.service"),
            ]
            for (order, words) in refused {
                let outcome = await source.carryOut(order)
                guard case .refused(let text) = outcome else {
                    Issue.record("\(order.phrase): \(outcome)")
                    continue
                }
                #expect(text.contains(words), "\(text)")
            }
            #expect(await fleet.units["web.service"]?.desired == "launched")
            await #expect(throws: (any Error).self) {
                try await source.log(LogRequest(unit: UnitKey("old", "web.service"))) { _ in }
            }
        }
    }

    @Test func `is done by an endpoint whose answer is lost, when the next finds it done`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "inactive", sleeper)
            await fleet.change { fleet in fleet.losses = ["units": 1] }
            let silent = "http://localhost:\(endpoint.split(separator: ":").last ?? "")"
            let client = try FleetClient(endpoints: [endpoint, silent], deadline: .seconds(3))
            let source = FleetSource(cluster: "old", client: client, clock: SystemClock())

            let outcome = await source.carryOut(.destroy("old", "web.service"))

            #expect(outcome == .done("web.service is destroyed"))
            #expect(await fleet.requests["DELETE units"] == 2)
            #expect(await source.carryOut(.destroy("old", "web.service")).isDone == false)
        }
    }

    @Test func `is not taken by who cannot reach its store, as by nobody`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.change { fleet in fleet.failure = 503 }
            let outcome = await (try source(endpoint)).carryOut(.want("old", "web.service", .launched))
            guard case .unreachable(let text) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(text.contains("fleet says: fleet server unable to communicate with etcd"), "\(text)")
        }
    }

    @Test func `says fleet's own words, and that nobody answers`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.change { fleet in
                fleet.answers["units/web.service"] = (
                    400, #"{"error":{"code":400,"message":"line too \u001b[1mlong"}}"#
                )
            }
            let outcome = await (try source(endpoint)).carryOut(.want("old", "web.service", .launched))
            #expect(outcome == .refused("cannot start web.service in cluster 'old': fleet says: line too long"))
        }
        let outcome = await (try source("http://127.0.0.1:1")).carryOut(.destroy("old", "web.service"))
        if case .unreachable = outcome { return }
        Issue.record("\(outcome)")
    }
}
