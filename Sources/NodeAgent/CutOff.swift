import Glibc
import Synchronization
import UnixSignals

/// Runs work that is not to be left half-way.
///
/// SIGTERM, SIGINT or SIGHUP cancels it, and what it then still does is waited for; then the process ends by that
/// signal, as whoever sent it expects. A second signal ends the process at once.
///
/// - Parameter told: is told what the work threw after a signal
/// - Throws: what the work throws without one.
package func cancelledBySignals(
    told: @escaping @Sendable (any Error) -> Void, _ work: @escaping @Sendable () async throws -> Void
) async throws {
    let first = FirstSignal()
    try await withThrowingTaskGroup(of: Void.self) { group in
        let (cuts, cut) = AsyncStream.makeStream(of: Void.self)
        group.addTask {
            for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
                if !first.take(signal.rawValue) { endBy(signal.rawValue) }
                cut.yield()
            }
            // The other task ends this one.
            try await untilCancelled()
        }
        group.addTask {
            do {
                try await cancelled(by: cuts, work)
            } catch let error where first.number != nil {
                told(error)
                endBy(first.number ?? SIGTERM)
            }
        }
        defer { group.cancelAll() }
        try await group.next()
    }
}

private func cancelled(
    by cuts: AsyncStream<Void>, _ work: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await work()
            return true
        }
        group.addTask {
            for await _ in cuts { return false }
            return false
        }
        defer { group.cancelAll() }
        guard let isDone = try await group.next(), !isDone else { return }
        group.cancelAll()
        while let _ = try await group.next() {}
    }
}

/// The signal that came first.
private final class FirstSignal: Sendable {
    private let value = Mutex<Int32?>(nil)
    var number: Int32? { value.withLock { $0 } }

    /// Keeps it; false when there is one already.
    func take(_ number: Int32) -> Bool {
        value.withLock { value in
            defer { value = value ?? number }
            return value == nil
        }
    }
}

/// Ends this process as the signal would have ended it.
private func endBy(_ number: Int32) -> Never {
    signal(number, SIG_DFL)
    var own = sigset_t()
    sigemptyset(&own)
    sigaddset(&own, number)
    // Threads of this process block signals.
    pthread_sigmask(SIG_UNBLOCK, &own, nil)
    raise(number)
    _exit(128 + number)
}
