import Keyspace
import Testing

private func put(_ key: String, _ value: String = "") -> Keyspace.Operation {
    .put(.init(Array(key.utf8), Array(value.utf8)))
}

private func guarding(
    _ key: String, _ relation: Keyspace.Compare.Relation, _ target: Keyspace.Compare.Target
) -> Keyspace.Compare {
    Keyspace.Compare(.key(Array(key.utf8)), relation, target)
}

@Suite struct `A transaction` {
    @Test func `compares every field in every way`() throws {
        var keyspace = Keyspace()
        let lease = try keyspace.grantLease(ttlSeconds: 9, atMilliseconds: 0).id
        _ = try keyspace.put(.init(Array("k".utf8), [5], lease: lease))
        _ = try keyspace.put(.init(Array("k".utf8), [6], lease: lease))
        let holding = [
            guarding("k", .equal, .version(2)), guarding("k", .greater, .version(1)),
            guarding("k", .equal, .createRevision(2)), guarding("k", .less, .createRevision(3)),
            guarding("k", .equal, .modRevision(3)), guarding("k", .notEqual, .modRevision(2)),
            guarding("k", .equal, .value([6])), guarding("k", .greater, .value([5, 9])),
            guarding("k", .less, .value([6, 0])), guarding("k", .notEqual, .value([])),
            guarding("k", .equal, .lease(lease)), guarding("none", .equal, .lease(0)),
            guarding("none", .equal, .createRevision(0)), guarding("none", .less, .version(1)),
        ]
        for compare in holding {
            #expect(try keyspace.txn(.init(if: [compare], then: [])).answer.succeeded, "\(compare)")
        }
        for compare in [
            guarding("none", .equal, .value([])), guarding("none", .notEqual, .value([1])),
            guarding("k", .greater, .value([6])), guarding("k", .equal, .version(1)),
        ] {
            #expect(try !keyspace.txn(.init(if: [compare], then: [])).answer.succeeded, "\(compare)")
        }
    }

    @Test func `compares every key of a range`() throws {
        var keyspace = Keyspace()
        _ = try keyspace.txn(.init(then: [put("/a"), put("/b")]))
        let all = Keyspace.Compare(.prefix(Array("/".utf8)), .equal, .version(1))

        #expect(try keyspace.txn(.init(if: [all], then: [put("/b")])).answer.succeeded)
        #expect(try !keyspace.txn(.init(if: [all], then: [put("/b")])).answer.succeeded)
    }

    @Test func `sees its own writes and nests`() throws {
        var keyspace = Keyspace()
        let inner = Keyspace.Txn(
            if: [guarding("k", .equal, .version(0))], then: [.range(.init(.all)), put("inner")], else: [put("never")])

        let applied = try keyspace.txn(.init(then: [put("k", "1"), .txn(inner), .range(.init(.all))]))

        guard case .txn(let nested) = applied.answer.answers[1], case .range(let seen) = nested.answers[0],
            case .range(let last) = applied.answer.answers[2]
        else {
            Issue.record("\(applied.answer)")
            return
        }
        #expect(nested.succeeded)
        #expect(seen.items.map(\.modRevision) == [2])
        #expect(last.count == 2)
        #expect(applied.commit?.events.count == 2)
        #expect(keyspace.revision == 2)
    }

    @Test func `changes no key twice`() throws {
        var keyspace = Keyspace()
        let delete = Keyspace.Operation.delete(.init(.prefix(Array("/a".utf8))))
        let branches = Keyspace.Operation.txn(.init(then: [put("/a")], else: [put("/a")]))
        let refused: [[Keyspace.Operation]] = [
            [put("/a"), put("/a")], [put("/a"), delete], [branches, put("/a")], [branches, branches],
            [branches, delete],
            [.txn(.init(then: [delete])), put("/ab")],
        ]
        for operations in refused {
            #expect(throws: KeyspaceError.duplicateKey) { try keyspace.txn(.init(then: operations)) }
        }
        #expect(throws: KeyspaceError.duplicateKey) { try keyspace.txn(.init(then: [], else: refused[0])) }
        _ = try keyspace.txn(.init(then: [branches, put("/b")]))
        _ = try keyspace.txn(.init(then: [delete, delete]))
        #expect(keyspace.revision == 3)
    }

    @Test func `has bounds`() throws {
        var keyspace = Keyspace()
        let many = (0..<129).map { put("\($0)") }
        let guards = (0..<129).map { guarding("\($0)", .equal, .version(0)) }
        let nested = Keyspace.Operation.txn(.init(then: Array(many.prefix(128))))
        let large = Keyspace.Operation.put(.init([1], [UInt8](repeating: 0, count: 1_572_864)))

        #expect(throws: KeyspaceError.tooManyOperations) { try keyspace.txn(.init(then: many)) }
        #expect(throws: KeyspaceError.tooManyOperations) { try keyspace.txn(.init(then: [], else: many)) }
        #expect(throws: KeyspaceError.tooManyOperations) { try keyspace.txn(.init(if: guards, then: [])) }
        #expect(throws: KeyspaceError.tooManyOperations) { try keyspace.txn(.init(then: [nested])) }
        #expect(throws: KeyspaceError.requestTooLarge) { try keyspace.txn(.init(then: [large])) }
        #expect(try keyspace.txn(.init(then: Array(many.prefix(128)))).commit?.events.count == 128)
    }
}

@Suite struct `A lease of a keyspace` {
    @Test func `ends on time and not before`() throws {
        var keyspace = Keyspace()
        let short = try keyspace.grantLease(ttlSeconds: 1, atMilliseconds: 500).id
        let long = try keyspace.grantLease(ttlSeconds: 2, atMilliseconds: 500).id
        _ = try keyspace.put(.init([2], [], lease: short))
        _ = try keyspace.put(.init([1], [], lease: short))
        _ = try keyspace.put(.init([3], [], lease: long))

        #expect(keyspace.nextExpiryMilliseconds == 1_500)
        #expect(keyspace.expireLeases(atMilliseconds: 1_499).isEmpty)
        let ended = keyspace.expireLeases(atMilliseconds: 1_500)

        #expect(ended.map(\.answer) == [short])
        #expect(ended.first?.commit?.events.map(\.item.key) == [[1], [2]])
        #expect(keyspace.count == 1)
        #expect(throws: KeyspaceError.leaseNotFound) { try keyspace.keepAlive(short, atMilliseconds: 1_500) }
        #expect(try keyspace.keepAlive(long, atMilliseconds: 2_000) == 2)
        #expect(keyspace.nextExpiryMilliseconds == 4_000)
        #expect(keyspace.lease(long, atMilliseconds: 3_000)?.remainingMilliseconds == 1_000)
        #expect(keyspace.lease(long, atMilliseconds: 4_000) == nil)
        #expect(throws: KeyspaceError.leaseNotFound) { try keyspace.keepAlive(long, atMilliseconds: 4_000) }
    }

    @Test func `has the ID and the bounds it is asked for`() throws {
        var keyspace = Keyspace()
        #expect(try keyspace.grantLease(id: 7, ttlSeconds: 0, atMilliseconds: 0).grantedTTLSeconds == 1)
        #expect(throws: KeyspaceError.leaseExists) {
            try keyspace.grantLease(id: 7, ttlSeconds: 5, atMilliseconds: 0)
        }
        #expect(throws: KeyspaceError.leaseTTLTooLarge) {
            try keyspace.grantLease(ttlSeconds: 9_000_000_001, atMilliseconds: 0)
        }
        #expect(keyspace.leaseIDs == [7])
    }

    @Test func `lets go of a key that is deleted or put on another lease`() throws {
        var keyspace = Keyspace()
        let one = try keyspace.grantLease(ttlSeconds: 9, atMilliseconds: 0).id
        let other = try keyspace.grantLease(ttlSeconds: 9, atMilliseconds: 0).id
        for key: UInt8 in 1...3 { _ = try keyspace.put(.init([key], [], lease: one)) }
        _ = try keyspace.put(.init([1], [], lease: other))
        _ = try keyspace.delete(.init(.key([2])))

        #expect(keyspace.lease(one, atMilliseconds: 0)?.keys == [[3]])
        #expect(try keyspace.revokeLease(one).answer == 1)
        #expect(keyspace.item([1]) != nil)
        #expect(throws: KeyspaceError.leaseNotFound) { try keyspace.revokeLease(one) }
    }
}

@Suite struct `A watch of a keyspace` {
    @Test func `sees each revision's events in its range, with what was before`() throws {
        var keyspace = Keyspace()
        _ = try keyspace.txn(.init(then: [put("/a", "1"), put("/b"), put("x")]))
        _ = try keyspace.txn(.init(then: [put("y")]))
        _ = try keyspace.txn(.init(then: [.delete(.init(.prefix(Array("/".utf8))))]))

        let commits = try keyspace.commits(in: .prefix(Array("/".utf8)), from: 2)

        #expect(commits.map(\.revision) == [2, 4])
        #expect(commits.map { $0.events.map(\.isDelete) } == [[false, false], [true, true]])
        #expect(commits[1].events[0].previous?.value == Array("1".utf8))
        #expect(commits[1].events[0].item.modRevision == 4)
        #expect(try keyspace.commits(in: .all, from: 2, atMost: 1).map(\.revision) == [2])
        #expect(try keyspace.commits(in: .all, from: 9).isEmpty)
    }

    @Test func `can begin at the compacted revision and not before`() throws {
        var keyspace = Keyspace()
        for _ in 0..<5 { _ = try keyspace.put(.init([1], [])) }
        try keyspace.compact(to: 4)

        #expect(try keyspace.commits(in: .all, from: 4).map(\.revision) == [4, 5, 6])
        #expect(throws: KeyspaceError.compacted(first: 4)) { try keyspace.commits(in: .all, from: 3) }
    }
}
