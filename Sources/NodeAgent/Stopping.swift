import UnixSignals

/// Runs work until it ends or the process is asked to stop by SIGTERM, SIGINT or SIGHUP; then cancels it and waits.
///
/// - Parameter hangUp: what is done on SIGHUP instead, and the work goes on
package func untilStopped(
    hangUp: (@Sendable () -> Void)? = nil, _ work: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await work()
            return true
        }
        group.addTask {
            await stopSignal(hangUp: hangUp)
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
///
/// - Parameter hangUp: what is done on SIGHUP instead of ending the wait
package func stopSignal(hangUp: (@Sendable () -> Void)? = nil) async {
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
        guard signal == .sighup, let hangUp else { return }
        hangUp()
    }
}

/// Waits until the task is cancelled.
/// - Throws: `CancellationError`, always.
package func untilCancelled() async throws {
    while true { try await Task.sleep(for: .seconds(86_400)) }
}
