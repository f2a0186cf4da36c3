import Foundation
import Programs
import Synchronization
import Testing

/// Real etcd members and agents on loopback, each a process of its own that can be frozen, killed and started again.
final class EtcdStand: Sendable {
    static let isPossible = ["/usr/bin/etcd", "/usr/bin/etcdctl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private struct Member: Sendable {
        var name: String
        var client: String
        var peer: String
        var data: String
        var process: Int32 = 0
    }

    private struct State: Sendable {
        var members: [Member] = []
        var agents: [String: Int32] = [:]
    }

    let directory: String
    private let options: [String]
    private let state = Mutex(State())
    /// Tells this stand's units' processes from all others.
    private let mark = Int.random(in: 100_000...999_999)

    private init(_ directory: String, _ options: [String]) {
        self.directory = directory
        self.options = options
    }

    var configuration: String { directory + "/config.toml" }
    private var members: [Member] { state.withLock { $0.members } }

    /// Starts members and agents, waits until the machines have joined, and ends all after the work.
    static func with(
        members: Int, agents: [String], _ options: [String] = [], _ work: (EtcdStand) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let stand = EtcdStand(directory, options)
        defer {
            stand.end()
            try? FileManager.default.removeItem(atPath: directory)
        }
        for index in 0..<members {
            let port = Int.random(in: 12_000..<32_000)
            let member = Member(
                name: "m\(index)", client: "http://127.0.0.1:\(port)", peer: "http://127.0.0.1:\(port + 1)",
                data: directory + "/m\(index)")
            stand.state.withLock { $0.members.append(member) }
        }
        for index in 0..<members { try stand.startMember(index) }
        let endpoints = stand.members.map { "\"\($0.client)\"" }.joined(separator: ", ")
        try "[[contexts.test.clusters]]\nname = \"shop\"\nendpoints = [\(endpoints)]\n".write(
            toFile: stand.configuration, atomically: true, encoding: .utf8)
        try await stand.serves()
        for agent in agents { try stand.startAgent(agent) }
        try await stand.joined(agents.count)
        try await work(stand)
    }

    private func end() {
        let (agents, members) = state.withLock { (Array($0.agents.values), $0.members.map(\.process)) }
        // Agents first, and at once: units that they leave behind are ended by name below.
        for pid in agents + members where pid > 0 { kill(pid, SIGKILL) }
        for pids in processes().values { for pid in pids { kill(pid, SIGKILL) } }
    }

    // MARK: members

    func startMember(_ index: Int) throws {
        let member = members[index]
        let founders = members.map { "\($0.name)=\($0.peer)" }.joined(separator: ",")
        let process = try start(
            "/usr/bin/etcd",
            [
                "--name=\(member.name)", "--data-dir=\(member.data)", "--listen-client-urls=\(member.client)",
                "--advertise-client-urls=\(member.client)", "--listen-peer-urls=\(member.peer)",
                "--initial-advertise-peer-urls=\(member.peer)", "--initial-cluster=\(founders)", "--logger=zap",
            ] + options, log: member.name + ".log")
        state.withLock { $0.members[index].process = process }
    }

    func signalMembers(_ signal: Int32) {
        for member in members { kill(member.process, signal) }
    }

    /// Ends the members, and starts them again on their data.
    func killMembers() { signalMembers(SIGKILL) }
    func restartMembers() throws { for index in members.indices { try startMember(index) } }

    /// Ends the only member and starts it on other data: on a snapshot's, or on none.
    func restartMember(from snapshot: String?) async throws {
        let member = members[0]
        killMembers()
        let data = member.data + "-\(UUID().uuidString)"
        if let snapshot {
            let restored = try await Programs.run(
                [
                    "/usr/bin/etcdctl",
                    "snapshot", "restore", snapshot, "--name=\(member.name)", "--data-dir=\(data)",
                    "--initial-cluster=\(member.name)=\(member.peer)", "--initial-advertise-peer-urls=\(member.peer)",
                ], environment: ["ETCDCTL_API": "3"])
            #expect(restored.code == 0, "\(restored.errors)")
        }
        state.withLock { $0.members[0].data = data }
        try startMember(0)
        try await serves()
    }

    func serves() async throws {
        _ = try await Programs.eventually("the store takes writes", within: .seconds(30)) {
            try await control("--command-timeout=2s", "put", "/test", "x").code == 0 ? true : nil
        }
    }

    func control(_ words: String...) async throws -> Program.Result {
        try await Programs.run(
            ["/usr/bin/etcdctl", "--endpoints=" + members.map(\.client).joined(separator: ",")] + words,
            environment: ["ETCDCTL_API": "3"])
    }

    // MARK: agents

    /// An agent's machine ID; no other stand's agents have it, whose units' processes they would take for their own.
    func machine(_ name: String) -> String { name + String(repeating: "0", count: 25) + "\(mark)" }

    func startAgent(_ name: String) throws {
        let stores = members.flatMap { ["--store", $0.client] }
        let process = try start(
            Program.path,
            ["agent", "--cluster", "shop", "--machine-id", machine(name), "--name", name]
                + ["--state-dir", directory + "/" + name, "--unit-manager", "processes"] + stores,
            log: name + ".log")
        state.withLock { $0.agents[name] = process }
    }

    func signalAgent(_ name: String, _ signal: Int32) {
        if let pid = state.withLock({ $0.agents[name] }) { kill(pid, signal) }
    }

    /// What an agent or a member wrote.
    func log(_ name: String) -> String {
        (try? String(contentsOfFile: directory + "/\(name).log", encoding: .utf8)) ?? ""
    }

    func joined(_ count: Int) async throws {
        _ = try await Programs.eventually("\(count) machines are there", within: .seconds(30)) {
            try await keys("machines/").count == count ? true : nil
        }
    }

    /// The name of the agent that leads; nil when none does.
    func leader() async throws -> String? {
        let record = try await control("get", "/quarterdeck/shop/leader", "--print-value-only").output
        return state.withLock { $0.agents.keys.sorted() }.first { record.contains(machine($0)) }
    }

    // MARK: units

    func run(_ words: String...) async throws -> Program.Result {
        try await Program.run(words + ["--config", configuration])
    }

    /// Starts a unit of that name, and waits until its process is there.
    func startUnit(_ number: Int) async throws {
        let file = directory + "/u\(number).service"
        try "[Service]\nExecStart=/bin/sleep \(mark)\(number)\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let started = try await run("start", file)
        #expect(started.code == 0, "\(started.errors)")
    }

    /// The processes of each unit, by its number.
    func processes() -> [Int: [Int32]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var found: [Int: [Int32]] = [:]
        for pid in names.compactMap({ Int32($0) }).sorted() {
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { continue }
            let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 2, words[0] == "/bin/sleep", words[1].hasPrefix("\(mark)"),
                let number = Int(words[1].dropFirst(6))
            else { continue }
            found[number, default: []].append(pid)
        }
        return found
    }

    /// Where units are placed: the records with the revision each was written at.
    func placements() async throws -> [String: String] { try await keys("placements/") }

    func keys(_ folder: String) async throws -> [String: String] {
        let prefix = "/quarterdeck/shop/" + folder
        let answer = try await control("get", "--prefix", prefix, "-w", "json")
        struct Item: Decodable {
            var key: Data
            var value: Data
            var mod_revision: Int64
        }
        struct Answer: Decodable { var kvs: [Item]? }
        guard let found = try? JSONDecoder().decode(Answer.self, from: Data(answer.output.utf8)) else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: (found.kvs ?? []).map { item in
                let name = String(decoding: item.key, as: UTF8.self).dropFirst(prefix.count)
                return (String(name), "\(item.mod_revision) \(String(decoding: item.value, as: UTF8.self))")
            })
    }

    private func start(_ program: String, _ words: [String], log: String) throws -> Int32 {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = words
        _ = FileManager.default.createFile(atPath: directory + "/" + log, contents: nil)
        let file = try #require(FileHandle(forWritingAtPath: directory + "/" + log))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        return process.processIdentifier
    }
}
