import AgentAPI
import FoundationEssentials
import Model
import Programs
import Runtime
import Testing
import Web

@Suite struct `What fleet tells of a cluster` {
    @Test func `becomes machines, units and states`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.put("idle.service", "inactive", sleeper)
            await fleet.put("log.service", "launched", sleeper + [("X-Fleet", "Global", "true")])

            let contents = try await source(endpoint).look().contents

            #expect(contents.machines.map(\.address) == ["10.0.0.1", "10.0.0.2"])
            #expect(contents.machines.first?.metadata == ["zone": "a", "disk": "ssd"])
            let units = Dictionary(contents.units.map { ($0.name, $0) }) { first, _ in first }
            let web = try #require(units["web.service"])
            #expect(web.placement?.machine == ID(machineA) && web.current == .launched)
            #expect(web.state?.active == .active && web.state?.sub == "running")
            #expect(units["idle.service"]?.current == .inactive && units["idle.service"]?.placement == nil)
            let log = try #require(units["log.service"])
            #expect(log.isGlobal && log.placement == nil && Set(log.states.keys) == [ID(machineA), ID(machineB)])
        }
    }

    @Test func `leaves unknown what fleet does not tell`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)

            let contents = try await source(endpoint).look().contents

            #expect(contents.cluster.kind == .fleet)
            #expect(contents.cluster.leader == nil && !contents.cluster.isLeaderless)
            #expect(contents.cluster.hasQuorum == nil && contents.cluster.storeTrouble == nil)
            #expect(contents.cluster.mayWrite == nil && contents.cluster.wanted == nil)
            let state = try #require(contents.units.first?.state)
            #expect(state.cpuPercent == nil && state.memoryBytes == nil && state.since == nil && state.mainPID == nil)
        }
    }

    @Test(arguments: [1, 7, 50, 100])
    func `is read from all its pages, also when the last is empty`(pageSize: Int) async throws {
        try await FakeFleet.with(everySteps: .seconds(3_600)) { fleet, endpoint in
            await fleet.change { fleet in fleet.pageSize = pageSize }
            for number in 0..<100 { await fleet.put("u\(number).service", "loaded", on: machineA, sleeper) }

            let contents = try await source(endpoint).look().contents

            #expect(contents.units.count == 100 && contents.units.allSatisfy { $0.states.count == 1 })
        }
    }

    @Test func `ends where its pages go in a circle`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.change { fleet in fleet.answers["state"] = (200, #"{"nextPageToken":"AAACAA=="}"#) }

            await #expect(throws: SourceError.self) { try await source(endpoint).look() }

            #expect(await fleet.requests["GET state", default: 0] < 5)
        }
    }

    @Test func `is used as far as it can be, and the rest is counted`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.change { fleet in
                fleet.answers["units"] = (
                    200,
                    #"""
                    {"units":[{"name":"a.service","desiredState":"launched","machineID":"m\u001b[31m1",
                      "options":[{"section":"Service","name":"ExecStart","value":"/bin/a"},
                                 {"section":"Service","name":"ExecStartPre"}]},
                     {"name":"a.service"},{"name":"../etc"},{},7,null,{"name":"b.service","desiredState":"bogus"},
                     {"name":"c.service","options":[{"section":"Service","name":"x\n[Install]","value":"y"}]},
                     {"name":"d.service"}],"surprise":[]}
                    """#
                )
                fleet.answers["machines"] = (
                    200,
                    #"""
                    {"machines":[{"id":"m\u001b[31m1","primaryIP":"\u0007","metadata":{"k\u202e":"v"}},
                      {"id":""},{}]}
                    """#
                )
                fleet.answers["state"] = (
                    200,
                    #"""
                    {"states":[{"name":"a.service","machineID":"m\u001b[31m1","hash":"ab",
                      "systemdActiveState":"fl\u0000ying"},
                     {"name":"a.service"},{"machineID":"m1"},{"name":"d.service","machineID":"m2"}]}
                    """#
                )
            }

            let (contents, odd) = try await source(endpoint).look()

            #expect(contents.units.map(\.name) == ["a.service", "d.service"])
            let unit = try #require(contents.units.first)
            #expect(unit.placement?.machine == "m1" && unit.desired == .launched)
            #expect(unit.states["m1"]?.active == .other("fl·ying") && unit.states["m1"]?.hash == nil)
            #expect(unit.file.text == "[Service]\nExecStart=/bin/a\nExecStartPre=\n")
            #expect(contents.machines.map(\.id) == ["m1"] && contents.machines.first?.metadata == ["k": "v"])
            #expect(odd?.hasPrefix("fleet tells 11 things that cannot be used, the first: ") == true, "\(odd ?? "")")
        }
    }

    @Test func `comes from the first endpoint that answers, or over a socket`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "qd-\(UUID().uuidString).sock").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await FakeFleet.with(.unix(path: path)) { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)

            let contents = try await source("http://127.0.0.1:1", endpoint).look().contents

            #expect(contents.units.map(\.name) == ["web.service"])
        }
    }
}

@Suite(.serialized) struct `A fleet cluster that is observed` {
    @Test func `tells everything once and then what changes`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            try await observing(source(endpoint)) { told in
                try await Programs.eventually("the unit is told", within: .seconds(120)) { told.unit("web.service") }
                await fleet.put("new.service", "launched", sleeper)
                try await Programs.eventually("the new unit is told", within: .seconds(120)) {
                    told.unit("new.service")?.state?.active == .active ? true : nil
                }
                _ = await fleet.change { fleet in fleet.machines["bbbb2222bbbb2222bbbb2222bbbb2222"] = nil }
                try await Programs.eventually("the machine is gone", within: .seconds(120)) {
                    told.part?.machines.count == 1 ? true : nil
                }
                #expect(told.kinds["cluster"] == 1)
                #expect(told.kinds["silent"] == nil && told.kinds["events"] == nil)
            }
        }
    }

    @Test func `asks for what fleet reads of a file and for nothing else, also when the file is another`() async throws
    {
        try await FakeFleet.with { fleet, endpoint in
            let ours = sleeper + [("X-Fleet", "MachineMetadata", "zone=a"), ("X-Quarterdeck", "Memory", "1G")]
            await fleet.put("web.service", "launched", on: machineA, ours)
            try await observing(source(endpoint)) { told in
                let asked = Requirements(metadata: ["zone": ["a"]])
                let unit = try await Programs.eventually("the unit is told", within: .seconds(120)) {
                    told.unit("web.service")
                }
                #expect(unit.requirements == asked && unit.file.value("X-Quarterdeck", "Memory") == "1G")
                await fleet.put(
                    "web.service", "launched", on: machineA, ours + [("X-Quarterdeck", "Metadata", "gpu")])
                await fleet.put("new.service", "launched", on: machineA, ours)
                try await Programs.eventually("both files are told", within: .seconds(120)) {
                    told.unit("new.service") != nil && told.unit("web.service")?.file != unit.file ? true : nil
                }
                #expect(told.unit("web.service")?.requirements == asked)
                #expect(told.unit("new.service")?.requirements == asked)
            }
        }
    }

    @Test func `is asked seldom for its units while nothing happens`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            try await observing(source(endpoint)) { _ in
                try await Programs.eventually("states are asked often", within: .seconds(120)) {
                    await fleet.requests["GET state", default: 0] >= 4 ? true : nil
                }
                let requests = await fleet.requests
                #expect(requests["GET units", default: 0] <= 2)
                #expect(requests["GET machines", default: 0] < requests["GET state", default: 0])
            }
        }
    }

    @Test func `is silent with the reason while it cannot answer, and comes back`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            try await observing(source(endpoint)) { told in
                try await Programs.eventually("it is told", within: .seconds(120)) { told.part }
                await fleet.change { fleet in fleet.failure = 503 }
                let silence = try await Programs.eventually("it is silent", within: .seconds(120)) {
                    told.inventory.sources[SourceID("old")]?.silentSince == nil
                        ? nil : told.inventory.sources[SourceID("old")]
                }
                #expect(silence.why?.contains("unable to communicate with etcd") == true)
                await fleet.change { fleet in fleet.failure = nil }
                try await Programs.eventually("it answers again", within: .seconds(120)) {
                    told.inventory.sources[SourceID("old")]?.silentSince == nil ? true : nil
                }
            }
        }
    }

    @Test func `says of a unit that is nowhere that fleet does not say why`() async throws {
        try await FakeFleet.with { fleet, endpoint in
            await fleet.change { fleet in fleet.unplaceable = ["gpu.service"] }
            await fleet.put("gpu.service", "launched", sleeper)
            try await observing(source(endpoint)) { told in
                let waiting = try await Programs.eventually("it waits", within: .seconds(120)) {
                    told.unit("gpu.service")?.waiting
                }
                #expect(waiting.why == "fleet has it on no machine and does not say why")
            }
        }
    }
}
