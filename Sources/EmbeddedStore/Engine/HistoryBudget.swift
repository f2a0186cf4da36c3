import Keyspace

/// How much of the past stays in memory for watches that resume and reads of old revisions.
struct HistoryBudget {
    /// Enough for a client that reads 100,000 keys in pages, or was away for some minutes, in a busy cluster.
    static let revisionsMax = 10_000
    /// A bound for memory when values are large.
    static let bytesMax = 64 << 20
    /// History is trimmed in steps of this many revisions, so that trimming costs nothing per commit.
    static let step = 1_000

    private var entries: [(revision: Int64, bytes: Int)] = []
    private var bytes = 0

    mutating func add(_ commit: Keyspace.Commit) {
        let size = commit.events.reduce(0) { $0 + $1.item.key.count + $1.item.value.count + 200 }
        entries.append((commit.revision, size))
        bytes += size
    }

    /// The revision to compact to; nil while all is within the budget.
    var excess: Int64? {
        if entries.count >= Self.revisionsMax + Self.step {
            return entries[entries.count - Self.revisionsMax].revision
        }
        guard bytes > Self.bytesMax else { return nil }
        // Down to half, so that large values too are trimmed in steps; the newest commit always stays.
        var left = bytes
        let keep = entries.firstIndex { entry in
            left -= entry.bytes
            return left <= Self.bytesMax / 2
        }
        return entries[min((keep ?? 0) + 1, entries.count - 1)].revision
    }

    mutating func forget(before revision: Int64) {
        let gone = entries.prefix { $0.revision < revision }
        bytes -= gone.reduce(0) { $0 + $1.bytes }
        entries.removeFirst(gone.count)
    }
}
