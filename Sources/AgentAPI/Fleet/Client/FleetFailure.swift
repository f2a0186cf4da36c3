import Synchronization

/// What went wrong in work that another task does.
final class FleetFailure: Sendable {
    private let value = Mutex<String?>(nil)
    var text: String? { value.withLock { $0 } }
    func set(_ text: String) { value.withLock { $0 = text } }
}
