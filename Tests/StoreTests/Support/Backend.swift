import EmbeddedStore
import Etcd
import FoundationEssentials

/// The stores one contract holds for.
enum Backend: String, CaseIterable, Sendable {
    case etcd, embedded, twin

    /// Those that can run here: real etcd only where it is installed.
    static let available = allCases.filter { $0 != .etcd || (RealEtcd.isInstalled && RealEtcd.hasControl) }
}

/// A store under test and what a test may do to it from outside.
struct Subject: Sendable {
    let store: any KeyStore
    /// Lets time pass where the clock is ours; elsewhere it passes by itself.
    let advance: @Sendable (_ milliseconds: Int64) async -> Void
    let compact: @Sendable (_ revision: Int64) async throws -> Void
}

extension Backend {
    /// Runs the body with an empty store.
    func run(_ body: (Subject) async throws -> Void) async throws {
        switch self {
        case .etcd:
            try await RealEtcd.run { endpoint in try await Self.withClient([endpoint], body) }
        case .embedded:
            try await withTemporaryDirectory { directory in
                try await withEmbeddedStore(path: directory.appending(path: "store").path) { endpoint in
                    try await Self.withClient([endpoint], body)
                }
            }
        case .twin:
            let twin = KeyspaceTwin()
            try await body(
                Subject(
                    store: twin, advance: { await twin.advance(milliseconds: $0) },
                    compact: { try await twin.compact(to: $0) }))
        }
    }

    private static func withClient(_ endpoints: [String], _ body: (Subject) async throws -> Void) async throws {
        let endpoint = endpoints[0]
        try await withEtcdClient(EtcdConfiguration(endpoints: endpoints, progressInterval: .seconds(1))) {
            try await body(
                Subject(
                    store: $0, advance: { _ in },
                    compact: { _ = try await RealEtcd.control(endpoint, ["compaction", String($0)]) }))
        }
    }
}

/// Runs the body with a client that is connected as long as it lasts.
@discardableResult
func withEtcdClient<Answer: Sendable>(
    _ configuration: EtcdConfiguration, _ body: (EtcdClient) async throws -> Answer
) async throws -> Answer {
    // Where a test says nothing of time, time does not matter: a machine that is busy with all tests may take its own.
    var patient = configuration
    if patient.requestTimeout == EtcdConfiguration(endpoints: []).requestTimeout {
        patient.requestTimeout = .seconds(20)
    }
    let client = try EtcdClient(patient)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// Runs the body with an embedded store that serves as long as it lasts.
@discardableResult
func withEmbeddedStore<Answer: Sendable>(
    path: String?, host: String = "127.0.0.1", _ body: (String) async throws -> Answer
) async throws -> Answer {
    let store = try EmbeddedStore(path: path, host: host)
    let (ports, sink) = AsyncStream<Int>.makeStream()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { sink.finish() }
            try await store.run { sink.yield($0) }
        }
        for await port in ports {
            let answer = try await body(port == 0 ? host : "http://\(host):\(port)")
            group.cancelAll()
            // The file is closed when the store has ended.
            while let ended = await group.nextResult() {
                if case .failure(let error) = ended, !(error is CancellationError) { throw error }
            }
            return answer
        }
        try await group.waitForAll()
        throw ChildProcess.Failure(description: "the store ended before it listened")
    }
}

/// What a watch has told so far.
actor UpdateLog {
    private(set) var updates: [WatchUpdate] = []

    func add(_ update: WatchUpdate) {
        updates.append(update)
    }

    var changes: [WatchUpdate] {
        updates.filter { if case .changes = $0 { true } else { false } }
    }

    var isOpen: Bool {
        updates.contains { if case .opened = $0 { true } else { false } }
    }
}

/// Watches while the body runs, from before its first step on.
func watching(
    _ store: any KeyStore, _ prefix: String, from revision: Int64 = 0, _ body: (UpdateLog) async throws -> Void
) async throws {
    let log = UpdateLog()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await store.watch(prefix: prefix, from: revision) { await log.add($0) } }
        defer { group.cancelAll() }
        try await eventually("the watch stands") { await log.isOpen }
        try await body(log)
    }
}
