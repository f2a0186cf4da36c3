import FoundationEssentials

/// Debian's etcd and etcdctl.
enum RealEtcd {
    static let server = "/usr/bin/etcd"
    static let control = "/usr/bin/etcdctl"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: server)
    static let hasControl = FileManager.default.isExecutableFile(atPath: control)
    static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    /// Starts a member on free ports with its data in a directory of its own, and stops it after the body.
    static func run<Answer>(
        scheme: String = "http", _ more: [String] = [], _ body: (String) async throws -> Answer
    ) async throws -> Answer {
        try await Turns.etcd.run { try await runNow(scheme: scheme, more, body) }
    }

    private static func runNow<Answer>(
        scheme: String, _ more: [String], _ body: (String) async throws -> Answer
    ) async throws -> Answer {
        try await withTemporaryDirectory { directory in
            // Another test may take a port between its choice and the member's start: then choose again.
            while true {
                let (client, peer) = (try freePort(), try freePort())
                let url = "\(scheme)://127.0.0.1:\(client)"
                let process = try start(in: directory, url, peerURL: "http://127.0.0.1:\(peer)", more)
                defer { process.kill() }
                var log = ""
                try await eventually("etcd serves") {
                    log = process.errors
                    return log.contains("client requests") || log.contains("serving client") || isBeaten(log)
                }
                if isBeaten(log) { continue }
                return try await body(url)
            }
        }
    }

    private static func isBeaten(_ log: String) -> Bool { log.contains("address already in use") }

    private static func start(
        in directory: URL, _ url: String, peerURL: String, _ more: [String]
    ) throws -> ChildProcess {
        try ChildProcess(
            [
                server, "--name=m0", "--data-dir=\(directory.path)/\(UUID().uuidString)", "--listen-client-urls=\(url)",
                "--advertise-client-urls=\(url)", "--listen-peer-urls=\(peerURL)",
                "--initial-advertise-peer-urls=\(peerURL)", "--initial-cluster=m0=\(peerURL)",
                "--heartbeat-interval=20", "--election-timeout=200", "--logger=zap",
            ] + more)
    }

    /// Runs etcdctl and returns what it prints.
    static func control(_ endpoint: String, _ arguments: [String]) async throws -> String {
        try await ChildProcess(
            [control, "--endpoints=\(endpoint)", "--dial-timeout=20s", "--command-timeout=30s"] + arguments,
            environment: ["ETCDCTL_API": "3"]
        ).result()
    }
}
