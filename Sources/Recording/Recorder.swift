import FoundationEssentials
import Glibc
public import Model

/// Writes what sources tell into a file that can be played again.
///
/// A line for each report, written whole: a crash loses none, a power cut two seconds at most. Every five minutes, and
/// earlier where much is told, all that is known is written once more, and what happened since the last time: so a
/// player need not begin at the start.
public actor Recorder {
    /// The version of the format that is written. A reader reads all up to its own.
    static let version = 1
    private static let keyInterval = Duration.seconds(300)
    /// All that is known is written earlier when so many times its size was told since, but not before so long: going
    /// to a moment stays quick, and the file becomes a third longer at most.
    private static let (keyShare, keyLeast) = (3, Duration.seconds(60))
    private static let syncInterval = Duration.seconds(2)
    /// Figures of a machine are kept this often.
    private static let figuresInterval = Duration.seconds(5)

    /// Where it goes.
    public nonisolated let path: String
    private let file: Int32
    private var known = RecordedMoment()
    private var clouds: [ID<Cloud>: CloudContents] = [:]
    private var figuresAt: [ID<Machine>: Timestamp] = [:]
    private var keyAt: Timestamp
    private var keyBytes = 0
    /// How much was written when all that is known had been.
    private var keyEnd = 0
    private var syncedAt: Timestamp
    private var lastAt: Timestamp
    private let encoder = JSONEncoder()
    /// It could not be written, and takes nothing more.
    public private(set) var isBroken = false
    /// How much was written so far.
    public private(set) var written = (reports: 0, bytes: 0)

    /// Begins a file; there must be none of that name.
    /// - Throws: `RecordingError`.
    public init(path: String, context: String, at now: Timestamp) throws(RecordingError) {
        self.path = path
        file = try AppendedFile.open(path, exclusively: true)
        keyAt = now
        syncedAt = now
        lastAt = now
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = HeaderWire(at: now.milliseconds, quarterdeck: "recording", version: Self.version, context: context)
        try AppendedFile.append(try Self.line(header, encoder, path), to: file, path: path)
    }

    deinit {
        fsync(file)
        close(file)
    }

    /// Writes a report.
    ///
    /// Sources tell at the same time, and one that looked at the clock first may come second: it is written as of the
    /// one before it.
    /// - Throws: `RecordingError` when it cannot be written.
    public func take(_ report: Report, at moment: Timestamp) throws(RecordingError) {
        let now = max(moment, lastAt)
        lastAt = now
        if case .figures(_, let machine, _, _) = report.body {
            if let last = figuresAt[machine], now.since(last) < Self.figuresInterval { return }
            figuresAt[machine] = now
        }
        if isKeyDue(now) { try writeAll(now) }
        try write(wire(report, now))
        // As a player will know it.
        known.apply(Report(source: report.source, revision: report.revision, observedAt: now, body: report.body))
        if now.since(syncedAt) >= Self.syncInterval {
            syncedAt = now
            fsync(file)
        }
    }

    private func wire(_ report: Report, _ now: Timestamp) -> ReportWire {
        guard case .cloud(let contents) = report.body else { return ReportWire(report, at: now) }
        let old = clouds.updateValue(contents, forKey: contents.cloud.id)
        guard let old else { return ReportWire(report, at: now) }
        return ReportWire(contents, since: old, of: report, at: now)
    }

    private func isKeyDue(_ now: Timestamp) -> Bool {
        let age = now.since(keyAt)
        let isMuch = written.bytes - keyEnd >= Self.keyShare * keyBytes
        return age >= (isMuch ? Self.keyLeast : Self.keyInterval)
    }

    /// What happened since the last time, and all that is known, as if every source told it now.
    private func writeAll(_ now: Timestamp) throws(RecordingError) {
        keyAt = now
        try write(HappenedWire(known.events, at: now))
        known.events = []
        let start = written.bytes
        try write(KeyWire(known, at: now))
        keyEnd = written.bytes
        keyBytes = keyEnd - start
    }

    private func write(_ value: some Encodable) throws(RecordingError) {
        let line = try Self.line(value, encoder, path)
        do {
            try AppendedFile.write(line, to: file, path: path)
        } catch {
            isBroken = true
            throw error
        }
        written.reports += 1
        written.bytes += line.count
    }

    private static func line(
        _ value: some Encodable, _ encoder: JSONEncoder, _ path: String
    ) throws(RecordingError) -> [UInt8] {
        do {
            return Array(try encoder.encode(value)) + [0x0A]
        } catch {
            throw .file("write", path, "\(error)")
        }
    }
}

/// The first line of a recording.
struct HeaderWire: Codable {
    var at: Int64
    var quarterdeck: String
    var version: Int
    var context: String
}

extension Inventory {
    /// Reports that make an inventory like this one.
    func reports(at now: Timestamp) -> [ReportWire] {
        var reports: [Report] = []
        for (id, part) in clouds.sorted(by: { $0.key < $1.key }) {
            reports.append(Report(source: .cloud(id), observedAt: now, body: .cloud(part.contents)))
        }
        for (id, part) in clusters.sorted(by: { $0.key < $1.key }) {
            let source = SourceID.cluster(id)
            reports.append(
                Report(source: source, revision: part.revision, observedAt: now, body: .cluster(part.contents)))
            for (machine, figures) in part.figures.sorted(by: { $0.key < $1.key }) {
                reports.append(Report(source: source, observedAt: now, body: .figures(id, machine, figures, [:])))
            }
        }
        for (source, freshness) in sources.sorted(by: { $0.key < $1.key }) {
            guard let since = freshness.silentSince else { continue }
            reports.append(Report(source: source, observedAt: since, body: .silent(freshness.why ?? "")))
        }
        return reports.map { ReportWire($0, at: $0.observedAt) }
    }
}
