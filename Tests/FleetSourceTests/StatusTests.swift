import FoundationEssentials
import Programs
import Testing

@Suite struct `The status of a unit that fleet runs` {
    /// An ssh that says what it was called with, and ends with a status.
    private static func ssh(_ program: FleetProgram, ending status: Int) throws -> [String: String] {
        let folder = program.home + "/bin"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = "#!/bin/sh\nprintf '<%s>' \"$@\"\necho\nexit \(status)\n"
        try Data(script.utf8).write(to: URL(filePath: folder + "/ssh"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/ssh")
        return ["PATH": "\(folder):/usr/bin:/bin"]
    }

    private static func called(_ address: String, _ unit: String, _ port: String = "") -> String {
        "<-n>\(port)<-l><core><--><\(address)><systemctl><status><-l><--no-pager><'\(unit)'>\n"
    }

    @Test func `is systemd's on its machines, with the code that systemctl ends with`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            await fleet.put("all.service", "launched", sleeper + [("X-Fleet", "Global", "true")])
            let running = try Self.ssh(program, ending: 0)
            let one = try await program.run("status", "--ssh-port", "2222", "web", environment: running)
            #expect(one.code == 0 && one.output == Self.called("10.0.0.1", "web.service", "<-p><2222>"), "\(one)")
            let stopped = try Self.ssh(program, ending: 3)
            let all = try await program.run("status", "all", "web", environment: stopped)
            #expect(all.code == 3 && all.errors.isEmpty)
            #expect(
                all.output == Self.called("10.0.0.1", "all.service") + "\n" + Self.called("10.0.0.2", "all.service")
                    + "\n" + Self.called("10.0.0.1", "web.service"), "\(all.output)")
            let unreached = try Self.ssh(program, ending: 255)
            let failed = try await program.run("status", "web", environment: unreached)
            #expect(failed.code == 3 && failed.errors == "ssh to machine 'aaaa1111' at 10.0.0.1 failed\n", "\(failed)")
        }
    }

    @Test func `is told from what fleet says where it is on no machine`() async throws {
        try await FleetProgram.with { fleet, program in
            let described = sleeper + [("Unit", "Description", "A sleeper")]
            await fleet.put("idle.service", "inactive", described)

            let idle = try await program.run("status", "idle", "none")

            #expect(
                idle.output.hasPrefix(
                    """
                    ● idle.service - A sleeper
                       Loaded: not-found (on no machine)
                       Active: inactive (dead)
                       Wanted: inactive

                    """), "\(idle.output)")
            #expect(idle.code == 1 && idle.errors.contains("unit 'none.service' does not exist"), "\(idle.errors)")
        }
    }
}
