import Foundation
import Programs
import Testing

@Suite(.serialized) struct `Fleet's API of an agent` {
    @Test func `is on the agent's own address, with its machine's prefix or without`() async throws {
        try await AgentStand.with { stand in
            let socket = stand.folder + "/agent.sock"
            let agent = try Running(stand.words("a", ["--listen", "unix:" + socket]))
            defer { agent.kill() }
            try await stand.answers(socket, agent)
            func get(_ path: String) async throws -> RawAnswer {
                try await RawAnswer.ask(socket, RawAnswer.request("GET", path, [], nil))
            }
            #expect(try await get("/fleet/v1/units").text == told(200, "{}"))
            #expect(try await get("/machines/\(stand.machine("a"))/fleet/v1/units").text == told(200, "{}"))
            #expect(try await get("/machines/\(stand.machine("a"))/fleet/v1/units/").text == refused(404))
            #expect(try await get("/machines/other/fleet/v1/units").status == 421)
            let gzip = { (path: String) in
                RawAnswer.request("PUT", path, ["Content-Encoding: gzip"], "x")
            }
            for path in ["/fleet/v1/units/a.service", "/machines/\(stand.machine("a"))/fleet/v1/units/a.service"] {
                let answer = try await RawAnswer.ask(socket, gzip(path))
                #expect(answer.text == refused(415, "bodies are read as they are, without Content-Encoding"))
            }
            let own = try await RawAnswer.ask(socket, gzip("/v1/units/a.service/restart"))
            #expect(own.status == 415 && own.headers["server"] == "quarterdeck", "\(own)")
            let health = try await get("/v1/health")
            #expect(health.status == 200)
            #expect(health.headers["server"] == "quarterdeck")
            let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `is on every address of its own that is named, and alone there`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a", ["--fleet-listen", "127.0.0.1:0"])
            defer { agent.kill() }
            let mode = try FileManager.default.attributesOfItem(atPath: stand.socket("a"))[.posixPermissions] as? Int
            #expect(mode == 0o660)
            let other = try await RawAnswer.ask(stand.socket("a"), RawAnswer.request("GET", "/v1/figures", [], nil))
            #expect("\(other)" == refused(404))
            let lines = try await Programs.until(
                "what it says", within: .seconds(120),
                { agent.errors.split(separator: "\n").filter { $0.contains("fleet's API is served at ") } },
                { $0.count == 3 })
            let places = lines.compactMap { $0.split(separator: " ").last }.map(String.init)
            #expect(places.contains("unix:" + stand.socket("a")))
            for place in places where place.hasPrefix("127.0.0.1:") {
                let page = try #require(URL(string: "http://\(place)/fleet/v1/units?alt=json"))
                let got = try await Programs.run(["/usr/bin/curl", "-s", "-i", page.absoluteString])
                #expect(got.output.hasSuffix("\r\n\r\n{}"), "\(got.output)")
                // By a name of its own a web page reaches nothing, and is told so as everything is here.
                let named = try await Programs.run(
                    ["/usr/bin/curl", "-s", "-i", "-H", "Host: page.example", page.absoluteString])
                let answer = try RawAnswer(Array(named.output.utf8))
                #expect(answer.text == refused(403, "this server answers to loopback names only"))
            }
        }
    }

    @Test func `is refused an address that others reach without being known`() async throws {
        try await AgentStand.with { stand in
            let agent = try await Programs.run(stand.words("a", ["--fleet-listen", "0.0.0.0:0"]))
            #expect(agent.code == 1)
            #expect(agent.errors.contains("cannot listen on '0.0.0.0:0'"), "\(agent.errors)")
            let nonsense = try await Programs.run(stand.words("a", ["--fleet-listen", "nonsense"]))
            #expect(nonsense.code == 2)
            #expect(nonsense.errors.contains("--fleet-listen 'nonsense' is neither HOST:PORT nor unix:PATH"))
        }
    }

    @Test func `is on the sockets that systemd opened for it`() async throws {
        try await AgentStand.with { stand in
            let (path, port) = (stand.socket("s"), Int.random(in: 20_000..<32_000))
            let activate = ["/usr/bin/systemd-socket-activate", "-l", path, "-l", "127.0.0.1:\(port)"]
            let agent = try Running(activate + stand.words("a"))
            defer { agent.kill() }
            try await Programs.eventually("systemd's socket", within: .seconds(120)) {
                FileManager.default.fileExists(atPath: path) ? true : nil
            }
            try await stand.answers(path, agent)
            let page = try await Programs.run(
                ["/usr/bin/curl", "-s", "-i", "http://127.0.0.1:\(port)/fleet/v1/machines"])
            #expect(page.output.contains(stand.machine("a")), "\(page)")
            #expect(page.output.contains("fleetd/1.0.0"))
            // It is passed on to no unit.
            try await Fleetctl(socket: path).start("one.service", stand.sleeper())
            let pid = try #require(stand.processes().first)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").compactMap { name in
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(name)")
            }
            #expect(!open.contains { $0.hasPrefix("socket:") }, "\(open)")
        }
    }

    @Test func `is forwarded over the standard input and output of a program`() async throws {
        try await FleetStand.with { stand async throws in
            let request = RawAnswer.request("GET", "/fleet/v1/units?alt=json", [], nil)
            let file = stand.folder + "/request"
            try request.write(toFile: file, atomically: true, encoding: .utf8)
            let words = "'\(Programs.quarterdeck)' fd-forward \(stand.socket) < \(file)"
            let forwarded = try await Programs.run(["/bin/sh", "-c", words])
            #expect(forwarded.code == 0, "\(forwarded.errors)")
            #expect(try RawAnswer(Array(forwarded.output.utf8)).text == told(200, "{}"))

            let missing = try await Programs.run([Programs.quarterdeck, "fd-forward", stand.folder + "/none"])
            #expect(missing.code == 3)
            #expect(missing.errors.contains("cannot connect to '\(stand.folder)/none': No such file or directory"))
        }
    }

    @Test func `has a socket of systemd's where the agent is installed with one`() async throws {
        try await FleetStand.with { stand async throws in
            let installed = try await Programs.run([
                Programs.quarterdeck, "install-agent", "--cluster", "shop", "--root", stand.folder, "--program",
                "/usr/local/bin/quarterdeck-agent", "--fleet-socket", "/run/fleet.sock", "--fleet-listen",
                "127.0.0.1:49153", "--fleet-listen", "unix:/run/quarterdeck/fleet.sock",
            ])
            #expect(installed.code == 0, "\(installed.errors)")
            #expect(installed.output.contains("enable --now quarterdeck-agent.socket quarterdeck-agent.service"))
            func text(_ path: String) throws -> String {
                try String(contentsOfFile: stand.folder + path, encoding: .utf8)
            }
            let socket = try text("/etc/systemd/system/quarterdeck-agent.socket")
            #expect(socket.contains("ListenStream=/run/fleet.sock\nSocketMode=0660\n"))
            let options = try text("/etc/quarterdeck/agent.conf")
            #expect(
                options.contains("fleet-listen = 127.0.0.1:49153\nfleet-listen = unix:/run/quarterdeck/fleet.sock\n"))
            let bad = try await Programs.run([
                Programs.quarterdeck, "install-agent", "--cluster", "shop", "--root", stand.folder, "--fleet-socket",
                "fleet.sock",
            ])
            #expect(bad.code == 2)
        }
    }
}
