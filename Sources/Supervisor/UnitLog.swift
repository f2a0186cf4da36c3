import Glibc
import Model
import Synchronization

/// What a unit wrote, bounded: a file that its processes append to, and the last lines of it in memory.
///
/// Writing goes on while no agent runs. A file that has grown to `fileBytesMax` is emptied after it was read.
final class UnitLog: Sendable {
    static let linesMax = 2_000
    static let fileBytesMax = 8 << 20
    private static let readMax = 256 << 10

    private struct State {
        var lines: [LogLine] = []
        var offset: off_t = 0
        var partial: [UInt8] = []
        var followers: [Int: AsyncStream<[LogLine]>.Continuation] = [:]
        var nextFollower = 0
    }

    private let state = Mutex(State())
    let path: String

    init(path: String) {
        self.path = path
    }

    /// A descriptor for processes to append to; the caller closes it.
    func openForAppending() -> Int32 { open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }

    /// Begins at the end of what an earlier agent left, with its last lines.
    func resume(at now: Timestamp) {
        var info = stat()
        guard stat(path, &info) == 0 else { return }
        state.withLock { $0.offset = max(0, info.st_size - 65_536) }
        take(at: now)
    }

    /// Reads what was appended and tells followers; true when there may be more.
    @discardableResult
    func take(at now: Timestamp) -> Bool {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: Self.readMax)
        return state.withLock { state in
            var info = stat()
            if fstat(file, &info) == 0, info.st_size < state.offset { state.offset = 0 }
            let count = pread(file, &buffer, buffer.count, state.offset)
            guard count > 0 else { return false }
            state.offset += off_t(count)
            add(buffer[..<count], at: now, &state)
            if state.offset >= Self.fileBytesMax, count < buffer.count, ftruncate(file, 0) == 0 { state.offset = 0 }
            return count == buffer.count
        }
    }

    /// Adds a line of the unit manager's own.
    func note(_ text: String, _ level: LogLine.Level, at now: Timestamp) {
        state.withLock { append([LogLine(at: now, level: level, text: text)], &$0) }
    }

    private func add(_ bytes: ArraySlice<UInt8>, at now: Timestamp, _ state: inout State) {
        var lines: [LogLine] = []
        for piece in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 {
                lines.append(Self.line(state.partial, at: now))
                state.partial.removeAll(keepingCapacity: true)
            }
            let room = SafeText.lineLimit * 4 - state.partial.count
            if room > 0 { state.partial += piece.element.prefix(room) }
        }
        append(lines, &state)
    }

    private func append(_ lines: [LogLine], _ state: inout State) {
        guard !lines.isEmpty else { return }
        state.lines += lines
        if state.lines.count > Self.linesMax + 500 { state.lines.removeFirst(state.lines.count - Self.linesMax) }
        for follower in state.followers.values { follower.yield(lines) }
    }

    /// A line with systemd's `<3>` prefix has that priority.
    private static func line(_ bytes: [UInt8], at now: Timestamp) -> LogLine {
        var text = bytes[...]
        var level = LogLine.Level.info
        if text.count >= 3, text[0] == 0x3C, text[2] == 0x3E, let found = LogLine.Level(rawValue: Int(text[1]) - 0x30) {
            level = found
            text = text.dropFirst(3)
        }
        if text.last == 0x0D { text = text.dropLast() }
        return LogLine(at: now, level: level, text: SafeText.clean(String(decoding: text, as: UTF8.self)))
    }

    /// The last lines, and a stream of those to come; end it with ``unfollow(_:)``.
    func follow(last: Int) -> (number: Int, lines: [LogLine], stream: AsyncStream<[LogLine]>) {
        let (stream, continuation) = AsyncStream.makeStream(of: [LogLine].self, bufferingPolicy: .bufferingNewest(256))
        return state.withLock { state in
            state.nextFollower += 1
            state.followers[state.nextFollower] = continuation
            return (state.nextFollower, Array(state.lines.suffix(last)), stream)
        }
    }

    func unfollow(_ number: Int) {
        state.withLock { $0.followers.removeValue(forKey: number) }?.finish()
    }
}
