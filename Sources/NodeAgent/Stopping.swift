import UnixSignals

/// Runs work until it ends or the process is asked to stop by SIGTERM, SIGINT or SIGHUP; then cancels it and waits.
package func untilStopped(_ work: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await work()
            return true
        }
        group.addTask {
            await stopSignal()
            return false
        }
        defer { group.cancelAll() }
        do {
            let isDone = try await group.next() ?? true
            group.cancelAll()
            if !isDone {
                while let _ = try? await group.next() {}
            }
        } catch is CancellationError {
            return
        }
    }
}

/// Waits for SIGTERM, SIGINT or SIGHUP.
package func stopSignal() async {
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) { return }
}

/// Waits until the task is cancelled.
/// - Throws: `CancellationError`, always.
package func untilCancelled() async throws {
    while true { try await Task.sleep(for: .seconds(86_400)) }
}
