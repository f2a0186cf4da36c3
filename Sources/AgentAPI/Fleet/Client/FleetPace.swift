package import Model
import Synchronization

/// Leaves fleet's server time for others, which reads all of a list anew for every page: all lists together keep it
/// busy for a fifth of the time at most.
package final class FleetPace: Sendable {
    /// So many times as long as reading a list took, it is then counted to have taken.
    private static let share = 5
    private let free = Mutex(Timestamp(milliseconds: 0))

    /// Nothing was read yet.
    package init() {}

    /// A list was asked for at a moment, and took so long to read.
    package func note(_ took: Duration, from begin: Timestamp) {
        free.withLock { $0 = max($0, begin) + took * Self.share }
    }

    /// When the next list may be asked for.
    package var next: Timestamp { free.withLock { $0 } }
}
