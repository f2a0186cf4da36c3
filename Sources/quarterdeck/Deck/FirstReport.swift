import Model
import Runtime
import Synchronization

/// Takes the first report that says something; whoever waits for it is woken.
final class FirstReport: Sendable {
    private struct State {
        var report: Report?
        var failure: String?
    }

    private let state = Mutex(State())

    var report: Report? { state.withLock { $0.report } }
    var failure: String? { state.withLock { $0.failure } }

    func set(_ report: Report) {
        state.withLock { $0.report = report }
        withUnsafeCurrentTask { $0?.cancel() }
    }

    func set(failure: String) {
        state.withLock { $0.failure = failure }
        withUnsafeCurrentTask { $0?.cancel() }
    }
}
