extension Keyspace {
    /// The commits from a revision on that touch the range, with only the events in it.
    ///
    /// A revision that has not happened yet has no commits: ask again later.
    /// - Throws: `compacted` when history no longer reaches back so far.
    public func commits(
        in range: KeyRange, from revision: Int64, atMost limit: Int = .max
    ) throws(KeyspaceError) -> [Commit] {
        if revision < firstEventRevision { throw .compacted(first: firstEventRevision) }
        var found: [Commit] = []
        var index = Int(clamping: revision - firstEventRevision)
        while index < commits.count, found.count < limit {
            if let commit = commits[index].restricted(to: range) { found.append(commit) }
            index += 1
        }
        return found
    }

    /// How many revisions are kept for watches and reads of the past.
    public var historyCount: Int { commits.count }

    /// Forgets history before a revision: reads there are refused, watches cannot begin there.
    ///
    /// The state at the revision itself can still be read, and its events watched.
    /// - Throws: `compacted` when that has already been done, `futureRevision`.
    public mutating func compact(to target: Int64) throws(KeyspaceError) {
        if target <= compactedRevision { throw .compacted(first: compactedRevision) }
        if target > revision { throw .futureRevision }
        var dropped = 0
        for commit in commits where commit.revision <= target {
            for event in commit.events { records.compact(event.item.key, to: target) }
            if commit.revision < target { dropped += 1 }
        }
        commits.removeFirst(dropped)
        firstEventRevision = max(firstEventRevision, target)
        compactedRevision = target
    }
}

extension Keyspace.Commit {
    /// The commit with only the events in a range; nil when there are none.
    public func restricted(to range: Keyspace.KeyRange) -> Keyspace.Commit? {
        let inside = events.filter { range.contains($0.item.key) }
        return inside.isEmpty ? nil : Keyspace.Commit(revision: revision, events: inside)
    }
}
