import FoundationEssentials
import Glibc
import Model

/// A recording's lines, found without reading them whole: each begins with its moment and its kind.
struct RecordingLines: Sendable {
    /// What a line is, as far as a player has to know before it reads it.
    enum Kind: Sendable {
        case report, figures
        /// All that is known.
        case key
        /// What happened before that.
        case happened

        var isReport: Bool { self == .report || self == .figures }
    }

    struct Line: Sendable {
        let at: Timestamp
        let range: Range<Int>
        let kind: Kind
    }

    /// In order.
    private(set) var all: [Line] = []
    /// Lines without a moment, or with an impossible one.
    private(set) var unread = 0
    private let data: Data

    /// Earlier versions wrote reports in the order they came, which may differ from that of their moments by so much.
    private static let disorder = Duration.seconds(10)

    /// The first line of a file; nil when none is whole.
    static func first(of data: Data) -> Range<Int>? {
        data.firstIndex(of: 0x0A).map { data.startIndex..<$0 }
    }

    init(_ data: Data, after header: Range<Int>, since start: Timestamp) {
        self.data = data
        var last = start
        data.withUnsafeBytes { bytes in
            var start = header.upperBound + 1 - data.startIndex
            while let end = Self.newline(bytes, from: start) {
                defer { start = end + 1 }
                guard end > start else { continue }
                var opening = Opening(bytes: bytes, at: start, end: end)
                // Time never goes back in a recording; what says so was damaged.
                guard let moment = opening.moment(), moment + Self.disorder >= last else {
                    unread += 1
                    continue
                }
                last = max(last, moment)
                let range = start + data.startIndex..<end + data.startIndex
                all.append(Line(at: last, range: range, kind: opening.kind()))
            }
        }
    }

    private static func newline(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// What a line holds; nil when it cannot be read.
    func decoded<Wire: Decodable>(_ type: Wire.Type, _ line: Line) -> Wire? {
        try? JSONDecoder().decode(type, from: data[line.range])
    }

    /// The number of lines until a moment.
    func count(until moment: Timestamp) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension RecordingLines {
    /// The machine that a line with figures is about, as the line has it; nil when that has to be read in full.
    func machine(of line: Line) -> String? {
        data.withUnsafeBytes { bytes in
            var opening = opening(of: line, bytes)
            guard opening.moment() != nil, opening.take(Opening.figures), opening.take(Opening.machine) else {
                return nil
            }
            return opening.plainText()
        }
    }

    /// The machine's processor in a line with figures; nil when it tells none.
    func cpuPercent(of line: Line) -> Double? {
        data.withUnsafeBytes { bytes in
            var opening = opening(of: line, bytes)
            guard opening.goToLast(Opening.processor) else { return nil }
            return opening.number()
        }
    }

    private func opening(of line: Line, _ bytes: UnsafeRawBufferPointer) -> Opening {
        Opening(
            bytes: bytes, at: line.range.lowerBound - data.startIndex, end: line.range.upperBound - data.startIndex)
    }

    /// The beginning of a line, read byte by byte: the keys of every object are in the order of the alphabet.
    private struct Opening {
        let bytes: UnsafeRawBufferPointer
        var at: Int
        let end: Int

        static let first = Array(#"{"at":"#.utf8)
        static let key = Array(#","kind":"key","#.utf8)
        static let happened = Array(#","kind":"happened","#.utf8)
        static let figures = Array(#","kind":"figures","#.utf8)
        static let machine = Array(#""machine":""#.utf8)
        static let processor = Array(#","used":{"cpuPercent":"#.utf8)

        mutating func moment() -> Timestamp? {
            guard take(Self.first) else { return nil }
            var value: Int64 = 0
            while at < end, (0x30...0x39).contains(bytes[at]) {
                guard value < 1 << 53 else { return nil }
                value = value * 10 + Int64(bytes[at] - 0x30)
                at += 1
            }
            return at < end && bytes[at] == 0x2C ? Timestamp(milliseconds: value) : nil
        }

        mutating func kind() -> Kind {
            if take(Self.figures) { return .figures }
            if take(Self.key) { return .key }
            return take(Self.happened) ? .happened : .report
        }

        mutating func take(_ text: [UInt8]) -> Bool {
            guard end - at >= text.count, let base = bytes.baseAddress, memcmp(base + at, text, text.count) == 0 else {
                return false
            }
            at += text.count
            return true
        }

        /// Text up to its quotation mark; nil when it has anything that is written otherwise than it is.
        func plainText() -> String? {
            guard let quote = bytes[at..<end].firstIndex(of: 0x22), !bytes[at..<quote].contains(0x5C) else {
                return nil
            }
            return String(decoding: bytes[at..<quote], as: UTF8.self)
        }

        mutating func goToLast(_ text: [UInt8]) -> Bool {
            guard let base = bytes.baseAddress else { return false }
            var start = end - text.count
            while start >= at {
                if bytes[start] == text[0], memcmp(base + start, text, text.count) == 0 {
                    at = start + text.count
                    return true
                }
                start -= 1
            }
            return false
        }

        func number() -> Double? {
            let digits = bytes[at..<end].prefix { $0 != 0x2C && $0 != 0x7D }
            return Double(String(decoding: digits, as: UTF8.self))
        }
    }
}
