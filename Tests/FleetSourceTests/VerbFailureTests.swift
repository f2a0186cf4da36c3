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

    @Test func `tells what fleet refused from what did not answer`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            for (status, code) in [(400, 1), (403, 1), (500, 3), (503, 3)] {
                await fleet.change { fleet in fleet.failure = status }
                let told = try await program.run("cat", "web")
                #expect(told.code == code, "\(status): \(told.errors)")
            }
        }
    }

    @Test func `refuses what would have no effect`() async throws {
        try await FleetProgram.with { _, program in
            let path = program.home + "/config.toml"
            let own = "[[contexts.home.clusters]]\nname = \"a\"\nendpoints = [\"http://127.0.0.1:1\"]\n"
            try own.write(toFile: path, atomically: true, encoding: .utf8)
            let status = try await program.run("status", "--ssh-port", "22", "web", "--config", path)
            #expect(status.code == 2 && status.errors.contains("cluster 'a' needs no ssh"), "\(status.errors)")
        }
    }

    @Test func `changes nothing where fleet could not keep a unit's machine`() async throws {
        try await FleetProgram.with { fleet, program in
            for name in ["web@1.service", "web@2.service"] { await fleet.put(name, "inactive", sleeper) }
            let path = program.home + "/web@.service"
            try "[Service]\nExecStart=/bin/sleep 5\n".write(toFile: path, atomically: true, encoding: .utf8)

            let rolled = try await program.run("roll", "--file", path, "web@*")

            #expect(rolled.code == 1 && rolled.errors.contains("fleet drives it"), "\(rolled.errors)")
            #expect(await fleet.requests["PUT units/web@1.service"] == nil)
        }
    }
}
