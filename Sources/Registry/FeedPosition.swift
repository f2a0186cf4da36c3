import Etcd
import Synchronization

/// How far a feed has told its store, and what store that was.
final class FeedPosition: Sendable {
    private struct State {
        var revision: Int64?
        var mark: StoreMark?
        var isOpened = false
        var book = MachineBook()
    }

    private let state = Mutex(State())

    /// The last revision that was told completely; nil when all has to be read anew.
    var revision: Int64? { state.withLock { $0.revision } }

    /// The furthest the store was seen to be; nil before the first look.
    var mark: StoreMark? { state.withLock { $0.mark } }

    /// Everything was read as of a revision of the store that stood at that mark just before.
    func begin(_ mark: StoreMark, at revision: Int64, _ book: MachineBook) {
        state.withLock { $0 = State(revision: revision, mark: mark, book: book) }
    }

    /// What the changes of machines are read against.
    func withBook<Value>(_ use: (inout MachineBook) -> Value) -> Value {
        state.withLock { use(&$0.book) }
    }

    /// A watch stands; the store has come to that mark.
    func open(_ mark: StoreMark) {
        state.withLock { state in
            state.mark = mark
            state.isOpened = true
        }
    }

    func advance(to revision: Int64) {
        state.withLock { state in
            state.revision = max(state.revision ?? 0, revision)
            guard let mark = state.mark else { return }
            state.mark?.revision = max(mark.revision, revision)
        }
    }

    /// What was missed is not to be had any more: all has to be read anew.
    func forget() {
        state.withLock { $0.revision = nil }
    }

    /// Whether a watch stood since this was last asked.
    func takeOpened() -> Bool {
        state.withLock { state in
            defer { state.isOpened = false }
            return state.isOpened
        }
    }
}
