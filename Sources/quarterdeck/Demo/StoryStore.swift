import EmbeddedStore
import FoundationEssentials
import Glibc
import NodeAgent
import Processes
import Runtime

/// The store that a story loses: three members of etcd where that is installed, and else one embedded store, which
/// can be away but has no quorum to lose.
actor StoryStore {
    /// Where it answers.
    nonisolated let endpoints: [String]
    /// It has members enough to lose its quorum and still answer.
    nonisolated let hasQuorum: Bool
    private let directory: String
    private let ports: [UInt16]
    private let etcd: String?
    private var processes: [Int: Int32] = [:]
    private let switches: (on: AsyncStream<Void>, off: AsyncStream<Void>)
    private let ends: (on: AsyncStream<Void>.Continuation, off: AsyncStream<Void>.Continuation)

    init(directory: String) throws {
        self.directory = directory + "/story-store"
        etcd = Self.program
        hasQuorum = etcd != nil
        ports = try Self.freePorts(hasQuorum ? 6 : 1)
        endpoints = ports.prefix(hasQuorum ? 3 : 1).map { "http://127.0.0.1:\($0)" }
        let (on, onEnd) = AsyncStream.makeStream(of: Void.self)
        let (off, offEnd) = AsyncStream.makeStream(of: Void.self)
        switches = (on, off)
        ends = (onEnd, offEnd)
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
    }

    /// Serves until cancelled.
    func run() async throws {
        if etcd != nil {
            for index in 0..<3 { try start(index) }
            return try await untilCancelled()
        }
        ends.on.yield()
        for await _ in switches.on {
            let store = try EmbeddedStore(path: directory + "/store.sqlite", port: Int(ports[0]))
            let off = switches.off
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.run { _ in } }
                group.addTask { for await _ in off { break } }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// Loses two of three members, or the whole store where it is one.
    func lose() {
        guard hasQuorum else {
            ends.off.yield()
            return
        }
        for index in 1...2 {
            guard let pid = processes.removeValue(forKey: index) else { continue }
            kill(pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// Starts what was lost, with what it had on disk.
    func mend() throws {
        guard hasQuorum else {
            ends.on.yield()
            return
        }
        for index in 1...2 { try start(index) }
    }

    private func start(_ index: Int) throws {
        guard let etcd, processes[index] == nil else { return }
        let peers = (0..<3).map { "m\($0)=http://127.0.0.1:\(ports[3 + $0])" }.joined(separator: ",")
        let log = open("\(directory)/m\(index).log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let words = [
            etcd, "--name=m\(index)", "--data-dir=\(directory)/m\(index)", "--listen-client-urls=\(endpoints[index])",
            "--advertise-client-urls=\(endpoints[index])", "--listen-peer-urls=http://127.0.0.1:\(ports[3 + index])",
            "--initial-advertise-peer-urls=http://127.0.0.1:\(ports[3 + index])", "--initial-cluster=\(peers)",
            "--unsafe-no-fsync",
        ]
        let farm = directory.split(separator: "/").dropLast().joined(separator: "/")
        var program = Spawn(
            path: etcd, words: words, environment: ["QUARTERDECK_FARM=/\(farm)", "PATH=/usr/bin:/bin"],
            directory: directory)
        (program.input, program.output, program.error) = (null, log, log)
        program.leadsSession = true
        processes[index] = try program.start()
    }

    /// etcd, where it is installed.
    private static var program: String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map { "\($0)/etcd" }.first { access($0, X_OK) == 0 }
    }

    /// Ports that nobody listens on now.
    private static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
                }
            }
            guard result == 0 else { throw StoryFailure(description: "no port is free on 127.0.0.1") }
            return UInt16(bigEndian: address.sin_port)
        }
    }
}
