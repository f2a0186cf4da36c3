import Etcd
import Model
import Registry
import Synchronization
import Testing

/// What a feed told of machines.
private final class Told: Sendable {
    let machines = Mutex<[[String: String]]>([])
}

@Suite struct `Metadata of machines over fleet's API` {
    private func patch(_ stand: FleetStand, _ body: String) async throws -> RawAnswer {
        try await stand.send("PATCH", "/fleet/v1/machines?alt=json", body: body)
    }

    private func machines(_ stand: FleetStand) async throws -> [String: [String: String]] {
        struct Page: Decodable {
            struct Machine: Decodable {
                var id: String
                var metadata: [String: String]?
            }
            var machines: [Machine]?
        }
        let page = try await stand.get("/fleet/v1/machines").json(Page.self)
        return Dictionary(uniqueKeysWithValues: (page.machines ?? []).map { ($0.id, $0.metadata ?? [:]) })
    }

    @Test func `is added, replaced and removed over what machines say of themselves`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1", metadata: ["hostname": "one", "ping": "pong"])
            try await stand.join("m2", metadata: ["hostname": "two"])
            let added = try await patch(
                stand,
                #"[{"op":"add","path":"/m1/metadata/foo","value":{"value":"bar"}},"#
                    + #"{"op":"replace","path":"/m2/metadata/ping","value":"splat"},"#
                    + #"{"op":"replace","path":"/m1/metadata/ping","value":"two"}]"#)
            #expect("\(added)" == "204 [application/json] [fleetd/1.0.0] ")
            #expect(
                try await machines(stand) == [
                    "m1": ["hostname": "one", "ping": "two", "foo": "bar"], "m2": ["hostname": "two", "ping": "splat"],
                ])

            let removed = try await patch(
                stand,
                #"[{"op":"remove","path":"/m1/metadata/foo"},{"op":"remove","path":"/m1/metadata/ping"},"#
                    + #"{"op":"remove","path":"/m2/metadata/ping"}]"#)
            #expect(removed.status == 204)
            #expect(try await machines(stand) == ["m1": ["hostname": "one"], "m2": ["hostname": "two"]])
        }
    }

    @Test func `may be set before its machine is there, and stays when that leaves`() async throws {
        try await FleetStand.with { stand async throws in
            #expect(
                try await patch(stand, #"[{"op":"add","path":"/m1/metadata/zone","value":"a"}]"#).status == 204)
            try await stand.join("m1", metadata: ["disk": "ssd"])
            #expect(try await machines(stand) == ["m1": ["disk": "ssd", "zone": "a"]])
            _ = try await stand.store.delete("/quarterdeck/shop/machines/m1")
            try await stand.settle()
            #expect(try await machines(stand) == [:])
            try await stand.join("m1", metadata: ["disk": "hdd"])
            #expect(try await machines(stand) == ["m1": ["disk": "hdd", "zone": "a"]])
        }
    }

    @Test func `is the same for all who read the cluster`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1", metadata: ["disk": "ssd"])
            let told = Told()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await stand.registry.follow { update in
                        switch update {
                        case .contents(let contents, _):
                            told.machines.withLock { $0 += contents.machines.map(\.metadata) }
                        case .changes(let changes, _):
                            for case .machine(let machine) in changes {
                                told.machines.withLock { $0.append(machine.metadata) }
                            }
                        case .heard, .away: break
                        }
                    }
                }
                defer { group.cancelAll() }
                while told.machines.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
                #expect(
                    try await patch(stand, #"[{"op":"add","path":"/m1/metadata/zone","value":"a"}]"#).status == 204)
                while told.machines.withLock({ $0.count < 2 }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            let both = ["disk": "ssd", "zone": "a"]
            #expect(told.machines.withLock { $0 } == [["disk": "ssd"], both])
            #expect(try await stand.registry.read().contents.machines.map(\.metadata) == [both])
            #expect(try await stand.registry.machines().map(\.metadata) == [both])
        }
    }

    @Test(arguments: [
        (#"[{"op":"noop","path":"/m1/metadata/foo","value":"x"}]"#, "invalid op: expect add, remove, or replace"),
        (#"[{"path":"/m1/metadata/foo","value":"x"}]"#, "invalid op: expect add, remove, or replace"),
        (#"[{"op":"add","path":"/m1/foo","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"/m1/metadata/a b","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"/m1/metadata/","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"//metadata/foo","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"m1/metadata/foo","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"/m1/metadata/foo/x","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","value":"x"}]"#, "machine metadata path invalid"),
        (#"[{"op":"add","path":"/m1/metadata/foo"}]"#, "invalid value: add and replace require a value"),
        (#"[{"op":"add","path":"/m1/metadata/foo","value":""}]"#, "invalid value: add and replace require a value"),
        (
            #"[{"op":"replace","path":"/m1/metadata/foo","value":{"value":""}}]"#,
            "invalid value: add and replace require a value"
        ),
    ])
    func `is refused as a whole when one change is wrong`(body: String, text: String) async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1")
            let good = #"[{"op":"add","path":"/m1/metadata/good","value":"x"},"#
            #expect(try await patch(stand, good + body.dropFirst()).text == refused(400, text))
            #expect(try await machines(stand) == ["m1": [:]])
        }
    }

    @Test(arguments: ["", "{}", "x", "7", #"[{"op":"add","path":"/m/metadata/k","value":7}]"#, "[7]"])
    func `is refused when it is no array of patches`(body: String) async throws {
        try await FleetStand.with { stand async throws in
            let answer = try await patch(stand, body)
            #expect(answer.status == 400)
            #expect(answer.body.contains("unable to decode body"))
        }
    }

    @Test func `is set for hundreds of machines at once`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m7")
            let patches = (0..<300).map { #"{"op":"add","path":"/m\#($0)/metadata/zone","value":"z\#($0)"}"# }
            #expect(try await patch(stand, "[" + patches.joined(separator: ",") + "]").status == 204)
            #expect(try await machines(stand) == ["m7": ["zone": "z7"]])
        }
    }
}
