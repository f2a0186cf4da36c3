import Foundation
import Programs

/// A store and real agents, each a process of its own, with fleet's API on sockets.
final class AgentStand: Sendable {
    let folder: String
    let store: Running
    let endpoint: String
    /// Tells this stand's units' processes from all others.
    let mark = Int.random(in: 100_000...999_999)

    private init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/qd-fleet-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let store = try Running([Programs.quarterdeck, "store", "--file", folder + "/store.sqlite", "--port", "0"])
        self.store = store
        endpoint = try await Programs.eventually("the store listens", within: .seconds(120)) {
            store.output.hasSuffix("\n")
                ? store.output.split(whereSeparator: \.isWhitespace).last.map(String.init) : nil
        }
    }

    /// Runs the body with a store and no agent yet; units' processes end with it.
    static func with(_ body: (AgentStand) async throws -> Void) async throws {
        let stand = try await AgentStand()
        defer {
            for pid in stand.processes() { kill(pid, SIGKILL) }
            try? FileManager.default.removeItem(atPath: stand.folder)
        }
        try await body(stand)
    }

    func socket(_ name: String) -> String { "\(folder)/\(name).sock" }
    func machine(_ name: String) -> String { name + String(repeating: "0", count: 25) + "\(mark)" }

    /// The words that start an agent.
    func words(_ name: String, _ options: [String] = []) -> [String] {
        [
            Programs.quarterdeck, "agent", "--cluster", "shop", "--store", endpoint, "--machine-id", machine(name),
            "--name", name, "--state-dir", "\(folder)/\(name)", "--unit-manager", "processes", "--ttl", "3",
        ] + options
    }

    /// Starts an agent with a socket for fleet's API, and waits until that answers.
    func agent(_ name: String, _ options: [String] = []) async throws -> Running {
        let running = try Running(words(name, ["--fleet-listen", "unix:" + socket(name)] + options))
        try await answers(socket(name), running)
        return running
    }

    func answers(_ socket: String, _ running: Running) async throws {
        try await Programs.eventually("fleet's API answers", within: .seconds(120)) {
            if let code = running.code { throw StandFailure("the agent ended with \(code): \(running.errors)") }
            let answer = try? await RawAnswer.ask(
                socket, RawAnswer.request("GET", "/fleet/v1/machines?alt=json", [], nil))
            return answer?.status == 200 ? true : nil
        }
    }

    /// The processes of this stand's units, by ID.
    func processes() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.sorted().filter { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.count == 2 && words[0] == "/bin/sleep" && words[1].hasPrefix("\(mark)")
        }
    }

    /// A unit that sleeps, as a program sends it.
    func sleeper(_ number: Int = 1) -> String { Sent.unit([("Service", "ExecStart", "/bin/sleep \(mark)\(number)")]) }
}
