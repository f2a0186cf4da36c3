import Keyspace

/// Who watches what, and how far each has got.
///
/// History is everybody's queue: a slow watcher costs a number, and is cancelled when its place there is forgotten.
struct Watchers {
    struct Watcher {
        let range: Keyspace.KeyRange
        /// The first revision it has not been given.
        var next: Int64
        let wake: @Sendable () -> Void
        /// Whether it has been woken and has not taken anything since, so that wake-ups never pile up.
        var isAwake = false
    }

    /// The most commits given at a time.
    static let takeMax = 100

    private var watchers: [Int: Watcher] = [:]
    private var lastToken = 0

    subscript(token: Int) -> Watcher? { watchers[token] }

    mutating func add(_ range: Keyspace.KeyRange, next: Int64, wake: @escaping @Sendable () -> Void) -> Int {
        lastToken += 1
        watchers[lastToken] = Watcher(range: range, next: next, wake: wake)
        return lastToken
    }

    mutating func remove(_ token: Int) {
        watchers[token] = nil
    }

    /// Notes that a watcher has taken everything before a revision; nil leaves its place.
    mutating func settle(_ token: Int, next: Int64?) {
        watchers[token]?.isAwake = false
        if let next { watchers[token]?.next = next }
    }

    mutating func wake(_ token: Int) {
        guard let watcher = watchers[token], !watcher.isAwake else { return }
        watchers[token]?.isAwake = true
        watcher.wake()
    }

    mutating func wakeAll() {
        for token in watchers.keys { wake(token) }
    }

    /// Wakes those that have fallen behind what is kept, so that they learn it.
    mutating func wakeLagging(before revision: Int64) {
        for (token, watcher) in watchers where watcher.next < revision { wake(token) }
    }

    /// Wakes those a commit concerns and moves on those that were waiting for just this revision and see nothing in it.
    mutating func publish(_ commit: Keyspace.Commit) {
        for (token, watcher) in watchers where watcher.next <= commit.revision {
            if watcher.next == commit.revision, !commit.events.contains(where: { watcher.range.contains($0.item.key) })
            {
                watchers[token]?.next = commit.revision + 1
            } else {
                wake(token)
            }
        }
    }
}
