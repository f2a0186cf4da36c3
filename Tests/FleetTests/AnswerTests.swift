import Model
import Testing

/// A unit file as a program sends it.
enum Sent {
    static let hello =
        #"{"name":"hello.service","options":[{"section":"Service","name":"ExecStart","value":"/bin/sleep 100"}]}"#
    /// The hash that fleet gives that file.
    static let helloHash = "1c6fb6f3684bafb0c173d8b8b957ceff031180c1"
    static let options = #"[{"section":"Service","name":"ExecStart","value":"/bin/sleep 100"}]"#
    static let shownOptions = #"[{"name":"ExecStart","section":"Service","value":"/bin/sleep 100"}]"#

    static func unit(_ lines: [(String, String, String)], desired: String? = nil) -> String {
        let options = lines.map { #"{"section":"\#($0)","name":"\#($1)","value":"\#($2)"}"# }
        let state = desired.map { #","desiredState":"\#($0)""# } ?? ""
        return #"{"options":[\#(options.joined(separator: ","))]\#(state)}"#
    }

    static func fleet(_ lines: (String, String)...) -> String { unit(lines.map { ("X-Fleet", $0, $1) }) }
}

/// An answer as fleet gives it.
func told(_ status: Int, _ body: String) -> String { "\(status) [application/json] [fleetd/1.0.0] \(body)" }
func refused(_ status: Int, _ message: String = "") -> String {
    told(status, #"{"error":{"code":\#(status),"message":"\#(message)"}}"#)
}
func done(_ status: Int) -> String { "\(status) [–] [fleetd/1.0.0] " }

@Suite struct `Fleet's API` {
    @Test func `knows its paths exactly`() async throws {
        try await FleetStand.with { stand async throws in
            for base in ["/fleet/v1", "/v1-alpha"] {
                #expect(try await stand.get(base).text == refused(405))
                for path in ["/machines", "/units", "/state"] {
                    #expect(try await stand.get(base + path).text == told(200, "{}"))
                    #expect(try await stand.get(base + path + "?alt=json&x=1").text == told(200, "{}"))
                }
                for path in [
                    "/", "/units/", "/machines/", "/state/", "/machines/x", "/units/a/b", "/state/a/b", "/metrics",
                    "/discovery/", "/x", "/units//", "/units/a%2Fb",
                ] {
                    #expect(try await stand.get(base + path).text == refused(404), "\(path)")
                }
            }
            #expect(try await stand.get("/").text == refused(405))
            for path in ["/bogus", "/metrics", "/fleet", "/fleet/", "/fleet/v2/units", "/v1/health", "//"] {
                #expect(try await stand.get(path).text == refused(404), "\(path)")
            }
        }
    }

    @Test func `names the methods of each path`() async throws {
        try await FleetStand.with { stand async throws in
            let base = "/fleet/v1"
            for method in ["POST", "PUT", "DELETE"] {
                #expect(
                    try await stand.send(method, base + "/machines").text
                        == refused(405, "only GET and PATCH supported against this resource"))
                #expect(
                    try await stand.send(method, base + "/discovery").text
                        == refused(400, "only HTTP GET supported against this resource"))
            }
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                for path in ["/units", "/state", "/state/a.service"] {
                    #expect(
                        try await stand.send(method, base + path).text
                            == refused(405, "only GET supported against this resource"))
                }
            }
            for method in ["POST", "PATCH", "OPTIONS"] {
                #expect(
                    try await stand.send(method, base + "/units/a.service").text
                        == refused(405, "only GET, PUT and DELETE supported against this resource"))
            }
        }
    }

    @Test func `says of every path that the store is silent`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.put("hello.service", Sent.hello)
            stand.isHeard.isOn = false
            let silent = refused(503, "fleet server unable to communicate with etcd")
            for path in ["/", "/bogus", "/fleet/v1/units", "/fleet/v1/units/hello.service", "/fleet/v1/discovery"] {
                #expect(try await stand.get(path).text == silent)
            }
            #expect(try await stand.put("hello.service", #"{"desiredState":"launched"}"#).text == silent)
            #expect(try await stand.send("DELETE", "/fleet/v1/units/hello.service").text == silent)
            stand.isHeard.isOn = true

            let unit = try await stand.get("/fleet/v1/units/hello.service")
            #expect(unit.status == 200)
            #expect(unit.body.contains(#""desiredState":"inactive""#))
        }
    }

    @Test func `describes itself`() async throws {
        struct Document: Decodable {
            struct Resource: Decodable {
                struct Method: Decodable {
                    var httpMethod: String
                    var path: String
                    var parameterOrder: [String]?
                }
                var methods: [String: Method]
            }
            struct Schema: Decodable { var id: String }
            var kind: String
            var id: String
            var name: String
            var version: String
            var `protocol`: String
            var basePath: String
            var rootUrl: String
            var servicePath: String
            var baseUrl: String
            var batchPath: String
            var schemas: [String: Schema]
            var resources: [String: Resource]
        }
        try await FleetStand.with { stand async throws in
            let answer = try await stand.get("/fleet/v1/discovery")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            let document = try answer.json(Document.self)
            #expect(
                [document.kind, document.id, document.name, document.version, document.protocol, document.batchPath]
                    == ["discovery#restDescription", "fleet:v1", "schema", "v1", "rest", "batch"])
            #expect(
                [document.basePath, document.rootUrl, document.servicePath, document.baseUrl]
                    == ["/fleet/v1/", "$ENDPOINT/", "fleet/v1/", "$ENDPOINT/fleet/v1/"])
            #expect(
                document.schemas.keys.sorted() == [
                    "Machine", "MachinePage", "Unit", "UnitOption", "UnitPage", "UnitState", "UnitStatePage",
                ])
            let methods = document.resources.flatMap { resource in
                resource.value.methods.map { "\(resource.key).\($0.key) \($0.value.httpMethod) \($0.value.path)" }
            }
            #expect(
                methods.sorted() == [
                    "Machines.List GET machines", "UnitState.Get GET state/{unitName}", "UnitState.List GET state",
                    "Units.Delete DELETE units/{unitName}", "Units.Get GET units/{unitName}", "Units.List GET units",
                    "Units.Set PUT units/{unitName}",
                ])
        }
    }

    @Test func `lists machines with all their metadata`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m2", "10.0.0.2")
            try await stand.join("m1", "10.0.0.1", metadata: ["zone": "a", "disk": "ssd"])

            #expect(
                try await stand.get("/fleet/v1/machines?alt=json").text
                    == told(
                        200,
                        #"{"machines":[{"id":"m1","metadata":{"disk":"ssd","zone":"a"},"primaryIP":"10.0.0.1"},"#
                            + #"{"id":"m2","primaryIP":"10.0.0.2"}]}"#))
        }
    }

    @Test func `tells a unit before and after it has a machine`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1")
            let path = "/fleet/v1/units/hello.service"
            try await stand.put("hello.service", Sent.hello)
            let shown = #""name":"hello.service","options":\#(Sent.shownOptions)}"#
            #expect(
                try await stand.get(path).text
                    == told(200, #"{"currentState":"inactive","desiredState":"inactive",\#(shown)"#))

            try await stand.put("hello.service", #"{"desiredState":"launched"}"#)
            try await stand.place("hello.service", on: "m1")
            #expect(
                try await stand.get(path).text
                    == told(
                        200, #"{"currentState":"inactive","desiredState":"launched","machineID":"m1",\#(shown)"#))
            let hash = UnitHash(hex: Sent.helloHash)
            try await stand.say(
                "hello.service", "m1", UnitState(active: .active, sub: "running", hash: hash, isLaunched: false))
            #expect(try await stand.get(path).body.contains(#""currentState":"loaded""#))
            try await stand.say("hello.service", "m1", UnitState(active: .active, sub: "running", hash: hash))
            #expect(
                try await stand.get("/fleet/v1/units").text
                    == told(
                        200,
                        #"{"units":[{"currentState":"launched","desiredState":"launched","machineID":"m1",\#(shown)]}"#
                    ))
            let state =
                #"{"hash":"\#(Sent.helloHash)","machineID":"m1","name":"hello.service","#
                + #""systemdActiveState":"active","systemdLoadState":"loaded","systemdSubState":"running"}"#
            #expect(try await stand.get("/fleet/v1/state/hello.service").text == told(200, state))
            #expect(try await stand.get("/fleet/v1/state").text == told(200, #"{"states":[\#(state)]}"#))
        }
    }

    @Test func `tells no current state and no machine of a global unit`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1")
            let options = #"[{"section":"X-Fleet","name":"Global","value":"true"}]"#
            try await stand.put("all.service", #"{"options":\#(options),"desiredState":"launched"}"#)
            try await stand.say("all.service", "m1", UnitState(active: .active, sub: "running"))
            let shown =
                #"{"desiredState":"launched","name":"all.service","#
                + #""options":[{"name":"Global","section":"X-Fleet","value":"true"}]}"#
            #expect(try await stand.get("/fleet/v1/units/all.service").text == told(200, shown))
            #expect(try await stand.get("/fleet/v1/units").text == told(200, #"{"units":[\#(shown)]}"#))
        }
    }

    @Test func `answers a missing state with nothing and a missing unit with a refusal`() async throws {
        try await FleetStand.with { stand async throws in
            #expect(try await stand.get("/fleet/v1/state/none.service").text == told(200, "{}"))
            #expect(try await stand.get("/fleet/v1/state/nonsense").text == told(200, "{}"))
            for name in ["none.service", "nonsense", "%40x.service", "a%20b.service"] {
                #expect(try await stand.get("/fleet/v1/units/\(name)").text == refused(404, "unit does not exist"))
                #expect(
                    try await stand.send("DELETE", "/fleet/v1/units/\(name)").text
                        == refused(404, "unit does not exist"))
            }
        }
    }

    @Test func `forgets a unit and no other`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.put("hello.service", Sent.hello)
            try await stand.put("other.service", #"{"options":\#(Sent.options)}"#)
            #expect(try await stand.send("DELETE", "/fleet/v1/units/hello.service?alt=json").text == done(204))
            #expect(
                try await stand.get("/fleet/v1/units/hello.service").text == refused(404, "unit does not exist"))
            #expect(try await stand.get("/fleet/v1/units/other.service").status == 200)
        }
    }

    @Test func `shows no state of a machine that is gone`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.join("m1")
            try await stand.put("hello.service", Sent.hello)
            try await stand.place("hello.service", on: "m2")
            try await stand.say("hello.service", "m2", UnitState(active: .active, sub: "running"))

            #expect(try await stand.get("/fleet/v1/state").text == told(200, "{}"))
            let unit = try await stand.get("/fleet/v1/units/hello.service")
            #expect(unit.body.contains(#""currentState":"inactive""#))
        }
    }

    @Test func `picks states by unit and by machine`() async throws {
        try await FleetStand.with { stand async throws in
            for machine in ["m1", "m2"] { try await stand.join(ID(machine)) }
            for name in ["a.service", "b.service"] { try await stand.put(name, #"{"options":\#(Sent.options)}"#) }
            for (name, machine) in [("a.service", "m2"), ("a.service", "m1"), ("b.service", "m1")] {
                try await stand.say(
                    try UnitName(name), ID(machine), UnitState(active: .failed, sub: "failed", isLaunched: true))
            }
            struct Page: Decodable {
                struct State: Decodable {
                    var name: String
                    var machineID: String
                    var hash: String?
                }
                var states: [State]?
            }
            func rows(_ query: String) async throws -> [String] {
                let page = try await stand.get("/fleet/v1/state?alt=json\(query)").json(Page.self)
                return (page.states ?? []).map { "\($0.name) \($0.machineID)" }
            }
            #expect(try await rows("") == ["a.service m1", "a.service m2", "b.service m1"])
            #expect(try await rows("&unitName=a.service") == ["a.service m1", "a.service m2"])
            #expect(try await rows("&unitName=a") == [])
            #expect(try await rows("&machineID=m1") == ["a.service m1", "b.service m1"])
            #expect(try await rows("&machineID=m") == [])
            #expect(try await rows("&machineID=m1&unitName=a.service") == ["a.service m1"])
            #expect(try await rows("&machineID=m1&machineID=m2&unitName=") == ["a.service m1", "b.service m1"])
        }
    }
}
