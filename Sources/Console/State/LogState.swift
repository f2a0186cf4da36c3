import Model
import Screen

/// A unit's log as it is looked at.
struct LogState: Sendable {
    let request: LogRequest
    private(set) var lines: [LogLine] = []
    /// Stays at the newest line.
    var follows = true
    /// Long lines go on in the next row.
    var wraps = false
    /// The first line shown when it does not follow.
    var top = 0
    /// What is searched for.
    var search = ""
    /// Why no more lines come.
    var ending: String?

    init(_ request: LogRequest) {
        self.request = request
    }

    mutating func append(_ new: [LogLine]) {
        lines.append(contentsOf: new.map { Self.bounded($0) })
        let excess = lines.count - Limits.logLines
        if excess > Limits.logLines / 10 {
            lines.removeFirst(excess)
            top = max(0, top - excess)
        }
    }

    /// A line without end would be measured and folded again for every frame.
    private static func bounded(_ line: LogLine) -> LogLine {
        let size = line.text.utf8.count
        guard size > Limits.logLineBytes else { return line }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: line.text.unicodeScalars.prefix(Limits.logLineBytes / 4))
        return LogLine(at: line.at, level: line.level, text: "\(String(scalars))… (\(size) bytes)")
    }

    /// Scrolls; at the end it follows again.
    mutating func scroll(by delta: Int, height: Int) {
        let last = max(0, lines.count - height)
        let start = follows ? last : top
        top = min(max(0, start + delta), last)
        follows = delta > 0 && top == last
    }

    /// Scrolls to the last line that was written by a moment.
    mutating func show(_ moment: Timestamp, height: Int) {
        let end = lines.lastIndex { $0.at <= moment }.map { $0 + 1 } ?? 0
        top = max(0, end - height)
        follows = false
    }

    /// The next line that holds the text, from the one shown first.
    mutating func find(_ direction: Int, height: Int) -> Bool {
        let start = follows ? max(0, lines.count - height) : top
        var index = start + direction
        let word = search.lowercased()
        while lines.indices.contains(index) {
            if Filter.contains(lines[index].text, word) {
                top = index
                follows = false
                return true
            }
            index += direction
        }
        return false
    }

    /// The next line that is an error.
    mutating func findError(_ direction: Int, height: Int) -> Bool {
        let start = follows ? lines.count : top
        var index = start + direction
        while lines.indices.contains(index) {
            if lines[index].level <= .error {
                top = index
                follows = false
                return true
            }
            index += direction
        }
        return false
    }
}

extension LogLine.Level {
    var face: Face {
        switch self {
        case .emergency, .alert, .critical, .error: .critical
        case .warning: .warning
        case .notice, .info: .text
        case .debug: .dim
        }
    }

    var letter: String {
        switch self {
        case .emergency, .alert, .critical, .error: "E"
        case .warning: "W"
        case .notice: "n"
        case .info: " "
        case .debug: "d"
        }
    }
}
