extension Keyspace {
    /// A key at one revision in the past: its item, or nothing where it was deleted then.
    struct Version: Sendable {
        var revision: Int64
        var item: KeyValue?
    }

    /// All that is kept of one key.
    struct Record: Sendable {
        let key: [UInt8]
        /// The key as it lives; nil when its last change was a deletion.
        var current: KeyValue?
        /// Older versions, oldest first; a deletion that is the last change stands last.
        var past: [Version] = []

        /// The key as it was at a revision that is still kept.
        func item(at revision: Int64) -> KeyValue? {
            if let current, current.modRevision <= revision { return current }
            return past.last { $0.revision <= revision }?.item
        }

        /// Forgets what no read at or after the revision can see.
        mutating func compact(to revision: Int64) {
            if let current, current.modRevision <= revision {
                past.removeAll()
            } else if let seen = past.lastIndex(where: { $0.revision <= revision }) {
                past.removeFirst(past[seen].item == nil ? seen + 1 : seen)
            }
        }
    }

    /// Records in byte order of their keys, in chunks: an insertion moves one chunk's records, not all.
    struct RecordTable: Sendable {
        struct Chunk: Sendable {
            var records: [Record]
            /// How many of the records live now.
            var liveCount: Int
            /// No record of the chunk has changed after this revision.
            var newestRevision: Int64
        }

        /// Records a chunk may hold before it is split: moving them costs about as much as finding the place.
        static let chunkCapacity = 256

        private(set) var chunks: [Chunk] = []
        private(set) var liveCount = 0

        /// The record of a key.
        subscript(key: [UInt8]) -> Record? {
            let place = place(of: key)
            guard place.found else { return nil }
            return chunks[place.chunk].records[place.index]
        }

        /// Visits the records of a range in order until told to stop.
        func visit(_ range: KeyRange, _ visitor: (Record) -> Bool) {
            if case .single = range.end {
                if let record = self[range.lower] { _ = visitor(record) }
                return
            }
            var place = place(of: range.lower)
            while place.chunk < chunks.count {
                let records = chunks[place.chunk].records
                for index in place.index..<records.count {
                    if range.ends(before: records[index].key) || !visitor(records[index]) { return }
                }
                place = (place.chunk + 1, 0, false)
            }
        }

        /// Counts the keys of a range that lived at a revision, by whole chunks where nothing has changed since.
        func count(_ range: KeyRange, at revision: Int64) -> Int {
            if case .single = range.end { return self[range.lower]?.item(at: revision) == nil ? 0 : 1 }
            var place = place(of: range.lower)
            var count = 0
            while place.chunk < chunks.count {
                let chunk = chunks[place.chunk]
                if place.index == 0, chunk.newestRevision <= revision, let last = chunk.records.last,
                    !range.ends(before: last.key)
                {
                    count += chunk.liveCount
                } else {
                    for record in chunk.records[place.index...] {
                        if range.ends(before: record.key) { return count }
                        if record.item(at: revision) != nil { count += 1 }
                    }
                }
                place = (place.chunk + 1, 0, false)
            }
            return count
        }

        /// Makes the item the living version of its key and returns the one before it.
        mutating func put(_ item: KeyValue) -> KeyValue? {
            let place = place(of: item.key)
            guard place.found else {
                insert(Record(key: item.key, current: item), at: place)
                return nil
            }
            let previous = chunks[place.chunk].records[place.index].current
            if let previous {
                chunks[place.chunk].records[place.index].past.append(
                    Version(revision: previous.modRevision, item: previous))
            } else {
                chunks[place.chunk].liveCount += 1
                liveCount += 1
            }
            chunks[place.chunk].records[place.index].current = item
            chunks[place.chunk].newestRevision = item.modRevision
            return previous
        }

        /// Deletes a living key and returns it.
        mutating func delete(_ key: [UInt8], at revision: Int64) -> KeyValue? {
            let place = place(of: key)
            guard place.found, let previous = chunks[place.chunk].records[place.index].current else { return nil }
            chunks[place.chunk].records[place.index].current = nil
            chunks[place.chunk].records[place.index].past += [
                Version(revision: previous.modRevision, item: previous), Version(revision: revision, item: nil),
            ]
            chunks[place.chunk].liveCount -= 1
            chunks[place.chunk].newestRevision = revision
            liveCount -= 1
            return previous
        }

        /// Forgets what no read of the key at or after the revision can see.
        mutating func compact(_ key: [UInt8], to revision: Int64) {
            let place = place(of: key)
            guard place.found else { return }
            chunks[place.chunk].records[place.index].compact(to: revision)
            let record = chunks[place.chunk].records[place.index]
            guard record.current == nil, record.past.isEmpty else { return }
            chunks[place.chunk].records.remove(at: place.index)
            if chunks[place.chunk].records.isEmpty { chunks.remove(at: place.chunk) }
        }

        /// Where the key's record is, or belongs.
        private func place(of key: [UInt8]) -> (chunk: Int, index: Int, found: Bool) {
            guard !chunks.isEmpty else { return (0, 0, false) }
            // The last chunk that begins at or before the key; the first where all begin behind it.
            let behind = Self.firstIndex(below: chunks.count) { ByteOrder.precedes(key, chunks[$0].records[0].key) }
            let chunk = max(behind - 1, 0)
            let records = chunks[chunk].records
            let index = Self.firstIndex(below: records.count) { !ByteOrder.precedes(records[$0].key, key) }
            return (chunk, index, index < records.count && records[index].key == key)
        }

        /// The first index for which the condition holds; it must hold for every index after that too.
        private static func firstIndex(below count: Int, where holds: (Int) -> Bool) -> Int {
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if holds(middle) { high = middle } else { low = middle + 1 }
            }
            return low
        }

        private mutating func insert(_ record: Record, at place: (chunk: Int, index: Int, found: Bool)) {
            let revision = record.current?.modRevision ?? 0
            liveCount += 1
            guard !chunks.isEmpty else {
                chunks.append(Chunk(records: [record], liveCount: 1, newestRevision: revision))
                return
            }
            chunks[place.chunk].records.insert(record, at: place.index)
            chunks[place.chunk].liveCount += 1
            chunks[place.chunk].newestRevision = max(chunks[place.chunk].newestRevision, revision)
            if chunks[place.chunk].records.count > Self.chunkCapacity { split(place.chunk) }
        }

        private mutating func split(_ chunk: Int) {
            let half = chunks[chunk].records.count / 2
            let upper = Array(chunks[chunk].records[half...])
            chunks[chunk].records.removeSubrange(half...)
            let upperLive = upper.count { $0.current != nil }
            chunks[chunk].liveCount -= upperLive
            chunks.insert(
                Chunk(records: upper, liveCount: upperLive, newestRevision: chunks[chunk].newestRevision),
                at: chunk + 1)
        }
    }
}
