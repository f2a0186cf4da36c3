extension Keyspace {
    /// Runs a guarded transaction at one revision.
    ///
    /// The guards of nested transactions too see the keyspace as it was before; reads see what was written before them.
    /// - Throws: what the request got wrong; then nothing has changed.
    public mutating func txn(_ request: Txn) throws(KeyspaceError) -> Applied<TxnAnswer> {
        try checkSize([.txn(request)])
        try Self.checkOperations(of: request, atMost: limits.operations)
        _ = try Footprint(of: request.then)
        _ = try Footprint(of: request.otherwise)
        let plan = try plan(request)
        var change = Change(revision: revision + 1)
        let answer = apply(plan, in: &change)
        return finish(change, answer: answer)
    }

    /// A transaction whose guards have been decided and whose operations have been checked.
    private struct Plan {
        enum Step {
            case range(RangeRequest)
            case put(PutRequest)
            case delete(DeleteRequest)
            indirect case txn(Plan)
        }

        var succeeded: Bool
        var steps: [Step]
    }

    private func plan(_ request: Txn) throws(KeyspaceError) -> Plan {
        let succeeded = request.guards.allSatisfy(holds)
        var steps: [Plan.Step] = []
        for operation in succeeded ? request.then : request.otherwise {
            switch operation {
            case .range(let range):
                try check(range)
                steps.append(.range(range))
            case .put(let put):
                try check(put)
                steps.append(.put(put))
            case .delete(let delete):
                try check(delete)
                steps.append(.delete(delete))
            case .txn(let txn):
                steps.append(.txn(try plan(txn)))
            }
        }
        return Plan(succeeded: succeeded, steps: steps)
    }

    private mutating func apply(_ plan: Plan, in change: inout Change) -> TxnAnswer {
        var answers: [OperationAnswer] = []
        for step in plan.steps {
            switch step {
            case .range(let request):
                answers.append(.range(read(request)))
            case .put(let request):
                let previous = apply(request, in: &change)
                answers.append(.put(previous: request.wantsPrevious ? previous : nil))
            case .delete(let request):
                answers.append(.delete(apply(request, in: &change)))
            case .txn(let plan):
                answers.append(.txn(apply(plan, in: &change)))
            }
        }
        return TxnAnswer(succeeded: plan.succeeded, answers: answers)
    }

    /// Whether a guard holds for every key of its range; a range without keys is one absent key.
    private func holds(_ compare: Compare) -> Bool {
        var sawKey = false
        var holds = true
        records.visit(compare.range) { record in
            guard let item = record.current else { return true }
            sawKey = true
            holds = compare.holds(for: item)
            return holds
        }
        return sawKey ? holds : compare.holdsForAbsentKey
    }
}

extension Keyspace.Compare {
    fileprivate func holds(for item: Keyspace.KeyValue) -> Bool {
        switch target {
        case .version(let wanted): relates(item.version, wanted)
        case .createRevision(let wanted): relates(item.createRevision, wanted)
        case .modRevision(let wanted): relates(item.modRevision, wanted)
        case .lease(let wanted): relates(item.lease, wanted)
        case .value(let wanted):
            switch relation {
            case .equal: item.value == wanted
            case .notEqual: item.value != wanted
            case .greater: ByteOrder.precedes(wanted, item.value)
            case .less: ByteOrder.precedes(item.value, wanted)
            }
        }
    }

    /// An absent key has zeros everywhere, and no value that could be compared.
    fileprivate var holdsForAbsentKey: Bool {
        switch target {
        case .value: false
        case .version(let wanted), .createRevision(let wanted), .modRevision(let wanted), .lease(let wanted):
            relates(0, wanted)
        }
    }

    private func relates(_ found: Int64, _ wanted: Int64) -> Bool {
        switch relation {
        case .equal: found == wanted
        case .notEqual: found != wanted
        case .greater: found > wanted
        case .less: found < wanted
        }
    }
}
