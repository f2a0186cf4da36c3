import FoundationEssentials
import Model
import Programs
import Testing

/// The program on a fleet cluster that is named on the command line.
struct FleetProgram: Sendable {
    let endpoint: String
    /// A home without a configuration, where orders are noted.
    let home: String

    private var own: [String: String] {
        ["HOME": home, "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "FLEETCTL_ENDPOINT": endpoint]
    }

    func run(_ words: String..., environment: [String: String] = [:]) async throws -> Programs.Result {
        try await Programs.run(
            [Programs.quarterdeck] + words, environment: own.merging(environment) { $1 }, limit: .seconds(120))
    }

    /// Starts a command that goes on.
    func started(_ words: String...) throws -> Running {
        try Running([Programs.quarterdeck] + words, environment: own)
    }

    static func with(
        _ body: @escaping @Sendable (FakeFleet, FleetProgram) async throws -> Void
    ) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "qd-fleet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await FakeFleet.with { fleet, endpoint in
            try await body(fleet, FleetProgram(endpoint: endpoint, home: home))
        }
    }
}

@Suite struct `The lists of the command line` {
    @Test func `have fleetctl's columns, rows and tabs`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("hello.service", "launched", on: machineA, [("Service", "ExecStart", "/bin/sleep 100")])
            await fleet.put("idle.service", "inactive", sleeper)
            await fleet.put("loaded.service", "loaded", on: machineB, sleeper + [("Unit", "Description", "A sleeper")])
            await fleet.put("log.service", "launched", sleeper + [("X-Fleet", "Global", "true")])

            #expect(
                try await program.run("list-machines").output == """
                    MACHINE\t\tIP\t\tMETADATA
                    aaaa1111...\t10.0.0.1\tdisk=ssd,zone=a
                    bbbb2222...\t10.0.0.2\t-

                    """)
            #expect(
                try await program.run("list-units").output == """
                    UNIT\t\tMACHINE\t\t\tACTIVE\t\tSUB
                    hello.service\taaaa1111.../10.0.0.1\tactive\t\trunning
                    loaded.service\tbbbb2222.../10.0.0.2\tinactive\tdead
                    log.service\taaaa1111.../10.0.0.1\tactive\t\trunning
                    log.service\tbbbb2222.../10.0.0.2\tactive\t\trunning

                    """)
            let plain = try sleeperHash()
            let described = try sleeperHash(described: true)
            let global = try sleeperHash(global: true)
            #expect(
                try await program.run("list-unit-files").output == """
                    UNIT\t\tHASH\tDSTATE\t\tSTATE\t\tTARGET
                    hello.service\t1c6fb6f\tlaunched\tlaunched\taaaa1111.../10.0.0.1
                    idle.service\t\(plain)\tinactive\tinactive\t-
                    loaded.service\t\(described)\tloaded\t\tloaded\t\tbbbb2222.../10.0.0.2
                    log.service\t\(global)\tlaunched\t-\t\tglobal

                    """)
        }
    }

    private func sleeperHash(described: Bool = false, global: Bool = false) throws -> String {
        let more = described ? "\n[Unit]\nDescription=A sleeper\n" : global ? "\n[X-Fleet]\nGlobal=true\n" : ""
        return try file("[Service]\nExecStart=/bin/sleep 1000\n" + more).hash.short
    }

    @Test func `have fleetctl's fields by name, whole IDs, and no legend when that is asked`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("hello.service", "launched", on: machineA, [("Service", "ExecStart", "/bin/sleep 100")])

            let units = try await program.run(
                "list-units", "--no-legend", "--fields=unit,load,machine,hash,cluster", "-l")
            #expect(units.output == "hello.service\tloaded\t\(machineA)/10.0.0.1\t-\tfleet\n")
            let files = try await program.run(
                "list-unit-files", "--no-legend=true", "--fields", "unit,tmachine,global,desc,hash", "--full")
            #expect(
                files.output == "hello.service\t\(machineA)/10.0.0.1\tfalse\t-\t"
                    + "1c6fb6f3684bafb0c173d8b8b957ceff031180c1\n")
            let machines = try await program.run("list-m", "--l", "--fields=ip,machine")
            #expect(machines.output == "IP\t\tMACHINE\n10.0.0.1\t\(machineA)\n10.0.0.2\t\(machineB)\n")
            let wrong = try await program.run("list-units", "--fields=unti")
            #expect(wrong.code == 2 && wrong.errors.contains("there is no field 'unti'"))
        }
    }

    @Test func `name the cluster after fleetctl's columns where a context has several`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            let cluster = { (name: String) in
                "[[contexts.all.clusters]]\nname = \"\(name)\"\nkind = \"fleet\"\n"
                    + "endpoints = [\"\(program.endpoint)\"]\n"
            }
            let path = program.home + "/config.toml"
            try Data((cluster("east") + cluster("west")).utf8).write(to: URL(filePath: path))

            #expect(
                try await program.run("list-units", "--config", path).output == """
                    UNIT\t\tMACHINE\t\t\tACTIVE\tSUB\tCLUSTER
                    web.service\taaaa1111.../10.0.0.1\tactive\trunning\teast
                    web.service\taaaa1111.../10.0.0.1\tactive\trunning\twest

                    """)
            let machines = try await program.run("list-machines", "--no-legend", "--config", path)
            #expect(machines.lines.first == "aaaa1111...\t10.0.0.1\tdisk=ssd,zone=a\teast")
            let unclear = try await program.run("stop", "web", "--config", path)
            #expect(unclear.code == 1 && unclear.errors.contains("name one with --cluster: east, west"))
            #expect(try await program.run("stop", "web", "--cluster", "west", "--config", path).code == 0)
        }
    }

    @Test func `leave out what is unknown of a fleet cluster`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("hello.service", "launched", on: machineA, sleeper)

            let units = try await program.run("list-units", "-o", "json").output
            for word in ["restarts", "cpuPercent", "memoryBytes", "since"] { #expect(!units.contains(word)) }
            let clusters = try await program.run("list-clusters", "-o", "json").output
            for word in ["leader", "quorum", "members", "wanted"] { #expect(!clusters.contains("\"\(word)\"")) }
            let triage = try await program.run("triage", "--plain")
            #expect(triage.code == 0, "\(triage.output)\(triage.errors)")
            #expect(!triage.output.contains("lead") && !triage.output.contains("quorum"))
            let frame = try await program.run("deck", "--once", "--pane", "clusters", "--size", "160x40")
            #expect(frame.output.contains("fleet") && !frame.output.contains("rev 0"), "\(frame.output)")
            #expect(!frame.output.contains("none"), "\(frame.output)")
        }
    }

    @Test func `show units that wait where there is a column for it`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.change { fleet in fleet.unplaceable = ["gpu.service"] }
            await fleet.put("gpu.service", "launched", sleeper)

            #expect(try await program.run("list-units", "--no-legend").output == "")
            let asked = try await program.run("list-units", "--no-legend", "--fields=unit,machine,desired")
            #expect(asked.output == "gpu.service\t-\tlaunched\n")
        }
    }
}

@Suite struct `The verbs of the command line` {
    @Test func `say what fleetctl says`() async throws {
        try await FleetProgram.with { fleet, program in
            let path = program.home + "/web.service"
            try "[Service]\nExecStart=/bin/sleep 5\n".write(toFile: path, atomically: true, encoding: .utf8)

            let submitted = try await program.run("submit", path)
            #expect(submitted.output == "Unit web.service inactive\n", "\(submitted.errors)")
            #expect(try await program.run("load", "web").output == "Unit web.service loaded on aaaa1111.../10.0.0.1\n")
            #expect(
                try await program.run("start", "web").output == "Unit web.service launched on aaaa1111.../10.0.0.1\n")
            #expect(try await program.run("cat", "web").output == "[Service]\nExecStart=/bin/sleep 5\n")
            let stopped = try await program.run("stop", "web.service")
            #expect(stopped.output == "Unit web.service loaded on aaaa1111.../10.0.0.1\n" && stopped.code == 0)
            #expect(stopped.errors == "Successfully stopped units [web.service].\n")
            let unloaded = try await program.run("unload", "web.service")
            #expect(unloaded.output == "Unit web.service inactive\n")
            #expect(unloaded.errors == "Successfully unloaded units [web.service].\n")
            let again = try await program.run("stop", "web.service")
            #expect(again.code == 1 && again.errors == "Unable to stop unit web.service in state inactive\n")
            let destroyed = try await program.run("destroy", "web.service", "none.service")
            #expect(destroyed.code == 0 && destroyed.output == "Destroyed web.service\n")
            #expect(destroyed.errors.contains("there is no unit 'none.service'"))
        }
    }

    @Test func `do not wait when they are told so, and not for ever`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "inactive", sleeper)
            await fleet.put("log.service", "inactive", sleeper + [("X-Fleet", "Global", "true")])
            #expect(try await program.run("start", "--no-block", "web").output == "Triggered unit web.service start\n")
            #expect(try await program.run("start", "log").output == "Triggered global unit log.service start\n")
            await fleet.change { fleet in fleet.stubborn = ["web.service"] }
            try await Programs.eventually("it runs", within: .seconds(120)) {
                await fleet.units["web.service"]?.launched == true ? true : nil
            }

            let late = try await program.run("stop", "--block-attempts=1", "web.service")

            #expect(late.code == 1)
            #expect(
                late.errors.hasPrefix("unit 'web.service' is not loaded yet but active (running);"), "\(late.errors)")
        }
    }

    @Test func `say why a unit is on no machine`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.change { fleet in fleet.unplaceable = ["gpu.service"] }
            await fleet.put("gpu.service", "inactive", sleeper + [("X-Fleet", "MachineMetadata", "gpu=true")])

            let started = try await program.run("start", "gpu")

            #expect(started.code == 1)
            #expect(started.errors.contains("fleet has it on no machine and does not say why"), "\(started.errors)")
            #expect(started.errors.contains("no machine has gpu=true"), "\(started.errors)")
            let explained = try await program.run("explain", "gpu")
            #expect(explained.output.contains("has no gpu=true"), "\(explained.output)\(explained.errors)")
        }
    }

    @Test func `count of a file only what fleet reads, and say so`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("big.service", "launched", on: machineA, sleeper + [("X-Quarterdeck", "Metadata", "gpu")])
            await fleet.put("web.service", "launched", on: machineA, sleeper)

            let explained = try await program.run("explain", "big")
            let unread = "[X-Quarterdeck] of its file does not count here: fleet reads [X-Fleet] alone"

            #expect(explained.output.contains(unread), "\(explained.output)\(explained.errors)")
            #expect(explained.output.contains("it asks for nothing in particular"))
            #expect(!explained.output.contains("gpu"))
            #expect(try await program.run("explain", "big", "-o", "json").output.contains(unread))
            #expect(try await program.run("explain", "web").output.contains("X-Quarterdeck") == false)
            let lost = try await program.run("what-if", "--lose", machineA)
            #expect(lost.code == 0, "\(lost.output)\(lost.errors)")
        }
    }

    @Test func `take a finished oneshot unit for what it is`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("once.service", "inactive", sleeper + [("Service", "Type", "oneshot")])

            let started = try await program.run("start", "once")

            #expect(
                started.code == 0 && started.output.hasPrefix("Unit once.service launched on "), "\(started.errors)")
        }
    }

    @Test func `take patterns for stored units`() async throws {
        try await FleetProgram.with { fleet, program in
            for name in ["web@.service", "web@1.service", "web@2.service", "web@1.timer", "db.service"] {
                await fleet.put(name, name.contains("@.") ? "inactive" : "launched", sleeper)
            }

            let stopped = try await program.run("stop", "web@*")

            #expect(stopped.errors == "Successfully stopped units [web@1.service web@2.service].\n")
            #expect(await fleet.units["web@1.timer"]?.desired == "launched")
            let none = try await program.run("stop", "x*")
            #expect(none.code == 1 && none.errors.contains("is called 'x*.service'"))
            #expect(try await program.run("stop", "x[").code == 2)
        }
    }

    @Test func `make instances of templates that are stored`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web@.service", "inactive", sleeper)

            let started = try await program.run("start", "web@7")

            #expect(
                started.code == 0 && started.output.hasPrefix("Unit web@7.service launched on "), "\(started.errors)")
            let template = try await program.run("start", "web@.service")
            #expect(template.code == 1 && template.errors.contains("cannot activate template 'web@.service'"))
        }
    }

    @Test func `restart what runs and note every order`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)

            let restarted = try await program.run("restart", "web")

            #expect(restarted.code == 0, "\(restarted.errors)")
            #expect(restarted.output.hasSuffix("Unit web.service launched on aaaa1111.../10.0.0.1\n"))
            #expect(await fleet.units["web.service"]?.starts == 2)
            #expect(try await program.run("list-orders").output.contains("restart web.service"))
        }
    }

    @Test func `refuse with a sentence what fleet does not have`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web.service", "launched", on: machineA, sleeper)
            let refused: [([String], String)] = [
                (["scale", "fleet", "--to", "3"], "fleet drives it"), (["list-events"], "fleet keeps nothing"),
                (["move", "web.service"], "unload 'web.service' and start it again"),
                (["drain", "aaaa"], "systemctl stop fleet"), (["stop", "none"], "does not exist"),
            ]
            for (words, sentence) in refused {
                let result = try await Programs.run(
                    [Programs.quarterdeck] + words + ["--endpoint", program.endpoint],
                    environment: ["HOME": program.home])
                #expect(result.code == 1 && result.errors.contains(sentence), "\(words): \(result.errors)")
            }
        }
    }

    @Test func `take fleetctl's options before the command, and refuse those that would mislead`() async throws {
        try await FleetProgram.with { fleet, program in
            let none = ["FLEETCTL_ENDPOINT": ""]
            let listed = try await program.run(
                "--strict-host-key-checking=false", "--endpoint", program.endpoint, "--debug", "list-machines",
                "--no-legend", environment: none)
            #expect(listed.code == 0 && listed.lines.count == 2, "\(listed.errors)")
            for words in [["--tunnel", "10.0.0.1"], ["--driver", "etcd"], ["--etcd-key-prefix=/x"]] {
                let refused = try await Programs.run(
                    [Programs.quarterdeck] + words + ["list-units", "--endpoint", program.endpoint],
                    environment: ["HOME": program.home])
                #expect(refused.code == 2, "\(words): \(refused.output)\(refused.errors)")
            }
            #expect(try await program.run("list-units", environment: ["FLEETCTL_TUNNEL": "h"]).code == 2)
            #expect(try await program.run("start", "--sign", "web").code == 2)
            #expect(try await program.run("version").output.split(separator: ".").count == 3)
            let short = try await program.run("list-unit", "--no-legend")
            let several = "'list-unit' may be list-unit-files, list-units; write more of it\n"
            #expect(short.code == 2 && short.errors == several)
        }
    }

    @Test func `read journals and log in by ssh`() async throws {
        try await FleetProgram.with { fleet, program in
            await fleet.put("web@1.service", "launched", on: machineA, sleeper)
            await fleet.put("log.service", "launched", sleeper + [("X-Fleet", "Global", "true")])
            let folder = program.home + "/bin"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("#!/bin/sh\nprintf '<%s>' \"$@\"\n".utf8).write(to: URL(filePath: folder + "/ssh"))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/ssh")
            let path = ["PATH": "\(folder):/usr/bin:/bin"]

            let journal = try await program.run(
                "--ssh-username", "me", "journal", "--lines=5", "--f", "--sudo", "--ssh-port", "2222", "web@1",
                environment: path)
            #expect(
                journal.output == "<-p><2222><-l><me><--><10.0.0.1><sudo><journalctl><--unit><'web@1.service'>"
                    + "<--no-pager><-o><short><-n><5><-f>", "\(journal.errors)")
            let global = try await program.run("journal", "log", environment: path)
            #expect(global.code == 1 && global.errors.contains("is on 2 machines; name one with --machine"))
            let named = try await program.run(
                "journal", "--machine", "bbbb", "log", "-o", "cat", environment: path)
            #expect(
                named.output == "<-l><core><--><10.0.0.2><journalctl><--unit><'log.service'><--no-pager><-o><cat>"
                    + "<-n><10>")
            let machine = try await program.run("ssh", "-A", "bbbb", "uptime", "-p", environment: path)
            #expect(machine.output == "<-A><-l><core><--><10.0.0.2><uptime><-p>", "\(machine.errors)")
            let unit = try await program.run("ssh", "web@1", "true", environment: path)
            #expect(unit.output == "<-l><core><--><10.0.0.1><true>", "\(unit.errors)")
            let neither = try await program.run("ssh", "nothing", environment: path)
            #expect(neither.code == 1 && neither.errors.contains("no machine 'nothing' and no unit of that name"))
        }
    }

    @Test func `end with another code where nobody answers`() async throws {
        let result = try await Programs.run([Programs.quarterdeck, "list-units", "--endpoint", "http://127.0.0.1:1"])
        #expect(result.code == 3 && result.errors.contains("cannot reach 'http://127.0.0.1:1/"))
    }
}
