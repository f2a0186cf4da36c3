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

/// Sends exactly what `fleetctl` sends, in its order, and waits as it waits: four looks a second.
struct Fleetctl {
    let socket: String
    private static let units = "/fleet/v1/units"
    private static let patience = 120

    private struct Unit: Decodable {
        var name: String?
        var currentState: String?
        var desiredState: String?
    }

    private struct Page: Decodable {
        var units: [Unit]?
        var nextPageToken: String?
    }

    private struct State: Decodable {
        var systemdActiveState: String?
        var systemdLoadState: String?
    }

    private func encoded(_ name: String) -> String {
        name.replacing("@", with: "%40").replacing(":", with: "%3A").replacing("\\", with: "%5C")
    }

    private func ask(_ method: String, _ path: String, _ body: String? = nil) async throws -> RawAnswer {
        let headers = body == nil ? [] : ["Content-Type: application/json"]
        let answer = try await RawAnswer.ask(
            socket, RawAnswer.request(method, path + (path.contains("?") ? "&" : "?") + "alt=json", headers, body))
        guard answer.headers["server"] == "fleetd/1.0.0" else { throw StandFailure("not fleet: \(answer)") }
        return answer
    }

    private func unit(_ name: String) async throws -> Unit? {
        let answer = try await ask("GET", "\(Self.units)/\(encoded(name))")
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw StandFailure("\(answer)") }
        return try answer.json(Unit.self)
    }

    /// All pages, as `stop` reads them first.
    func all() async throws -> [String] {
        var names: [String] = []
        var token: String?
        repeat {
            let answer = try await ask("GET", Self.units + (token.map { "?nextPageToken=\($0)" } ?? ""))
            let page = try answer.json(Page.self)
            names += (page.units ?? []).compactMap(\.name)
            token = page.nextPageToken
        } while token != nil
        return names
    }

    private func want(_ name: String, _ state: String) async throws {
        let body = #"{"desiredState":"\#(state)","name":"\#(name.replacing("\\", with: "\\\\"))"}"#
        let answer = try await ask("PUT", "\(Self.units)/\(encoded(name))", body)
        guard answer.status == 204 else { throw StandFailure("\(answer)") }
    }

    private func wait(_ name: String, for state: String) async throws {
        for _ in 0..<Self.patience {
            try await Task.sleep(for: .milliseconds(250))
            if try await unit(name)?.currentState == state { return }
        }
        throw StandFailure("\(name) never is \(state): \(String(describing: try await unit(name)))")
    }

    func submit(_ name: String, _ options: String) async throws {
        if try await unit(name) != nil { return }
        let answer = try await ask("PUT", "\(Self.units)/\(encoded(name))", options)
        guard answer.status == 201 else { throw StandFailure("\(answer)") }
        try await wait(name, for: "inactive")
    }

    func load(_ name: String, _ options: String) async throws {
        try await submit(name, options)
        if try await unit(name)?.desiredState != "loaded" { try await want(name, "loaded") }
        try await wait(name, for: "loaded")
        _ = try await ask("GET", "/fleet/v1/machines")
    }

    func start(_ name: String, _ options: String) async throws {
        try await submit(name, options)
        if try await unit(name)?.desiredState != "launched" { try await want(name, "launched") }
        try await wait(name, for: "launched")
        _ = try await ask("GET", "/fleet/v1/machines")
        for _ in 0..<8 {
            let answer = try await ask("GET", "/fleet/v1/state/\(encoded(name))")
            guard answer.status == 200 else { throw StandFailure("fleetctl would fall over: \(answer)") }
            let state = try answer.json(State.self)
            if state.systemdActiveState == "active", state.systemdLoadState == "loaded" { return }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw StandFailure("Failed to find an active unit \(name)")
    }

    func replace(_ name: String, _ options: String) async throws {
        guard try await unit(name) != nil else { throw StandFailure("there is no \(name)") }
        let answer = try await ask("PUT", "\(Self.units)/\(encoded(name))", options)
        guard answer.status == 201 else { throw StandFailure("\(answer)") }
        try await wait(name, for: "inactive")
        try await start(name, options)
    }

    func stop(_ name: String) async throws {
        guard try await all().contains(name) else { throw StandFailure("there is no \(name)") }
        try await want(name, "loaded")
        try await wait(name, for: "loaded")
    }

    func unload(_ name: String) async throws {
        guard try await all().contains(name) else { throw StandFailure("there is no \(name)") }
        try await want(name, "inactive")
        try await wait(name, for: "inactive")
    }

    func restart(_ name: String) async throws {
        guard try await all().contains(name), try await unit(name) != nil else { throw StandFailure("no \(name)") }
        try await want(name, "loaded")
        try await wait(name, for: "launched")
        try await want(name, "launched")
        try await wait(name, for: "launched")
    }

    func destroy(_ name: String) async throws {
        _ = try await all()
        let answer = try await ask("DELETE", "\(Self.units)/\(encoded(name))")
        guard answer.status == 204 else { throw StandFailure("\(answer)") }
    }
}
