import Model
import Synchronization

/// Whether somebody looks at what is polled: when nobody does, polling goes slower.
public final class Attention: Sendable {
    private let watched = Mutex(true)

    /// Somebody looks until it is said that nobody does.
    public init() {}

    /// Whether somebody looks.
    public var isWatched: Bool {
        get { watched.withLock { $0 } }
        set { watched.withLock { $0 = newValue } }
    }

    /// How long the pause between two polls is while nobody looks: five times as long, but never so long that what is
    /// known counts as old.
    public static func unwatched(_ interval: Duration) -> Duration {
        max(interval, min(interval * 5, longest))
    }

    /// Sources that tell nothing for 15 s count as silent.
    private static let longest = Duration.seconds(10)
}

extension SystemClock {
    /// The pause between two polls; it ends early when somebody looks again.
    /// - Throws: `CancellationError`.
    public func pause(_ interval: Duration) async throws {
        try await Task.sleep(for: interval)
        let more: Duration = Attention.unwatched(interval) - interval
        let end = now() + more
        while !attention.isWatched, case let left = end.since(now()), left > .zero {
            try await Task.sleep(for: min(left, .seconds(1)))
        }
    }
}
