import Keyspace
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension Keyspace {
    @discardableResult
    fileprivate mutating func put(_ key: String, _ value: String = "", lease: Int64 = 0) throws -> Int64 {
        try put(PutRequest(bytes(key), bytes(value), lease: lease)).revision
    }

    fileprivate func keys(_ request: RangeRequest) throws -> [String] {
        try range(request).items.map { String(decoding: $0.key, as: UTF8.self) }
    }

    fileprivate func value(_ key: String, at revision: Int64) throws -> String? {
        var request = RangeRequest(.key(bytes(key)))
        request.revision = revision
        return try range(request).items.first.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

@Suite struct `A keyspace` {
    @Test func `begins at revision 1 and counts one for each transaction that changes something`() throws {
        var keyspace = Keyspace()
        #expect(keyspace.revision == 1)

        try keyspace.put("a")
        _ = try keyspace.delete(.init(.key(bytes("nothing"))))
        _ = try keyspace.txn(.init(then: [.put(.init(bytes("b"), [])), .put(.init(bytes("c"), []))]))
        _ = try keyspace.txn(.init(then: [.range(.init(.all))]))

        #expect(keyspace.revision == 3)
    }

    @Test func `remembers every version until it is compacted`() throws {
        var keyspace = Keyspace()
        let first = try keyspace.put("k", "1")
        let second = try keyspace.put("k", "2")
        let gone = try keyspace.delete(.init(.key(bytes("k")))).revision
        let again = try keyspace.put("k", "3")

        #expect(try keyspace.value("k", at: first) == "1")
        #expect(try keyspace.value("k", at: second) == "2")
        #expect(try keyspace.value("k", at: gone) == nil)
        #expect(try keyspace.value("k", at: again) == "3")
        #expect(keyspace.item(bytes("k"))?.version == 1)
        #expect(keyspace.item(bytes("k"))?.createRevision == again)

        try keyspace.compact(to: gone)

        #expect(throws: KeyspaceError.compacted(first: gone)) { try keyspace.value("k", at: second) }
        #expect(try keyspace.value("k", at: gone) == nil)
        #expect(try keyspace.value("k", at: again) == "3")
        #expect(throws: KeyspaceError.futureRevision) { try keyspace.value("k", at: again + 1) }
        #expect(throws: KeyspaceError.compacted(first: gone)) { try keyspace.compact(to: gone) }
        #expect(throws: KeyspaceError.futureRevision) { try keyspace.compact(to: again + 1) }
    }

    @Test func `keeps the past of keys that live on after others are compacted`() throws {
        var keyspace = Keyspace()
        try keyspace.put("old", "1")
        let middle = try keyspace.put("k", "1")
        try keyspace.put("k", "2")
        try keyspace.compact(to: middle)

        #expect(try keyspace.value("old", at: middle) == "1")
        #expect(try keyspace.value("k", at: middle) == "1")
        try keyspace.compact(to: keyspace.revision)
        #expect(try keyspace.value("old", at: 0) == "1")
        #expect(keyspace.historyCount == 1)
    }

    @Test func `cuts, counts, sorts and filters what it reads`() throws {
        var keyspace = Keyspace()
        for (key, value) in [("b", "2"), ("a", "3"), ("c", "1"), ("b", "0")] { try keyspace.put(key, value) }
        var request = Keyspace.RangeRequest(.all)
        #expect(try keyspace.keys(request) == ["a", "b", "c"])

        request.limit = 2
        let cut = try keyspace.range(request)
        #expect((cut.items.count, cut.more, cut.count) == (2, true, 3))

        request.limit = 3
        #expect(try !keyspace.range(request).more)

        request.sortOrder = .descending
        #expect(try keyspace.keys(request) == ["c", "b", "a"])
        request.sortTarget = .value
        #expect(try keyspace.keys(request) == ["a", "c", "b"])
        request.sortTarget = .version
        request.sortOrder = .none
        #expect(try keyspace.keys(request) == ["a", "c", "b"])

        request = Keyspace.RangeRequest(.all)
        request.modRevisionMin = 3
        request.createRevisionMax = 3
        #expect(try keyspace.keys(request) == ["a", "b"])
        request.keysOnly = true
        #expect(try keyspace.range(request).items.allSatisfy(\.value.isEmpty))
        request.countOnly = true
        #expect(try keyspace.range(request).count == 3)
        #expect(try keyspace.range(request).items.isEmpty)
    }

    @Test func `puts with the value or lease a key has`() throws {
        var keyspace = Keyspace()
        let lease = try keyspace.grantLease(ttlSeconds: 9, atMilliseconds: 0).id
        try keyspace.put("k", "old", lease: lease)
        var keepsValue = Keyspace.PutRequest(bytes("k"), [])
        keepsValue.ignoresValue = true
        var keepsLease = Keyspace.PutRequest(bytes("k"), bytes("new"))
        keepsLease.ignoresLease = true
        keepsLease.wantsPrevious = true

        #expect(try keyspace.put(keepsLease).answer?.value == bytes("old"))
        #expect(keyspace.item(bytes("k"))?.lease == lease)
        _ = try keyspace.put(keepsValue)
        #expect(keyspace.item(bytes("k"))?.value == bytes("new"))
        #expect(keyspace.item(bytes("k"))?.lease == 0)

        keepsValue.key = bytes("none")
        #expect(throws: KeyspaceError.keyNotFound) { try keyspace.put(keepsValue) }
        keepsLease.lease = lease
        #expect(throws: KeyspaceError.leaseProvided) { try keyspace.put(keepsLease) }
        keepsValue.value = [1]
        #expect(throws: KeyspaceError.valueProvided) { try keyspace.put(keepsValue) }
        #expect(throws: KeyspaceError.keyNotProvided) { try keyspace.put("") }
        #expect(throws: KeyspaceError.leaseNotFound) { try keyspace.put("k", lease: 77) }
    }

    @Test func `changes nothing when a transaction is refused`() throws {
        var keyspace = Keyspace()
        try keyspace.put("k")
        let before = keyspace.snapshot

        #expect(throws: KeyspaceError.leaseNotFound) {
            try keyspace.txn(.init(then: [.delete(.init(.key(bytes("k")))), .put(.init(bytes("x"), [], lease: 5))]))
        }

        #expect(keyspace.snapshot == before)
    }

    @Test func `tells two keys apart that differ only in length`() throws {
        var keyspace = Keyspace()
        let keys = ["a", "a\0", "aaaaaaaa", "aaaaaaaaa", "aaaaaaab", "b", "\u{7f}", "ÿ"]
        for key in keys.shuffled() { try keyspace.put(key) }

        #expect(
            try keyspace.keys(.init(.all)) == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func `goes on from a snapshot`() throws {
        var keyspace = Keyspace()
        let lease = try keyspace.grantLease(id: 40, ttlSeconds: 10, atMilliseconds: 0).id
        try keyspace.put("a", "1", lease: lease)
        try keyspace.put("a", "2", lease: lease)
        try keyspace.put("b", "1")

        var restored = Keyspace(restoring: keyspace.snapshot, atMilliseconds: 5_000)

        #expect(restored.snapshot.items == keyspace.snapshot.items)
        #expect(restored.revision == keyspace.revision)
        #expect(throws: KeyspaceError.compacted(first: 4)) { try restored.value("a", at: 2) }
        #expect(throws: KeyspaceError.compacted(first: 5)) { try restored.commits(in: .all, from: 4) }
        #expect(try restored.commits(in: .all, from: 5).isEmpty)
        #expect(restored.nextExpiryMilliseconds == 15_000)
        #expect(try restored.revokeLease(lease).answer == 1)
        #expect(try restored.grantLease(ttlSeconds: 5, atMilliseconds: 0).id == 41)
    }

    @Test func `stays in order under many changes, as a plain dictionary would`() throws {
        var keyspace = Keyspace()
        var model: [String: String] = [:]
        var generator = SplitMix(state: 7)
        for step in 0..<20_000 {
            let key = "k\(Int.random(in: 0..<3_000, using: &generator))"
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let deleted = try keyspace.delete(.init(.key(bytes(key)))).answer.deleted
                #expect((deleted == 1) == (model.removeValue(forKey: key) != nil))
            } else {
                try keyspace.put(key, "\(step)")
                model[key] = "\(step)"
            }
            if step % 5_000 == 4_999 { try keyspace.compact(to: keyspace.revision - 100) }
        }
        let old = keyspace.revision
        let expected = model.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try keyspace.keys(.init(.all)) == expected)
        #expect(keyspace.count == model.count)

        _ = try keyspace.delete(.init(.prefix(bytes("k1"))))
        var past = Keyspace.RangeRequest(.all)
        past.revision = old
        #expect(try keyspace.keys(past) == expected)
        #expect(try keyspace.range(past).count == expected.count)
        #expect(try keyspace.keys(.init(.all)) == expected.filter { !$0.hasPrefix("k1") })
    }
}

/// A small generator, so that a run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
