import FoundationEssentials
import Programs
import Testing

@Suite struct `Known and unknown names in one command` {
    @Test func `have the known ones done, and the unknown ones told with code 1`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "inactive", sleeper)
            for (verb, state) in [
                ("load", "loaded"), ("start", "launched"), ("stop", "loaded"), ("unload", "inactive"),
            ] {
                let mixed = try await program.run(verb, "none", "web", "tool@1")
                #expect(mixed.code == 1, "\(verb)")
                #expect(mixed.output.hasPrefix("Unit web.service "), "\(verb): \(mixed.output)")
                for name in ["none.service", "tool@1.service"] {
                    #expect(mixed.errors.contains("unit '\(name)'"), "\(verb): \(mixed.errors)")
                }
                #expect(await fleet.units["web.service"]?.desired == state, "\(verb)")
            }
            let none = try await program.run("restart", "none", "web")
            #expect(none.code == 1 && none.errors.contains("start it instead"), "\(none.errors)")
            let submitted = try await program.run("submit", "none", "web")
            #expect(submitted.code == 1 && submitted.output == "Unit web.service inactive\n", "\(submitted)")
            let destroyed = try await program.run("destroy", "none", "web")
            #expect(destroyed.code == 0 && destroyed.output == "Destroyed web.service\n", "\(destroyed)")
            #expect(await fleet.units.isEmpty)
        }
    }
}

@Suite struct `A machine's name on the command line` {
    @Test func `is a beginning of its ID that no other has`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.change { fleet in
                fleet.machines["aaaa1111cccc1111aaaa1111aaaa1111"] = ("10.0.0.3", [:])
            }
            let several = try await program.run("ssh", "aaaa1111", "true")
            #expect(several.code == 1 && several.errors.contains("several machines match 'aaaa1111'"), "\(several)")
            let named = try await program.run("ssh", "--machine", "aaaa", "true")
            #expect(named.code == 1 && named.errors.contains("several machines match 'aaaa'"), "\(named)")
            let unknown = try await program.run("ssh", "--machine", "ffff", "true")
            #expect(unknown.code == 1 && unknown.errors.contains("there is no machine 'ffff'"), "\(unknown)")
            let both = try await program.run("ssh", "--machine", "aaaa1111c", "--unit", "web", "true")
            #expect(both.code == 2 && both.errors.contains("either --machine or --unit"), "\(both)")
        }
    }
}
