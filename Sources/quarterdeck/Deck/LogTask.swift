import Model
import Synchronization

/// One followed log, which can be stopped from outside while the rest goes on.
final class LogTask: Sendable {
    private struct State {
        var isStopped = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func stop() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isStopped = true
            defer { state.waiting = nil }
            return state.waiting
        }?.resume()
    }

    /// Runs the work until it ends or ``stop()`` is called.
    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask { await self.stopped() }
            defer {
                group.cancelAll()
                stop()
            }
            try await group.next()
        }
    }

    private func stopped() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStopped = state.withLock { state -> Bool in
                    if !state.isStopped { state.waiting = continuation }
                    return state.isStopped
                }
                if isStopped { continuation.resume() }
            }
        } onCancel: {
            stop()
        }
    }
}

/// Collects reports from several tasks.
final class ReportCollector: Sendable {
    private let all = Mutex<[Report]>([])

    var reports: [Report] { all.withLock { $0 } }

    func add(_ report: Report) { all.withLock { $0.append(report) } }
}
