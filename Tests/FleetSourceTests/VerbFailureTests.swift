import FoundationEssentials
import Programs
import Testing

@Suite struct `A verb of the command line that fails` {
    @Test func `asks a cluster that does not answer once, however many units are named`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.change { fleet in fleet.failure = 503 }

            let stopped = try await program.run("stop", "a", "b", "c", "d", "e", "f")

            #expect(stopped.code == 3 && stopped.errors.contains("unable to communicate with etcd"), "\(stopped)")
            #expect(await fleet.requests["GET units"] == 1)
        }
    }

    @Test func `says where a roll stopped, also when the new file is not taken`() async throws {
        try await FleetProgram.with { fleet, program in
            for name in ["web@1.service", "web@2.service", "web@1.timer"] { await fleet.put(name, "inactive", sleeper) }
            let path = program.home + "/web@.service"
            try "[Service]\nExecStart=/bin/sleep 5\n".write(toFile: path, atomically: true, encoding: .utf8)
            await fleet.change { fleet in fleet.answers["units/web@2.service"] = (400, "line too long") }

            let rolled = try await program.run("roll", "--settle", "0", "--file", path, "web@*")

            #expect(rolled.output.contains("goes to 2 of 2 units") && rolled.output.contains("rolled web@1.service\n"))
            #expect(
                rolled.code == 1 && rolled.errors.contains("stopped at web@2.service with 1 of 2 units done: "),
                "\(rolled.errors)")
            #expect(rolled.errors.contains("line too long"))
            let pattern = try await program.run("roll", "--file", path, "web[")
            #expect(pattern.code == 2 && pattern.errors.contains("is no pattern"), "\(pattern.errors)")
        }
    }
}
