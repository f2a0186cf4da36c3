import Model
import Testing

@Suite struct `A unit sent to fleet's API` {
    private static let old = #"{"options":[{"section":"Service","name":"ExecStart","value":"/bin/old"}]}"#

    private func desired(_ stand: FleetStand, _ name: String) async throws -> String? {
        struct Shown: Decodable { var desiredState: String? }
        let answer = try await stand.get("/fleet/v1/units/\(name)")
        return answer.status == 200 ? try answer.json(Shown.self).desiredState : nil
    }

    @Test func `is stored, changed, replaced as fleet decides`() async throws {
        try await FleetStand.with { stand async throws in
            let name = "hello.service"
            #expect(
                try await stand.put(name, #"{"desiredState":"launched"}"#).text
                    == refused(409, "unit does not exist and options field empty"))
            #expect(
                try await stand.put(name, #"{"options":[],"name":"hello.service"}"#).text
                    == refused(409, "unit does not exist and options field empty"))
            #expect(try await stand.put(name, Sent.hello).text == done(201))
            #expect(try await desired(stand, name) == "inactive")
            #expect(
                try await stand.put(name, Sent.hello).text
                    == refused(409, "must provide DesiredState to update existing unit"))
            #expect(
                try await stand.put(name, "{}").text
                    == refused(409, "must provide DesiredState to update existing unit"))
            #expect(try await stand.put(name, #"{"desiredState":"launched"}"#).text == done(204))
            #expect(try await desired(stand, name) == "launched")
            #expect(
                try await stand.put(name, #"{"desiredState":"loaded","options":\#(Sent.options)}"#).text == done(204))
            #expect(try await desired(stand, name) == "loaded")
            #expect(try await stand.put(name, Self.old).text == done(201))
            #expect(try await desired(stand, name) == "inactive")
            #expect(try await stand.get("/fleet/v1/units/\(name)").body.contains("/bin/old"))
        }
    }

    @Test func `is stored with the state it is wanted in`() async throws {
        try await FleetStand.with { stand async throws in
            for state in ["inactive", "loaded", "launched"] {
                let body = #"{"options":\#(Sent.options),"desiredState":"\#(state)"}"#
                #expect(try await stand.put("\(state).service", body).text == done(201))
                #expect(try await desired(stand, "\(state).service") == state)
            }
        }
    }

    @Test func `keeps what is wanted of it when that is asked with the new file`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.put("hello.service", #"{"options":\#(Sent.options),"desiredState":"launched"}"#)
            #expect(try await stand.put("hello.service", Self.old, query: "&keepDesired=true").text == done(201))
            #expect(try await desired(stand, "hello.service") == "launched")
        }
    }

    @Test func `is refused when its name is another than the path's`() async throws {
        try await FleetStand.with { stand async throws in
            let body = #"{"name":"b.service","options":\#(Sent.options)}"#
            #expect(
                try await stand.put("a.service", body).text
                    == refused(
                        400, #"name in URL \"a.service\" differs from unit name in request body \"b.service\""#))
            #expect(try await stand.get("/fleet/v1/units").text == told(200, "{}"))
        }
    }

    @Test func `is refused when it is no JSON of a unit`() async throws {
        try await FleetStand.with { stand async throws in
            for body in ["", "x", "[]", "null", #"{"options":7}"#, #"{"desiredState":true}"#, #"{"options":["a"]}"#] {
                let answer = try await stand.put("a.service", body)
                #expect(answer.status == 400)
                #expect(answer.body.contains("unable to decode body: "), "\(body)")
            }
        }
    }

    @Test func `needs exactly one content type, JSON`() async throws {
        try await FleetStand.with { stand async throws in
            let path = "/fleet/v1/units/a.service"
            let body = #"{"options":\#(Sent.options)}"#
            let json = "Content-Type: application/json"
            for headers in [
                [], ["Content-Type: application/xml"], ["Content-Type: application/xml; quality=0.9"], [json, json],
                [json, "Content-Type: application/xml"], ["Content-Type: application/jsonx"], ["Content-Type: "],
            ] {
                let answer = try await stand.send("PUT", path, headers: headers, body: body)
                #expect(answer.status == 415, "\(headers)")
                #expect(answer.headers["server"] == "fleetd/1.0.0")
            }
            #expect(try await stand.get(path).text == refused(404, "unit does not exist"))
            for type in ["application/json", "application/json; quality=0.9", "application/JSON;charset=utf-8"] {
                let answer = try await stand.send("PUT", path, headers: ["Content-Type: \(type)"], body: body)
                #expect([201, 409].contains(answer.status), "\(type)")
            }
        }
    }

    @Test func `has one of three desired states`() async throws {
        try await FleetStand.with { stand async throws in
            let bogus = #"invalid value \"bogus\" for desiredState: inactive, loaded or launched"#
            let body = #"{"options":\#(Sent.options),"desiredState":"bogus"}"#
            #expect(try await stand.put("a.service", body).text == refused(400, bogus))
            #expect(try await desired(stand, "a.service") == nil)
            try await stand.put("a.service", #"{"options":\#(Sent.options),"desiredState":"loaded"}"#)
            #expect(try await stand.put("a.service", #"{"desiredState":"bogus"}"#).text == refused(400, bogus))
            #expect(try await desired(stand, "a.service") == "loaded")
            #expect(try await stand.send("DELETE", "/fleet/v1/units/a.service").text == done(204))
        }
    }

    @Test func `is never activated when it is a template`() async throws {
        try await FleetStand.with { stand async throws in
            let refusal = refused(400, #"cannot activate template \"x@.service\""#)
            for state in ["loaded", "launched"] {
                let body = #"{"options":\#(Sent.options),"desiredState":"\#(state)"}"#
                #expect(try await stand.put("x@.service", body).text == refusal)
            }
            #expect(try await desired(stand, "x@.service") == nil)
            #expect(try await stand.put("x@.service", #"{"options":\#(Sent.options)}"#).text == done(201))
            for state in ["loaded", "launched"] {
                #expect(try await stand.put("x@.service", #"{"desiredState":"\#(state)"}"#).text == refusal)
                let body = #"{"options":[{"section":"A","name":"b","value":"c"}],"desiredState":"\#(state)"}"#
                #expect(try await stand.put("x@.service", body).text == refusal)
            }
            #expect(try await desired(stand, "x@.service") == "inactive")
            #expect(try await stand.put("x@.service", #"{"desiredState":"inactive"}"#).text == done(204))
        }
    }

    @Test func `may have every name that fleet takes`() async throws {
        let longest = String(repeating: "a", count: 256 - 8) + ".service"
        let good = [
            "foo.service", "hello.mount", "foo@123.service", "foo@.service", "yo.yo.service", "hello@world.path",
            "hello:world.service", #"yes@no\.service"#, "foo-bar.mount", "under_score.service", "x@.path", "x@.socket",
            "x@.target", "x@.timer", "a.target", "a.automount", "a.device", "a.slice", "a.scope", "a.swap", longest,
        ]
        try await FleetStand.with { stand async throws in
            for name in good {
                let encoded = name.replacing("\\", with: "%5C").replacing("@", with: "%40").replacing(":", with: "%3A")
                #expect(try await stand.put(encoded, #"{"options":\#(Sent.options)}"#).text == done(201), "\(name)")
                #expect(try await desired(stand, encoded) == "inactive", "\(name)")
            }
            for name in ["foo@123.service", "hello:world.service"] {
                #expect(try await desired(stand, name) == "inactive")
            }
        }
    }

    @Test func `is refused with a name that is none`() async throws {
        let bad = [
            "fooservice", "bar@foo", "foo.", "foo.unknown", "foo.Service", "foo%25.service", "foo$.service",
            "foo%23.service", "foo+.service", "foo=.service", "%40foo.service", "x@a.automount", "x@a.busname",
            "x@a.device", "x@a.mount", "x@a.scope", "x@a.slice", "x@a.snapshot", "x@a.swap",
            String(repeating: "a", count: 257 - 8) + ".service", "a%00b.service", "..service%0A",
        ]
        try await FleetStand.with { stand async throws in
            for name in bad {
                let answer = try await stand.put(name, #"{"options":\#(Sent.options)}"#)
                #expect(answer.status == 400, "\(name)")
                #expect(answer.body.contains("is no unit name"), "\(answer.body)")
            }
            #expect(try await stand.get("/fleet/v1/units").text == told(200, "{}"))
        }
    }

    @Test func `keeps its lines as they were sent`() async throws {
        try await FleetStand.with { stand async throws in
            let body =
                #"{"options":[{"section":"Unit","name":"Description","value":"a \"b\" \\\\ <é> &\t."},"#
                + #"{"section":"Service","name":"ExecStart"},"#
                + #"{"section":"Service","name":"ExecStart","value":"/bin/sh -c \\\n    'true'"},"#
                + #"{"section":"Odd","name":"Any","value":"x=y"}]}"#
            #expect(try await stand.put("a.service", body).text == done(201))
            #expect(
                try await stand.get("/fleet/v1/units/a.service").text
                    == told(
                        200,
                        #"{"currentState":"inactive","desiredState":"inactive","name":"a.service","options":["#
                            + #"{"name":"Description","section":"Unit","value":"a \"b\" \\\\ <é> &\t."},"#
                            + #"{"name":"ExecStart","section":"Service"},"#
                            + #"{"name":"ExecStart","section":"Service","value":"/bin/sh -c \\\n    'true'"},"#
                            + #"{"name":"Any","section":"Odd","value":"x=y"}]}"#))
            #expect(
                try await stand.put("a.service", body).text
                    == refused(409, "must provide DesiredState to update existing unit"))
        }
    }

    @Test func `is refused when a line would become another`() async throws {
        try await FleetStand.with { stand async throws in
            for (section, name, value) in [
                ("Service", "Exec\\nStart", "x"), ("Ser]vice", "A", "x"), ("", "A", "x"), ("A", "", "x"),
                ("A", "B", "\\u0001"),
            ] {
                let answer = try await stand.put("a.service", Sent.unit([(section, name, value)]))
                #expect(answer.status == 400, "\(section) \(name) \(value)")
            }
            let long = String(repeating: "x", count: 2_046)
            #expect(
                try await stand.put("a.service", Sent.unit([("S", "A", long)])).text
                    == refused(400, "line too long (max 2048 bytes)"))
            #expect(
                try await stand.put("a.service", Sent.unit([("S", "A", String(long.dropLast()))])).text == done(201))
        }
    }
}
