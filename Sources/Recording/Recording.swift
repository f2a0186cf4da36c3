import FoundationEssentials
public import Model

/// A recording that is played: what was told, in order, from any moment on.
public struct Recording: Sendable {
    /// The context it was made of.
    public let context: String
    /// When it begins.
    public let start: Timestamp
    /// When its last report was made.
    public let end: Timestamp
    /// Lines in the middle that could not be read, and lines of kinds that a later version wrote.
    public private(set) var unread = 0

    private let data: Data
    private let lines: [Line]
    private var next = 0
    private var clouds: [ID<Cloud>: CloudContents] = [:]

    private struct Line {
        let at: Timestamp
        let range: Range<Int>
        let isKey: Bool
    }

    /// Opens a file. The end of it may be torn, as a crash leaves it.
    /// - Throws: `RecordingError` when it is none, or of a later version.
    public init(path: String) throws(RecordingError) {
        do {
            data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch {
            throw .file("read", path, "there is none, or it may not be read")
        }
        var ranges = Self.ranges(data)
        guard let first = ranges.first,
            let header = try? JSONDecoder().decode(HeaderWire.self, from: data[first]),
            header.quarterdeck == "recording"
        else { throw .format(path, "it is no recording; 'quarterdeck record' makes one") }
        guard header.version <= Recorder.version else {
            throw .format(path, "it has version \(header.version) and this program reads up to \(Recorder.version)")
        }
        ranges.removeFirst()
        context = header.context.safe
        start = Timestamp(milliseconds: header.at)
        var last = start
        var lines: [Line] = []
        for range in ranges {
            guard let at = Self.moment(data, range) else { continue }
            // Time never goes back in a recording; what says so was damaged.
            guard at >= last else { continue }
            last = at
            lines.append(Line(at: at, range: range, isKey: Self.isKey(data, range, at)))
        }
        unread = ranges.count - lines.count
        self.lines = lines
        end = last
    }

    /// The next report, when it was made by then; nil when none is left until that moment.
    public mutating func report(until moment: Timestamp) -> (at: Timestamp, report: Report)? {
        while next < lines.count, lines[next].at <= moment {
            let line = lines[next]
            next += 1
            if line.isKey { continue }
            guard let wire = try? JSONDecoder().decode(ReportWire.self, from: data[line.range]),
                let report = wire.report(clouds: &clouds)
            else {
                unread += 1
                continue
            }
            return (line.at, report)
        }
        return nil
    }

    /// Whether everything was played.
    public var isAtEnd: Bool { next >= lines.count }

    /// Goes to a moment: returns all that makes what was known at the last time everything was written before it; the
    /// reports since then come with ``report(until:)``.
    public mutating func seek(_ moment: Timestamp) -> [Report] {
        clouds = [:]
        let key = lines.lastIndex { $0.isKey && $0.at <= moment }
        next = key.map { $0 + 1 } ?? 0
        guard let key, let wire = try? JSONDecoder().decode(KeyWire.self, from: data[lines[key].range]) else {
            next = 0
            return []
        }
        return wire.reports.compactMap { $0.report(clouds: &clouds) }
    }

    /// The lines that are whole.
    private static func ranges(_ data: Data) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = data.startIndex
        data.withUnsafeBytes { bytes in
            for index in bytes.indices where bytes[index] == 0x0A {
                if index > start { ranges.append(start..<index) }
                start = index + 1
            }
        }
        return ranges
    }

    /// Every line begins with its moment, so that it need not be read whole to be found.
    private static func moment(_ data: Data, _ range: Range<Int>) -> Timestamp? {
        let opening = Array(#"{"at":"#.utf8)
        guard data[range].starts(with: opening) else { return nil }
        var value: Int64 = 0
        for byte in data[range].dropFirst(opening.count) {
            guard (0x30...0x39).contains(byte) else { return byte == 0x2C ? Timestamp(milliseconds: value) : nil }
            guard value < 1 << 53 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return nil
    }

    private static func isKey(_ data: Data, _ range: Range<Int>, _ at: Timestamp) -> Bool {
        data[range].starts(with: Array(#"{"at":\#(at.milliseconds),"kind":"key","#.utf8))
    }
}
