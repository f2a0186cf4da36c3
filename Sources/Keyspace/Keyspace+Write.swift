extension Keyspace {
    /// Writes one key.
    /// - Throws: what the request got wrong; then nothing has changed.
    public mutating func put(_ request: PutRequest) throws(KeyspaceError) -> Applied<KeyValue?> {
        try checkSize([.put(request)])
        try check(request)
        var change = Change(revision: revision + 1)
        let previous = apply(request, in: &change)
        return finish(change, answer: request.wantsPrevious ? previous : nil)
    }

    /// Deletes a range; a range without keys changes nothing.
    /// - Throws: `keyNotProvided`, `requestTooLarge`.
    public mutating func delete(_ request: DeleteRequest) throws(KeyspaceError) -> Applied<DeleteAnswer> {
        try checkSize([.delete(request)])
        try check(request)
        var change = Change(revision: revision + 1)
        let answer = apply(request, in: &change)
        return finish(change, answer: answer)
    }

    /// The events of one revision while they are gathered.
    struct Change {
        let revision: Int64
        var events: [Event] = []
    }

    func check(_ request: PutRequest) throws(KeyspaceError) {
        if request.key.isEmpty { throw .keyNotProvided }
        if request.ignoresValue, !request.value.isEmpty { throw .valueProvided }
        if request.ignoresLease, request.lease != 0 { throw .leaseProvided }
        if request.ignoresValue || request.ignoresLease, item(request.key) == nil { throw .keyNotFound }
        if request.lease != 0, leases[request.lease] == nil { throw .leaseNotFound }
    }

    func check(_ request: DeleteRequest) throws(KeyspaceError) {
        if request.range.lower.isEmpty { throw .keyNotProvided }
    }

    /// Writes the key of a request that has been checked and returns the item before.
    mutating func apply(_ request: PutRequest, in change: inout Change) -> KeyValue? {
        let old = item(request.key)
        let item = KeyValue(
            key: request.key,
            value: request.ignoresValue ? old?.value ?? [] : request.value,
            createRevision: old?.createRevision ?? change.revision,
            modRevision: change.revision,
            version: (old?.version ?? 0) + 1,
            lease: request.ignoresLease ? old?.lease ?? 0 : request.lease)
        let previous = records.put(item)
        moveLease(of: item.key, from: previous?.lease ?? 0, to: item.lease)
        change.events.append(Event(item: item, isDelete: false, previous: previous))
        return previous
    }

    /// Deletes the keys of a request that has been checked.
    mutating func apply(_ request: DeleteRequest, in change: inout Change) -> DeleteAnswer {
        var keys: [[UInt8]] = []
        records.visit(request.range) { record in
            if record.current != nil { keys.append(record.key) }
            return true
        }
        var answer = DeleteAnswer()
        for key in keys {
            guard let previous = delete(key, in: &change) else { continue }
            answer.deleted += 1
            if request.wantsPrevious { answer.previous.append(previous) }
        }
        return answer
    }

    /// Deletes one key, if it lives, and returns it.
    mutating func delete(_ key: [UInt8], in change: inout Change) -> KeyValue? {
        guard let previous = records.delete(key, at: change.revision) else { return nil }
        moveLease(of: key, from: previous.lease, to: 0)
        let gone = KeyValue(
            key: key, value: [], createRevision: 0, modRevision: change.revision, version: 0, lease: 0)
        change.events.append(Event(item: gone, isDelete: true, previous: previous))
        return previous
    }

    /// Makes the change the newest revision, if it changed anything.
    mutating func finish<Answer>(_ change: Change, answer: Answer) -> Applied<Answer> {
        guard !change.events.isEmpty else { return Applied(answer: answer, revision: revision, commit: nil) }
        let commit = Commit(revision: change.revision, events: change.events)
        revision = change.revision
        commits.append(commit)
        return Applied(answer: answer, revision: revision, commit: commit)
    }

    private mutating func moveLease(of key: [UInt8], from old: Int64, to new: Int64) {
        guard old != new else { return }
        if old != 0 { leases[old]?.keys.remove(key) }
        if new != 0 { leases[new]?.keys.insert(key) }
    }
}
