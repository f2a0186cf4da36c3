import AgentAPI
import Foundation
import Model
import Registry
import Testing
import Web

@Suite struct `An answer of fleet's API` {
    /// Serves what a test makes of services that know nothing.
    private static func served(
        _ change: (inout FleetServices) -> Void, _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/qd-golden-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var services = FleetServices(
            isHeard: { true }, machines: { _, _ in [] }, units: { _, _ in [] }, unit: { _ in nil },
            sinceStop: { _ in nil }, states: { _, _, _, _ in [] }, record: { _ in nil },
            write: { _, _, _, _ in true }, remove: { _ in false }, setMetadata: { _ in })
        change(&services)
        let server = try FleetServer(services).server(at: .unix(path: folder + "/s"), tls: nil, access: .open)
        let (listening, sink) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { _ in sink.yield() } }
            group.addTask { for await _ in listening { return try await body(folder + "/s") } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func ask(_ socket: String, _ method: String, _ path: String, _ body: String? = nil) async throws
        -> String
    {
        let headers = body == nil ? [] : ["Content-Type: application/json"]
        return try await RawAnswer.ask(socket, RawAnswer.request(method, "/fleet/v1/" + path, headers, body)).text
    }

    private static let unit = #"{"options":\#(Sent.options)}"#
    private static let patch = #"[{"op":"add","path":"/m1/metadata/a","value":"b"}]"#

    @Test func `is 500 with the store's words where that refuses`() async throws {
        try await Self.served {
            $0.record = { _ in throw FleetWriteFailure.refused("the store is full") }
            $0.remove = { _ in throw FleetWriteFailure.refused("the store is full") }
            $0.setMetadata = { _ in throw FleetWriteFailure.refused("the store is full") }
        } _: { socket async throws in
            let full = refused(500, "the store is full")
            #expect(try await Self.ask(socket, "PUT", "units/a.service", Self.unit) == full)
            #expect(try await Self.ask(socket, "DELETE", "units/a.service") == full)
            #expect(try await Self.ask(socket, "PATCH", "machines", Self.patch) == full)
        }
    }

    @Test func `is 503 where the store falls silent while it is asked`() async throws {
        try await Self.served {
            $0.write = { _, _, _, _ in throw FleetWriteFailure.silent }
            $0.remove = { _ in throw FleetWriteFailure.silent }
            $0.setMetadata = { _ in throw FleetWriteFailure.silent }
        } _: { socket async throws in
            let silent = refused(503, "fleet server unable to communicate with etcd")
            #expect(try await Self.ask(socket, "PUT", "units/a.service", Self.unit) == silent)
            #expect(try await Self.ask(socket, "DELETE", "units/a.service") == silent)
            #expect(try await Self.ask(socket, "PATCH", "machines", Self.patch) == silent)
            #expect(try await Self.ask(socket, "GET", "units") == told(200, "{}"))
        }
    }

    @Test func `is 409 where somebody else is faster again and again`() async throws {
        try await Self.served {
            $0.write = { _, _, _, _ in false }
        } _: { socket async throws in
            #expect(
                try await Self.ask(socket, "PUT", "units/a.service", Self.unit)
                    == refused(409, "the unit is being changed by somebody else"))
        }
    }

    @Test func `has a page's token where fleet has it`() async throws {
        try await FleetStand.with { stand async throws in
            let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/sleep 100\n")
            for number in 0..<8 { try await stand.registry.submit(try UnitName("u\(number).service"), file, .inactive) }
            for number in 0..<8 { try await stand.join(ID("m\(number)"), "10.0.0.\(number)") }
            for number in 0..<8 {
                try await stand.say("u0.service", ID("m\(number)"), UnitState(active: .active, sub: "running"))
            }
            let list = { (one: (Int) -> String) in (0..<7).map(one).joined(separator: ",") }
            let units = list { number in
                #"{"currentState":"inactive","desiredState":"inactive","name":"u\#(number).service","#
                    + #""options":\#(Sent.shownOptions)}"#
            }
            // "qd1u", "qd1m" and "qd1s" with what the page ended with.
            #expect(
                try await stand.get("/fleet/v1/units?alt=json", at: stand.otherSocket).text
                    == told(200, #"{"nextPageToken":"cWQxdQB1Ni5zZXJ2aWNl","units":[\#(units)]}"#))
            let machines = list { #"{"id":"m\#($0)","primaryIP":"10.0.0.\#($0)"}"# }
            #expect(
                try await stand.get("/fleet/v1/machines?alt=json", at: stand.otherSocket).text
                    == told(200, #"{"machines":[\#(machines)],"nextPageToken":"cWQxbQBtNg=="}"#))
            let states = list { number in
                #"{"machineID":"m\#(number)","name":"u0.service","systemdActiveState":"active","#
                    + #""systemdLoadState":"loaded","systemdSubState":"running"}"#
            }
            #expect(
                try await stand.get("/fleet/v1/state?alt=json", at: stand.otherSocket).text
                    == told(200, #"{"nextPageToken":"cWQxcwB1MC5zZXJ2aWNlAG02","states":[\#(states)]}"#))
        }
    }

    @Test func `keeps a value that ends in a backslash`() async throws {
        try await FleetStand.with { stand async throws in
            for (name, value) in [("a", #"/bin/a \\\n"#), ("b", #"/bin/b \\"#)] {
                let options =
                    #"[{"name":"ExecStart","section":"Service","value":"\#(value)"},"#
                    + #"{"name":"User","section":"Service","value":"x"}]"#
                #expect(try await stand.put("\(name).service", #"{"options":\#(options)}"#).text == done(201))
                #expect(
                    try await stand.get("/fleet/v1/units/\(name).service").text
                        == told(
                            200,
                            #"{"currentState":"inactive","desiredState":"inactive","name":"\#(name).service","#
                                + #""options":\#(options)}"#))
                #expect(
                    try await stand.put("\(name).service", #"{"options":\#(options)}"#).text
                        == refused(409, "must provide DesiredState to update existing unit"))
            }
        }
    }
}
