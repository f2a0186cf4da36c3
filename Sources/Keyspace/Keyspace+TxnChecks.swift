extension Keyspace {
    /// Refuses a transaction with too many operations or guards; a nested one counts on top of those around it.
    static func checkOperations(of request: Txn, atMost limit: Int) throws(KeyspaceError) {
        let most = max(request.guards.count, request.then.count, request.otherwise.count)
        if most > limit { throw .tooManyOperations }
        if request.guards.contains(where: \.range.lower.isEmpty) { throw .keyNotProvided }
        for case .txn(let nested) in request.then + request.otherwise {
            try checkOperations(of: nested, atMost: limit - most)
        }
    }

    /// Refuses operations that carry more than a request may.
    func checkSize(_ operations: [Operation]) throws(KeyspaceError) {
        let bytes = operations.reduce(0) { $0 + $1.byteCount }
        if bytes > limits.requestBytes { throw .requestTooLarge }
    }

    /// The keys a list of operations puts, and the ranges it deletes: no key may be changed twice at one revision.
    struct Footprint {
        private(set) var puts: Set<[UInt8]> = []
        private var deletes: [KeyRange] = []

        /// - Throws: `duplicateKey`.
        init(of operations: [Operation]) throws(KeyspaceError) {
            for case .delete(let request) in operations { deletes.append(request.range) }
            for case .txn(let nested) in operations {
                try add(Footprint(of: nested.then), or: Footprint(of: nested.otherwise))
            }
            for case .put(let request) in operations { try add(request.key) }
        }

        /// Adds what one of two branches does; they exclude each other, so both may put the same key.
        private mutating func add(_ one: Footprint, or other: Footprint) throws(KeyspaceError) {
            for key in one.puts.union(other.puts) { try add(key) }
            deletes += one.deletes + other.deletes
        }

        private mutating func add(_ key: [UInt8]) throws(KeyspaceError) {
            if deletes.contains(where: { $0.contains(key) }) { throw .duplicateKey }
            if !puts.insert(key).inserted { throw .duplicateKey }
        }
    }
}

extension Keyspace.Operation {
    /// The bytes of keys and values the operation carries.
    fileprivate var byteCount: Int {
        switch self {
        case .range(let request): request.range.byteCount
        case .put(let request): request.key.count + request.value.count
        case .delete(let request): request.range.byteCount
        case .txn(let request):
            request.guards.reduce(0) { $0 + $1.byteCount }
                + (request.then + request.otherwise).reduce(0) { $0 + $1.byteCount }
        }
    }
}

extension Keyspace.KeyRange {
    fileprivate var byteCount: Int { lower.count + rangeEnd.count }
}

extension Keyspace.Compare {
    fileprivate var byteCount: Int {
        if case .value(let value) = target { return range.byteCount + value.count }
        return range.byteCount
    }
}
