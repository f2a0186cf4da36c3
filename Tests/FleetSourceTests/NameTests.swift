import FoundationEssentials
import Programs
import Testing

@Suite struct `A unit's name on the command line` {
    @Test func `has its type before a file here is looked for`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "inactive", sleeper)
            for name in ["web", "db", "db.service"] {
                let text = name == "db.service" ? "[Service]\nExecStart=/bin/sleep 5\n" : "no unit file at all\n"
                try Data(text.utf8).write(to: URL(filePath: program.home + "/" + name))
            }

            let stored = try await program.run("start", program.home + "/web")
            #expect(stored.code == 0 && stored.errors.isEmpty, "\(stored.errors)")
            #expect(stored.output.hasPrefix("Unit web.service launched on "), "\(stored.output)")
            let file = try await program.run("start", program.home + "/db")
            #expect(file.code == 0 && file.output.hasPrefix("Unit db.service launched on "), "\(file.errors)")
            let none = try await program.run("start", program.home + "/none")
            #expect(
                none.code == 1 && none.errors.contains("no file '\(program.home)/none.service' here"), "\(none.errors)")
        }
    }

    @Test func `means the stored unit where the file here is broken, unless that is to be taken`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "inactive", sleeper)
            let path = program.home + "/web.service"
            try Data("[Service\n".utf8).write(to: URL(filePath: path))

            let taken = try await program.run("start", "--replace", path)
            #expect(taken.code == 1 && taken.errors.contains("web.service:1: the section header has no ']'"))
            #expect(await fleet.units["web.service"]?.desired == "inactive")
            let started = try await program.run("start", path)
            #expect(started.code == 0 && started.output.hasPrefix("Unit web.service launched on "), "\(started.errors)")
            #expect(started.errors.contains("the stored file of 'web.service' counts; --replace takes the one here"))
        }
    }
}
