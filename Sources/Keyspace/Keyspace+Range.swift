extension Keyspace {
    /// Reads a range.
    /// - Throws: `keyNotProvided`, `compacted`, `futureRevision`.
    public func range(_ request: RangeRequest) throws(KeyspaceError) -> RangeAnswer {
        try check(request)
        return read(request)
    }

    /// Reads one key as of now.
    public func item(_ key: [UInt8]) -> KeyValue? {
        records[key]?.current
    }

    func check(_ request: RangeRequest) throws(KeyspaceError) {
        if request.range.lower.isEmpty { throw .keyNotProvided }
        if request.revision > revision { throw .futureRevision }
        if request.revision > 0, request.revision < compactedRevision { throw .compacted(first: compactedRevision) }
    }

    /// Reads a range of a request that has been checked.
    func read(_ request: RangeRequest) -> RangeAnswer {
        let at = request.revision > 0 ? request.revision : Int64.max
        var answer = RangeAnswer()
        answer.count = records.count(request.range, at: at)
        if request.countOnly { return answer }
        let limit = request.limit > 0 ? request.limit : Int.max
        // Filters and orders see every item, so the limit then cuts afterwards, as etcd does.
        let early = request.isPlain ? limit : Int.max
        records.visit(request.range) { record in
            guard let item = record.item(at: at) else { return true }
            if answer.items.count == early {
                answer.more = true
                return false
            }
            if request.admits(item) { answer.items.append(item) }
            return true
        }
        request.sort(&answer.items)
        if answer.items.count > limit {
            answer.items.removeSubrange(limit...)
            answer.more = true
        }
        if request.keysOnly {
            for index in answer.items.indices { answer.items[index].value = [] }
        }
        return answer
    }
}

extension Keyspace.RangeRequest {
    /// Whether the items are the first of the range as they stand.
    fileprivate var isPlain: Bool {
        let hasFilter = modRevisionMin > 0 || modRevisionMax > 0 || createRevisionMin > 0 || createRevisionMax > 0
        return !hasFilter && effectiveOrder == .none
    }

    /// No order by another target than the key means ascending, as in etcd; keys ascend by themselves.
    private var effectiveOrder: SortOrder {
        switch (sortOrder, sortTarget) {
        case (.none, .key), (.ascending, .key): .none
        case (.none, _): .ascending
        default: sortOrder
        }
    }

    fileprivate func admits(_ item: Keyspace.KeyValue) -> Bool {
        (modRevisionMin <= 0 || item.modRevision >= modRevisionMin)
            && (modRevisionMax <= 0 || item.modRevision <= modRevisionMax)
            && (createRevisionMin <= 0 || item.createRevision >= createRevisionMin)
            && (createRevisionMax <= 0 || item.createRevision <= createRevisionMax)
    }

    /// Orders the items; equal ones stay in the order of their keys.
    fileprivate func sort(_ items: inout [Keyspace.KeyValue]) {
        let order = effectiveOrder
        if order == .none { return }
        items.sort { left, right in
            if isLess(left, right) { return order == .ascending }
            if isLess(right, left) { return order == .descending }
            return ByteOrder.precedes(left.key, right.key)
        }
    }

    private func isLess(_ left: Keyspace.KeyValue, _ right: Keyspace.KeyValue) -> Bool {
        switch sortTarget {
        case .key: ByteOrder.precedes(left.key, right.key)
        case .version: left.version < right.version
        case .createRevision: left.createRevision < right.createRevision
        case .modRevision: left.modRevision < right.modRevision
        case .value: ByteOrder.precedes(left.value, right.value)
        }
    }
}
