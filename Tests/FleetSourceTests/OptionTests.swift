import FoundationEssentials
import Programs
import Testing

@Suite struct `An option of fleetctl's` {
    private static let own = "[[contexts.home.clusters]]\nname = \"a\"\nendpoints = [\"http://127.0.0.1:1\"]\n"

    private static func fleet(_ name: String, _ endpoint: String) -> String {
        "[[contexts.home.clusters]]\nname = \"\(name)\"\nkind = \"fleet\"\nendpoints = [\"\(endpoint)\"]\n"
    }

    private static func file(_ text: String, _ program: FleetProgram) throws -> String {
        let path = program.home + "/config.toml"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test func `on how fleet is asked is refused where nobody asks it`() async throws {
        try await FleetProgram.with { _, program in
            let path = try Self.file(Self.own, program)
            for words in [
                ["--request-timeout", "3"], ["--ca-file", "/ca.pem"], ["--cert-file=/me.pem", "--key-file", "/key"],
                ["--debug"],
            ] {
                for command in ["list-units", "list-orders", "doctor", "deck"] {
                    let result = try await Programs.run(
                        [Programs.quarterdeck] + words + [command, "--config", path],
                        environment: ["HOME": program.home])
                    #expect(result.code == 2, "\(words) \(command): \(result.output)\(result.errors)")
                    let name = words[0].prefix { $0 != "=" }
                    #expect(result.errors.contains("\(name) is for "), "\(command): \(result.errors)")
                }
            }
        }
    }

    @Test func `on how fleet is asked counts for the fleet clusters of a context`() async throws {
        try await FleetProgram.with { fleet, program in
            let path = try Self.file(Self.fleet("old", program.endpoint), program)
            let told = try await program.run("--debug", "list-machines", "--no-legend", "--config", path)
            #expect(told.code == 0 && told.lines.count == 2)
            let request = "GET \(program.endpoint)/fleet/v1/machines: 200, "
            #expect(told.errors.contains(request), "\(told.errors)")
            let quiet = try await program.run("--debug=false", "list-machines", "--config", path)
            #expect(quiet.code == 0 && quiet.errors.isEmpty)
            let missing = try await program.run("--ca-file", "/nowhere.pem", "list-machines", "--config", path)
            #expect(missing.code == 1 && missing.errors.contains("cannot use '/nowhere.pem'"), "\(missing.errors)")
        }
    }

    @Test func `ends a request that takes longer, and is a time`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.change { fleet in fleet.losses = ["machines": 9] }
            let late = try await program.run("--request-timeout", "0.5", "list-machines")
            #expect(late.code == 3 && late.errors.contains("cannot reach '\(program.endpoint)/"), "\(late.errors)")
            #expect(await fleet.requests["GET machines", default: 0] < 2, "what took too long is not asked again")
            let half = try await program.run("--cert-file", "/me.pem", "list-machines")
            #expect(half.code == 2 && half.errors == "--cert-file and --key-file go together; give both\n")
            for word in ["0", "-1", "nan"] {
                #expect(try await program.run("--request-timeout=\(word)", "list-machines").code == 2, "\(word)")
            }
        }
    }

    @Test func `may stand in the environment, which counts where an endpoint is named`() async throws {
        try await FleetProgram.with { fleet, program in
            let one = ["FLEETCTL_REQUEST_TIMEOUT": "60", "FLEETCTL_DEBUG": "T", "FLEETCTL_KNOWN_HOSTS_FILE": "/k"]
            let told = try await program.run("list-machines", environment: one)
            #expect(told.code == 0 && told.errors.contains("/fleet/v1/machines: 200, "), "\(told.errors)")
            #expect(try await program.run("list-machines", environment: ["FLEETCTL_DRIVER": "etcd"]).code == 2)
            let odd = try await program.run("list-machines", environment: ["FLEETCTL_REQUEST_TIMEOUT": "soon"])
            #expect(odd.code == 2 && odd.errors == "FLEETCTL_REQUEST_TIMEOUT must be a number of seconds\n")
            let path = try Self.file(Self.fleet("old", program.endpoint), program)
            let file = ["FLEETCTL_CA_FILE": "/nowhere.pem", "FLEETCTL_DRIVER": "etcd"]
            #expect(try await program.run("list-machines", "--config", path, environment: file).code == 0)
            #expect(
                try await program.run("doctor", environment: one).output.contains("made of FLEETCTL_ENDPOINT, context"))
        }
    }

    @Test func `on how ssh is called counts from both`() async throws {
        try await FleetProgram.with { fleet, program in
            let path = try Self.shell(program)
            let asked = try await program.run(
                "--ssh-timeout", "0.5", "--strict-host-key-checking=false", "ssh", "aaaa", environment: path)
            #expect(
                asked.output == "<-o><ConnectTimeout=1><-o><StrictHostKeyChecking=no><-l><core><--><10.0.0.1>",
                "\(asked.errors)")
            let said = path.merging(["FLEETCTL_SSH_USERNAME": "me", "FLEETCTL_KNOWN_HOSTS_FILE": "/k"]) { $1 }
            let found = try await program.run("--ssh-username", "you", "ssh", "aaaa", environment: said)
            #expect(found.output == "<-o><UserKnownHostsFile=/k><-l><you><--><10.0.0.1>", "\(found.errors)")
        }
    }

    /// Has ssh be a program that prints what it is called with.
    private static func shell(_ program: FleetProgram) throws -> [String: String] {
        let folder = program.home + "/bin"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("#!/bin/sh\nprintf '<%s>' \"$@\"\n".utf8).write(to: URL(filePath: folder + "/ssh"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/ssh")
        return ["PATH": "\(folder):/usr/bin:/bin"]
    }

    @Test func `or one of ours picks a cluster of the context, and the others are not asked`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            let silent = Self.fleet("dead", "http://127.0.0.1:1")
            let path = try Self.file(
                Self.fleet("east", program.endpoint) + Self.fleet("west", program.endpoint) + silent, program)
            for (command, first) in [
                ("list-units", "web.service"), ("list-unit-files", "web.service"), ("list-machines", "aaaa1111..."),
            ] {
                let one = try await program.run(
                    command, "--no-legend", "--fields", "\(command == "list-machines" ? "machine" : "unit"),cluster",
                    "--cluster", "west", "--config", path)
                #expect(one.code == 0 && one.lines.first == "\(first)\twest", "\(one.output)\(one.errors)")
                #expect(!one.output.contains("east") && one.errors.isEmpty)
                let all = try await program.run(command, "--no-legend", "--config", path)
                #expect(all.code == 3 && all.output.contains("east") && all.output.contains("west"), "\(command)")
                let none = try await program.run(command, "--cluster", "north", "--config", path)
                #expect(none.code == 1)
                #expect(none.errors == "there is no cluster 'north' in context 'home'; it has east, west, dead\n")
            }
            let events = try await program.run("list-events", "--cluster", "east", "--config", path)
            #expect(events.code == 1 && events.errors.contains("fleet keeps nothing"))
            let shell = try Self.shell(program)
            let unclear = try await program.run("ssh", "--config", path, "bbbb", environment: shell)
            #expect(unclear.code != 0)
            let login = try await program.run("ssh", "--cluster", "west", "--config", path, "bbbb", environment: shell)
            #expect(login.output == "<--><10.0.0.2>", "\(login.errors)")
        }
    }
}
