import Model
import Synchronization

/// Collects lines from several tasks.
final class LineCollector: Sendable {
    private let all = Mutex<[String]>([])

    var texts: [String] { all.withLock { $0 } }

    func add(_ lines: [LogLine]) { all.withLock { $0 += lines.map(\.text) } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
}
