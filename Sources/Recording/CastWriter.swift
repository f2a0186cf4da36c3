import FoundationEssentials
import Synchronization

/// Writes what goes to a terminal into a file that asciinema plays, version 2 of its format.
///
/// - Source: https://docs.asciinema.org/manual/asciicast/v2/
public final class CastWriter: Sendable {
    private struct State {
        var file: Int32
        var start: ContinuousClock.Instant?
        var size = (columns: 0, rows: 0)
        var problem: RecordingError?
    }

    private let path: String
    private let state: Mutex<State>

    /// Begins a file; one of that name is not overwritten.
    /// - Throws: `RecordingError`.
    public init(path: String) throws(RecordingError) {
        self.path = path
        state = Mutex(State(file: try AppendedFile.open(path, exclusively: true)))
    }

    /// Why it could not be written to the end; nil when it could.
    public var problem: RecordingError? { state.withLock { $0.problem } }

    /// Takes bytes that were written to a terminal of a size.
    public func take(_ bytes: [UInt8], columns: Int, rows: Int, epochSeconds: Int64) {
        state.withLock { state in
            guard state.problem == nil else { return }
            do throws(RecordingError) {
                let now = ContinuousClock().now
                if let start = state.start {
                    let seconds = Double((now - start) / .milliseconds(1)) / 1_000
                    if state.size != (columns, rows) {
                        try write(event(seconds, "r", "\(columns)x\(rows)"), state.file)
                    }
                    try write(event(seconds, "o", String(decoding: bytes, as: UTF8.self)), state.file)
                } else {
                    state.start = now
                    let header =
                        #"{"version":2,"width":\#(columns),"height":\#(rows),"timestamp":\#(epochSeconds),"#
                        + #""env":{"TERM":"xterm-256color"},"title":"quarterdeck"}"#
                    try write(header, state.file)
                    try write(event(0, "o", String(decoding: bytes, as: UTF8.self)), state.file)
                }
                state.size = (columns, rows)
            } catch {
                state.problem = error
            }
        }
    }

    private func event(_ seconds: Double, _ kind: String, _ text: String) -> String {
        let milliseconds = Int(seconds * 1_000)
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        return #"[\#(milliseconds / 1_000).\#(fraction),"\#(kind)",\#(Self.quoted(text))]"#
    }

    private func write(_ line: String, _ file: Int32) throws(RecordingError) {
        try AppendedFile.write(Array((line + "\n").utf8), to: file, path: path)
    }

    /// Text as JSON has it.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
