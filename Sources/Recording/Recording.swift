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

    let lines: RecordingLines
    var next = 0
    var clouds: [ID<Cloud>: CloudContents] = [:]
    /// What was known at some lines that were passed on the way to a moment: the next one wanted is often near.
    var stops: [Stop] = []

    /// Opens a file. The end of it may be torn, as a crash leaves it.
    /// - Throws: `RecordingError` when it is none, or of a later version.
    public init(path: String) throws(RecordingError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch {
            throw .file("read", path, "there is none, or it may not be read")
        }
        guard let first = RecordingLines.first(of: data),
            let header = try? JSONDecoder().decode(HeaderWire.self, from: data[first]),
            header.quarterdeck == "recording"
        else { throw .format(path, "it is no recording; 'quarterdeck record' makes one") }
        guard header.version <= Recorder.version else {
            throw .format(path, "it has version \(header.version) and this program reads up to \(Recorder.version)")
        }
        context = header.context.safe
        start = Timestamp(milliseconds: header.at)
        lines = RecordingLines(data, after: first, since: start)
        unread = lines.unread
        end = lines.all.last?.at ?? start
    }

    /// The next report, when it was made by then; nil when none is left until that moment.
    public mutating func report(until moment: Timestamp) -> (at: Timestamp, report: Report)? {
        while next < lines.all.count, lines.all[next].at <= moment {
            let line = lines.all[next]
            next += 1
            guard line.kind.isReport else { continue }
            guard let report = report(of: line) else {
                unread += 1
                continue
            }
            return (line.at, report)
        }
        return nil
    }

    /// Whether everything was played.
    public var isAtEnd: Bool { next >= lines.all.count }

    /// What a line tells; nil when it cannot be read.
    mutating func report(of line: RecordingLines.Line) -> Report? {
        lines.decoded(ReportWire.self, line)?.report(clouds: &clouds).map { report in
            // A line that came late counts as of the one before it.
            Report(source: report.source, revision: report.revision, observedAt: line.at, body: report.body)
        }
    }
}
