import Synchronization

/// The last revision a watch has told completely.
final class SeenRevision: Sendable {
    private let state: Mutex<(value: Int64, isCompacted: Bool)>

    init(_ value: Int64) {
        state = Mutex((value, false))
    }

    var value: Int64 { state.withLock { $0.value } }
    var isCompacted: Bool { state.withLock { $0.isCompacted } }

    func advance(to revision: Int64) {
        state.withLock { $0.value = max($0.value, revision) }
    }

    func compact() {
        state.withLock { $0.isCompacted = true }
    }
}
