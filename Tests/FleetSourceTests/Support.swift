import AgentAPI
import Model
import Programs
import Runtime
import Synchronization

let machineA = "aaaa1111aaaa1111aaaa1111aaaa1111"
let machineB = "bbbb2222bbbb2222bbbb2222bbbb2222"
let sleeper = [("Service", "ExecStart", "/bin/sleep 1000")]

/// Everything a source told, and what an inventory makes of it.
final class Told: Sendable {
    private let state = Mutex((reports: [Report](), inventory: Inventory()))

    var reports: [Report] { state.withLock { $0.reports } }
    var inventory: Inventory { state.withLock { $0.inventory } }
    var part: Inventory.ClusterPart? { inventory.clusters["old"] }

    func take(_ report: Report) {
        state.withLock { state in
            state.reports.append(report)
            _ = state.inventory.apply(report)
        }
    }

    func unit(_ name: UnitName) -> Unit? { part?.units[name] }

    /// How many reports are of each kind.
    var kinds: [String: Int] {
        var kinds: [String: Int] = [:]
        for report in reports {
            switch report.body {
            case .cluster: kinds["cluster", default: 0] += 1
            case .changes: kinds["changes", default: 0] += 1
            case .quiet: kinds["quiet", default: 0] += 1
            case .silent: kinds["silent", default: 0] += 1
            case .events: kinds["events", default: 0] += 1
            case .cloud, .figures: kinds["other", default: 0] += 1
            }
        }
        return kinds
    }
}

func source(_ endpoints: String...) throws -> FleetSource {
    var source = FleetSource(
        cluster: "old", client: try FleetClient(endpoints: endpoints), clock: SystemClock())
    source.patience.look = .milliseconds(50)
    source.patience.notice = .milliseconds(300)
    return source
}

/// Observes a source while the body runs.
func observing(
    _ source: FleetSource, _ body: @escaping @Sendable (Told) async throws -> Void
) async throws {
    let told = Told()
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            do { try await source.observe { told.take($0) } } catch is CancellationError {}
            return false
        }
        group.addTask {
            try await body(told)
            return true
        }
        defer { group.cancelAll() }
        while let isBody = try await group.next(), !isBody {}
    }
}

func file(_ text: String) throws -> UnitFile { try UnitFile(parsing: text) }
