import CSystemd
import Glibc
import Model

/// The journal of one unit, open at a place. Used by one thread at a time.
final class Journal: Polled {
    /// Entries that are read before they are handed on.
    static let entriesMax = 200
    /// Lines of one entry that are kept.
    private static let linesMax = 64
    /// Bytes of one entry that are read: no more than a shown line can need, a few times over.
    private static let bytesMax = 64 << 10

    private let journal: OpaquePointer
    /// Resolved when there may be more.
    var grown: Awaited<Void>?

    /// Opens the journal, matching what `journalctl -u` matches.
    /// - Throws: `BusFailure` with the system's words.
    init(root: String, unit: String) throws {
        var made: OpaquePointer?
        let result =
            root.isEmpty
            ? sd_journal_open(&made, Int32(SD_JOURNAL_LOCAL_ONLY))
            : sd_journal_open_directory(&made, root, Int32(SD_JOURNAL_OS_ROOT))
        guard result >= 0, let made else { throw BusFailure(number: result) }
        journal = made
        sd_journal_set_data_threshold(made, Self.bytesMax)
        try match(unit)
    }

    deinit { sd_journal_close(journal) }

    /// - Source: systemd's `add_matches_for_unit()`: its own lines, its core dumps, systemd's and others' about it.
    private func match(_ unit: String) throws {
        let alternatives = [
            ["_SYSTEMD_UNIT=\(unit)"],
            ["MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1", "_UID=0", "COREDUMP_UNIT=\(unit)"],
            ["_PID=1", "UNIT=\(unit)"],
            ["_UID=0", "OBJECT_SYSTEMD_UNIT=\(unit)"],
        ]
        for alternative in alternatives {
            try check(sd_journal_add_disjunction(journal))
            for match in alternative { try check(sd_journal_add_match(journal, match, match.utf8.count)) }
        }
    }

    /// Goes to where the last so many entries begin, none older than a moment.
    func seek(last: Int, since: Timestamp?) throws {
        // Watching begins before reading, so that nothing is missed in between.
        try check(sd_journal_get_fd(journal))
        let sinceMicros = UInt64(max(0, since?.milliseconds ?? 0)) * 1_000
        // One more than wanted: reading begins after the entry where this stops.
        let wanted = max(0, min(last, 1 << 20)) + 1
        try check(sd_journal_seek_tail(journal))
        let skipped = try check(sd_journal_previous_skip(journal, UInt64(wanted)))
        if skipped == wanted, time >= sinceMicros || last <= 0 { return }
        try seekMoment(sinceMicros)
    }

    private func seekMoment(_ micros: UInt64) throws {
        if micros > 0 {
            try check(sd_journal_seek_realtime_usec(journal, micros))
        } else {
            try check(sd_journal_seek_head(journal))
        }
    }

    private var time: UInt64 {
        var micros: UInt64 = 0
        return sd_journal_get_realtime_usec(journal, &micros) >= 0 ? micros : 0
    }

    /// The lines of the next entries, at most so many of these; nil when there are none now.
    func read(most: Int) throws -> (lines: [LogLine], entries: Int)? {
        var lines: [LogLine] = []
        var count = 0
        while count < min(most, Self.entriesMax), try check(sd_journal_next(journal)) > 0 {
            count += 1
            lines += entry()
        }
        return count == 0 ? nil : (lines, count)
    }

    private func entry() -> [LogLine] {
        let at = Timestamp(milliseconds: Int64(clamping: time / 1_000))
        let level = field("PRIORITY").flatMap { $0.first }.flatMap { LogLine.Level(rawValue: Int($0) - 0x30) } ?? .info
        guard let message = field("MESSAGE") else { return [] }
        return message.split(separator: 0x0A, maxSplits: Self.linesMax)
            .prefix(Self.linesMax)
            .map { LogLine(at: at, level: level, text: SafeText.clean(String(decoding: $0, as: UTF8.self))) }
    }

    private func field(_ name: String) -> [UInt8]? {
        var data: UnsafeRawPointer?
        var length = 0
        guard sd_journal_get_data(journal, name, &data, &length) >= 0, let data else { return nil }
        let bytes = UnsafeRawBufferPointer(start: data, count: min(length, Self.bytesMax))
        return Array(bytes.dropFirst(name.utf8.count + 1))
    }

    // MARK: Waiting

    var descriptor: Int32 { sd_journal_get_fd(journal) }
    var events: Int16 { Int16(truncatingIfNeeded: max(0, sd_journal_get_events(journal))) }
    var deadline: UInt64? {
        var moment: UInt64 = .max
        return sd_journal_get_timeout(journal, &moment) >= 0 && moment != .max ? moment : nil
    }

    func turn() {
        // A file was added, removed or has grown: reading finds out what there is.
        if sd_journal_process(journal) != Int32(SD_JOURNAL_NOP) { grown?.finish(.success(())) }
    }

    @discardableResult
    private func check(_ result: Int32) throws -> Int32 {
        if result < 0 { throw BusFailure(number: result) }
        return result
    }
}

/// Reads one journal on a thread of its own: a slow disk holds up nobody else.
actor JournalReader {
    private let thread: PollThread
    private let root: String
    private let unit: String
    private var journal: Journal?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Throws: `SystemdError.thread`.
    init(root: String, unit: UnitName) throws {
        self.root = root
        self.unit = unit.text
        thread = try PollThread()
    }

    deinit { thread.end() }

    /// Opens the journal where the last so many entries begin.
    /// - Throws: `BusFailure`.
    func open(last: Int, since: Timestamp?) throws {
        let opened = try Journal(root: root, unit: unit)
        try opened.seek(last: last, since: since)
        journal = opened
    }

    /// The lines of the next entries, a bounded number of them; nil when there are none now.
    func read(most: Int = Journal.entriesMax) throws -> (lines: [LogLine], entries: Int)? {
        try journal?.read(most: most)
    }

    /// Waits until there may be more.
    func wait() async throws {
        guard let journal else { return }
        let grown = Awaited<Void>()
        journal.grown = grown
        thread.add(journal)
        defer { thread.remove(journal) }
        try await grown.value()
    }
}
