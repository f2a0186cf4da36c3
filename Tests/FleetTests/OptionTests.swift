import Model
import Testing

@Suite struct `The options of a unit sent to fleet's API` {
    @Test(arguments: [
        Sent.fleet(("Conflicts", "bar.service")),
        Sent.fleet(("MachineOf", "foo.service"), ("Conflicts", "bar.service")),
        Sent.fleet(("MachineOf", "foo.service"), ("Conflicts", "b*e")),
        Sent.fleet(("Replaces", "a.service"), ("Replaces", "b.service")),
        Sent.fleet(("Replaces", "a.service"), ("MachineOf", "b.service")),
        Sent.fleet(("MachineID", "abcd")), Sent.fleet(("Global", "true")),
        Sent.fleet(("Global", "true"), ("Conflicts", "b*")),
        Sent.fleet(("Global", "true"), ("MachineMetadata", "zone=a")),
        Sent.fleet(("Unheard", "of")), Sent.unit([("X-Other", "A", "b")]), Sent.unit([("Service", "Type", "odd")]),
        Sent.unit([("Service", "ExecStart", "")]), Sent.unit([("Unit", "Description", "no service at all")]),
    ])
    func `may be these`(body: String) async throws {
        try await FleetStand.with { stand async throws in
            #expect(try await stand.put("x.service", body).text == done(201))
        }
    }

    private static let refusals: [(String, String)] = [
        (
            Sent.fleet(("MachineOf", "a.service"), ("Conflicts", "a.service")),
            #"unresolvable requirements: peer \"a.service\" matches conflict \"a.service\""#
        ),
        (
            Sent.fleet(("Conflicts", "b.service"), ("Conflicts", "a.*"), ("MachineOf", "a.service")),
            #"unresolvable requirements: peer \"a.service\" matches conflict \"a.*\""#
        ),
        (
            Sent.fleet(("MachineOf", "a.service"), ("Replaces", "a.service")),
            #"unresolvable requirements: peer \"a.service\" matches replace \"a.service\""#
        ),
        (Sent.fleet(("Replaces", "a.*"), ("Conflicts", "b.*")), "Conflicts cannot be used with Replaces"),
        (Sent.fleet(("MachineID", "a"), ("MachineOf", "a.service")), "MachineID cannot be used with Peers"),
        (Sent.fleet(("MachineOf", "a.service"), ("MachineID", "a")), "MachineID cannot be used with Peers"),
        (Sent.fleet(("MachineID", "a"), ("Conflicts", "a.*")), "MachineID cannot be used with Conflicts"),
        (Sent.fleet(("MachineID", "a"), ("Global", "true")), "MachineID cannot be used with Global"),
        (Sent.fleet(("Global", "true"), ("MachineID", "a")), "MachineID cannot be used with Global"),
        (Sent.fleet(("MachineID", "a"), ("Replaces", "a.*")), "MachineID cannot be used with Replaces"),
        (Sent.fleet(("Global", "true"), ("MachineOf", "a.service")), "Global cannot be used with Peers"),
        (Sent.fleet(("Global", "true"), ("Replaces", "a.*")), "Global cannot be used with Replaces"),
        (
            Sent.fleet(("X-ConditionMachineID", "a"), ("X-Conflicts", "b.*")),
            "MachineID cannot be used with Conflicts"
        ),
    ]

    @Test func `are refused when no machine could ever do, also in place of others`() async throws {
        try await FleetStand.with { stand async throws in
            try await stand.put("there.service", #"{"options":\#(Sent.options),"desiredState":"launched"}"#)
            for (body, text) in Self.refusals {
                #expect(try await stand.put("new.service", body).text == refused(400, text))
                #expect(try await stand.put("there.service", body).text == refused(400, text))
            }
            #expect(
                try await stand.get("/fleet/v1/units").text
                    == told(
                        200,
                        #"{"units":[{"currentState":"inactive","desiredState":"launched","name":"there.service","#
                            + #""options":\#(Sent.shownOptions)}]}"#))
        }
    }

    @Test func `are refused when they would ask for nothing, though they are meant to`() async throws {
        try await FleetStand.with { stand async throws in
            for (name, value) in [
                ("MachineMetadata", "a=b c=d"), ("MachineMetadata", "a"), ("MachineMetadata", "=b"),
                ("MachineMetadata", "a="), ("MachineMetadata", "a=b=c"), ("X-ConditionMachineMetadata", "a"),
                ("MachineOf", "nonsense"), ("Replaces", "a.service b.service"),
            ] {
                let answer = try await stand.put("x.service", Sent.fleet((name, value)))
                #expect(answer.status == 400, "\(name)=\(value)")
                #expect(answer.body.contains(value), "\(answer.body)")
            }
            for metadata in [#"\"a=b\" \"c=d\""#, "a=b"] {
                let name = metadata.hasPrefix("a") ? "one.service" : "two.service"
                #expect(
                    try await stand.put(name, Sent.fleet(("MachineMetadata", metadata))).text == done(201),
                    "\(metadata)"
                )
            }
            #expect(
                try await stand.put("x@.service", Sent.fleet(("MachineOf", "%i.service"))).text == done(201),
                "a template's values are none yet")
        }
    }
}
