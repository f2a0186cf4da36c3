import Etcd
import Model
import Registry

/// What a cluster's feed has told so far.
actor FeedLog {
    private(set) var contents: [(contents: ClusterContents, revision: Int64)] = []
    private(set) var changes: [(revision: Int64, changes: [ClusterChange])] = []
    private(set) var aways: [String] = []
    /// Whether the last thing told was that the store answers.
    private(set) var isHeard = false

    func add(_ update: FeedUpdate) {
        switch update {
        case .contents(let all, let revision): contents.append((all, revision))
        case .changes(let some, let revision): changes.append((revision, some))
        case .heard: isHeard = true
        case .away(let why):
            isHeard = false
            aways.append(why)
        }
    }

    /// The numbers of machines wanted, in the order they were told.
    var wanted: [Int] {
        changes.flatMap(\.changes).compactMap { if case .wanted(let count) = $0 { count } else { nil } }
    }

    var lostMachines: [ID<Machine>] {
        changes.flatMap(\.changes).compactMap { if case .machineGone(let id) = $0 { id } else { nil } }
    }
}

/// Follows a cluster while the body runs, from before its first step on.
func following(_ registry: ClusterRegistry, _ body: (FeedLog) async throws -> Void) async throws {
    let log = FeedLog()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await registry.follow { await log.add($0) } }
        defer { group.cancelAll() }
        try await eventually("the feed stands") { await log.isHeard }
        try await body(log)
    }
}

/// Does something until it succeeds, as one who tries again does; fails only with the deadline.
func insisting<Answer>(_ what: String, _ work: () async throws -> Answer) async throws -> Answer {
    var answer: Answer?
    try await eventually(what) {
        do {
            answer = try await work()
            return true
        } catch is EtcdError {
            return false
        }
    }
    guard let answer else { throw ChildProcess.Failure(description: what) }
    return answer
}

extension RealEtcd {
    static let isComplete = isInstalled && hasControl
    static let needs = "needs etcd and etcdctl (Debian: etcd-server, etcd-client)"
}
