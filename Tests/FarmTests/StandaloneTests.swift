import Foundation
import Programs
import Testing

/// A store and agents started by hand, as on machines of their own.
struct Stand {
    let directory: String
    let store: Foundation.Process
    let endpoint: String

    var configuration: String { directory + "/config.toml" }

    static func with(_ work: (Stand) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (store, endpoint) = try startStore(directory, port: 0)
        let stand = Stand(directory: directory, store: store, endpoint: endpoint)
        try """
        [[contexts.test.clusters]]
        name = "shop"
        endpoints = ["\(endpoint)"]
        """.write(toFile: stand.configuration, atomically: true, encoding: .utf8)
        do {
            try await work(stand)
        } catch {
            store.terminate()
            throw error
        }
        store.terminate()
        store.waitUntilExit()
    }

    static func startStore(_ directory: String, port: Int) throws -> (Foundation.Process, String) {
        let store = Foundation.Process()
        store.executableURL = URL(fileURLWithPath: Program.path)
        store.arguments = ["store", "--file", directory + "/store.sqlite", "--port", "\(port)"]
        let output = Pipe()
        store.standardInput = FileHandle.nullDevice
        store.standardOutput = output
        try store.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let endpoint = try #require(line.split(separator: " ").last?.split(separator: "\n").first)
        return (store, String(endpoint))
    }

    func agent(_ name: String) throws -> Foundation.Process {
        let agent = Foundation.Process()
        agent.executableURL = URL(fileURLWithPath: Program.path)
        agent.arguments = [
            "agent", "--unit-manager", "processes", "--store", endpoint, "--cluster", "shop", "--machine-id",
            String(repeating: name, count: 32),
            "--name", name, "--state-dir", directory + "/" + name, "--ttl", "3",
        ]
        agent.standardInput = FileHandle.nullDevice
        agent.standardOutput = FileHandle.nullDevice
        agent.standardError = FileHandle.nullDevice
        try agent.run()
        return agent
    }

    func run(_ words: String...) async throws -> Program.Result {
        try await Program.run(words + ["--config", configuration])
    }
}

@Suite(.serialized) struct `Agents and a store of their own` {
    @Test func `restart no unit when an agent is killed and started again`() async throws {
        try await Stand.with { stand in
            let first = try stand.agent("a")
            let file = stand.directory + "/steady.service"
            try "[Service]\nExecStart=/bin/sh -c 'echo $$$$; exec sleep 1000'\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let started = try await stand.run("start", file)
            #expect(started.code == 0, "\(started.errors)")
            let before = try await Self.pid(stand)
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()

            let second = try stand.agent("a")
            defer { second.terminate() }
            _ = try await Programs.eventually("the second agent answers for the unit", within: .seconds(15)) {
                try await stand.run("journal", "steady.service", "-n", "50").output.contains("\(before)") ? true : nil
            }

            #expect(try await Self.pid(stand) == before)
            #expect(kill(before, 0) == 0)
            #expect(try await stand.run("destroy", "steady.service").code == 0)
            _ = try await Programs.eventually("the unit's process ends", within: .seconds(10)) {
                kill(before, 0) != 0 ? true : nil
            }
        }
    }

    @Test func `are refused a state directory that another agent has`() async throws {
        try await Stand.with { stand in
            let first = try stand.agent("c")
            defer { first.terminate() }
            _ = try await Programs.eventually("the machine joins", within: .seconds(15)) {
                try await stand.run("list-machines").output.contains("cccccccc") ? true : nil
            }

            let second = try await Program.run([
                "agent", "--unit-manager", "processes", "--store", stand.endpoint, "--cluster", "shop", "--machine-id",
                "d", "--state-dir",
                stand.directory + "/c",
            ])

            #expect(second.code == 1)
            #expect(second.errors.contains("another agent runs with the state directory"))
        }
    }

    @Test func `that do not answer make one frame end with 3`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(UUID().uuidString).toml")
        defer { try? FileManager.default.removeItem(at: file) }
        try "[[contexts.test.clusters]]\nname = \"a\"\nendpoints = [\"http://127.0.0.1:1\"]\n"
            .write(to: file, atomically: true, encoding: .utf8)

        let frame = try await Program.run(["deck", "--once", "--size", "80x24", "--config", file.path])

        #expect(frame.code == 3)
        #expect(frame.output.contains("Clusters"))
        #expect(frame.errors.contains("cluster 'a'"))
    }

    private static func pid(_ stand: Stand) async throws -> Int32 {
        try await Programs.eventually("the main process", within: .seconds(10)) {
            let status = try await stand.run("status", "steady.service").output
            let line = status.split(separator: "\n").first { $0.contains("Main PID: ") }
            return line?.split(separator: " ").last.flatMap { Int32($0) }
        }
    }

    @Test func `lose nothing acknowledged when the store is killed, and stop nothing while it is away`() async throws {
        try await Stand.with { stand in
            let agent = try stand.agent("b")
            defer { agent.terminate() }
            let file = stand.directory + "/steady.service"
            try "[Service]\nExecStart=/bin/sleep 1000\n".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await stand.run("start", file).code == 0)
            let process = try await Self.pid(stand)
            var written = 0
            while written < 20 {
                let put = try await Program.run(["key", "put", "--store", stand.endpoint, "/test/\(written)", "value"])
                #expect(put.code == 0)
                written += 1
            }

            kill(stand.store.processIdentifier, SIGKILL)
            stand.store.waitUntilExit()
            let away = try await stand.run("list-units")
            #expect(away.code == 3)
            try await Task.sleep(for: .seconds(6))
            #expect(kill(process, 0) == 0)
            let port = try #require(stand.endpoint.split(separator: ":").last.flatMap { Int($0) })
            let (again, _) = try Stand.startStore(stand.directory, port: port)
            defer { again.terminate() }

            let kept = try await Program.run(["key", "get", "--prefix", "--store", stand.endpoint, "/test/"])
            #expect(kept.output.split(separator: "\n").count == written)
            try await Task.sleep(for: .seconds(5))
            #expect(try await Self.pid(stand) == process)
            #expect(try await stand.run("destroy", "steady.service").code == 0)
        }
    }
}
