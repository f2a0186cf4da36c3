import FoundationEssentials
import Glibc
import Synchronization

/// Real members on loopback that one after the other can be killed, frozen, restarted and replaced.
final class EtcdCluster: Sendable {
    /// One member, and its process while it runs.
    private struct Member: Sendable {
        var name: String
        var client: String
        var peer: String
        var data: String
        var process: ChildProcess?
    }

    /// What the members are started with besides their addresses.
    private let options: [String]
    private let scheme: String
    private let directory: URL
    private let state = Mutex<[Member]>([])

    private var members: [Member] { state.withLock { $0 } }

    /// The members' addresses for clients, dead ones and late ones included.
    var endpoints: [String] { members.map(\.client) }

    /// Starts so many members with their data in a directory of their own, and ends them after the body.
    static func run(
        _ count: Int, scheme: String = "http", _ options: [String] = [], _ body: (EtcdCluster) async throws -> Void
    ) async throws {
        try await Turns.etcd.run { try await runNow(count, scheme: scheme, options, body) }
    }

    private static func runNow(
        _ count: Int, scheme: String, _ options: [String], _ body: (EtcdCluster) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            // Another test may take a port between its choice and the member's start: then choose again.
            while true {
                let cluster = EtcdCluster(directory, scheme: scheme, options)
                defer { for index in cluster.members.indices { cluster.kill(index) } }
                for _ in 0..<count { try cluster.add() }
                for index in 0..<count { try cluster.start(index) }
                guard try await cluster.serves(0..<count) else { continue }
                return try await body(cluster)
            }
        }
    }

    private init(_ directory: URL, scheme: String, _ options: [String]) {
        self.directory = directory
        self.scheme = scheme
        self.options = options
    }

    private func add() throws {
        let name = "m\(members.count)"
        let member = Member(
            name: name, client: "\(scheme)://127.0.0.1:\(try freePort())",
            peer: "http://127.0.0.1:\(try freePort())",
            data: directory.appending(path: "\(name)-\(UUID().uuidString)").path)
        state.withLock { $0.append(member) }
    }

    private func start(_ index: Int, joining: [String]? = nil, token: String = "first") throws {
        let member = members[index]
        let founders = joining ?? members.map { "\($0.name)=\($0.peer)" }
        let process = try ChildProcess(
            [
                RealEtcd.server, "--name=\(member.name)", "--data-dir=\(member.data)",
                "--listen-client-urls=\(member.client)", "--advertise-client-urls=\(member.client)",
                "--listen-peer-urls=\(member.peer)", "--initial-advertise-peer-urls=\(member.peer)",
                "--initial-cluster=\(founders.joined(separator: ","))", "--initial-cluster-token=\(token)",
                "--initial-cluster-state=\(joining == nil ? "new" : "existing")", "--logger=zap",
            ] + options)
        state.withLock { $0[index].process = process }
    }

    /// Waits until the members serve; false when a port was taken by somebody else.
    private func serves(_ indexes: Range<Int>) async throws -> Bool {
        var isBeaten = false
        try await eventually("the members serve") {
            let logs = indexes.map { members[$0].process?.errors ?? "" }
            isBeaten = logs.contains { $0.contains("address already in use") }
            return isBeaten || logs.allSatisfy { $0.contains("client requests") || $0.contains("serving client") }
        }
        return !isBeaten
    }

    /// What a member wrote to its log.
    func log(_ index: Int) -> String { members[index].process?.errors ?? "" }

    /// Which member leads the quorum.
    func leader(among indexes: [Int]? = nil) async throws -> Int {
        var found: Int?
        try await eventually("a member leads") {
            for index in indexes ?? Array(members.indices) where members[index].process != nil {
                let status = try? await control(index, ["endpoint", "status", "-w", "fields"])
                let fields = (status ?? "").split(separator: "\n").map { $0.split(separator: ":").map(String.init) }
                func value(_ name: String) -> String? {
                    fields.first { $0[0].hasPrefix("\"\(name)\"") }?.last.map { String($0.filter(\.isNumber)) }
                }
                if let id = value("MemberID"), id == value("Leader") { found = index }
            }
            return found != nil
        }
        return found ?? 0
    }

    /// Ends a member at once, as a power cut does.
    func kill(_ index: Int) {
        members[index].process?.signal(SIGCONT)
        members[index].process?.kill()
        state.withLock { $0[index].process = nil }
    }

    func freeze(_ index: Int) { members[index].process?.signal(SIGSTOP) }
    func thaw(_ index: Int) { members[index].process?.signal(SIGCONT) }

    /// Starts a killed member again, on its data.
    func restart(_ index: Int) async throws {
        try start(index)
        guard try await serves(index..<index + 1) else { throw ChildProcess.Failure(description: "a port was taken") }
    }

    /// Puts a new member with new addresses in a killed one's place.
    func replace(_ index: Int, by control: Int) async throws {
        let list = try await self.control(control, ["member", "list"])
        let line = list.split(separator: "\n").first { $0.contains(" \(members[index].name),") }
        let old = String(line?.prefix { $0 != "," } ?? "")
        try await insist(control, ["member", "remove", old])
        try add()
        let new = members[members.count - 1]
        try await insist(control, ["member", "add", new.name, "--peer-urls=\(new.peer)"])
        let others = members.indices.filter { $0 != index }.map { "\(members[$0].name)=\(members[$0].peer)" }
        try start(members.count - 1, joining: others)
        _ = try await serves(members.count - 1..<members.count)
    }

    /// Ends all members, brings them back to a snapshot, and starts them; another token makes another store of it.
    func restore(from snapshot: String, token: String) async throws {
        let founders = members.map { "\($0.name)=\($0.peer)" }.joined(separator: ",")
        for index in members.indices {
            kill(index)
            state.withLock { $0[index].data += "-restored" }
            _ = try await ChildProcess(
                [
                    RealEtcd.control, "snapshot", "restore", snapshot, "--name=\(members[index].name)",
                    "--data-dir=\(members[index].data)", "--initial-cluster=\(founders)",
                    "--initial-cluster-token=\(token)", "--initial-advertise-peer-urls=\(members[index].peer)",
                ], environment: ["ETCDCTL_API": "3"]
            ).result()
        }
        for index in members.indices { try start(index, token: token) }
        _ = try await serves(members.indices)
    }

    /// Members change only when all that are left have been seen for a while.
    private func insist(_ index: Int, _ arguments: [String]) async throws {
        try await eventually("etcdctl \(arguments.joined(separator: " "))") {
            do {
                try await control(index, arguments)
                return true
            } catch let failure as ChildProcess.Failure {
                if failure.description.contains("unhealthy") { return false }
                throw failure
            }
        }
    }

    /// Runs etcdctl at one member and returns what it prints.
    @discardableResult
    func control(_ index: Int, _ arguments: [String]) async throws -> String {
        try await RealEtcd.control(members[index].client, arguments)
    }

    /// A path for a file of this cluster's.
    func file(_ name: String) -> String { directory.appending(path: name).path }
}
