import Etcd
import Testing

@Suite(.serialized) struct `A watch` {
    @Test(arguments: Backend.available)
    func `tells each revision whole and in order`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            try await watching(store, "/w/") { log in
                let first = try await store.put("/w/a", [1])
                try await store.put("/other", [])
                let third = try await store.txn([.put("/w/b", [2]), .delete("/w/a"), .put("/elsewhere", [])]).revision
                try await eventually("both revisions are told") { await log.changes.count >= 2 }

                #expect(
                    await log.changes == [
                        .changes(
                            revision: first,
                            [
                                .put(
                                    KeyValue(
                                        key: "/w/a", value: [1], createRevision: first, modRevision: first, version: 1))
                            ]),
                        .changes(
                            revision: third,
                            [
                                .put(
                                    KeyValue(
                                        key: "/w/b", value: [2], createRevision: third, modRevision: third,
                                        version: 1)),
                                .delete(key: "/w/a", modRevision: third),
                            ]),
                    ])
            }
        }
    }

    @Test(arguments: Backend.available)
    func `begins in the past where it is asked to`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let first = try await store.put("/w/1", [])
            for number in 2...150 { try await store.put("/w/\(number)", []) }
            try await watching(store, "/w/", from: first + 1) { log in
                let last = try await store.put("/w/151", [])
                try await eventually("all is told") { await log.changes.count >= 150 }

                let revisions = await log.changes.compactMap { update -> Int64? in
                    if case .changes(let revision, _) = update { revision } else { nil }
                }
                #expect(revisions == Array(first + 1...last))
            }
        }
    }

    @Test(arguments: Backend.available)
    func `ends where history is compacted and says from where it is kept`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let first = try await store.put("/w", [1])
            for _ in 0..<5 { try await store.put("/w", [2]) }
            try await subject.compact(first + 4)
            let log = UpdateLog()

            try await store.watch(prefix: "/w", from: first) { await log.add($0) }

            #expect(await log.updates.last == .compacted(first + 4))
            #expect(await log.changes.isEmpty)
        }
    }

    @Test(arguments: Backend.available)
    func `shows that it lives`(_ backend: Backend) async throws {
        try await backend.run { subject in
            try await watching(subject.store, "/w/") { log in
                try await eventually("progress is told") {
                    await log.updates.contains { if case .progress = $0 { true } else { false } }
                }
            }
        }
    }

    @Test(arguments: Backend.available)
    func `tells a large revision in one piece`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let value = [UInt8](repeating: 7, count: 700_000)
            for number in 0..<4 { try await store.put("/w/\(number)", value) }
            try await watching(store, "/w/") { log in
                try await store.txn((0..<2).map { .put("/w/\($0)", value) })
                let last = try await store.txn([.deletePrefix("/w/")]).revision
                try await eventually("both are told") { await log.changes.count >= 2 }

                let changes = await log.changes
                guard case .changes(_, let puts) = changes[0], case .changes(last, let deletes) = changes[1] else {
                    Issue.record("\(changes.count) other updates")
                    return
                }
                #expect(puts.map(\.key) == ["/w/0", "/w/1"])
                #expect(deletes == (0..<4).map { .delete(key: "/w/\($0)", modRevision: last) })
            }
        }
    }
}

@Suite(.serialized) struct `A lease` {
    @Test(arguments: Backend.available)
    func `takes its keys with it when it is revoked`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let lease = try await store.grantLease(ttlSeconds: 60)
            #expect(lease.ttlSeconds >= 60)
            _ = try await store.put("/m/b", [], lease: lease.id)
            _ = try await store.put("/m/a", [], lease: lease.id)
            _ = try await store.put("/m/c", [], lease: lease.id)
            try await store.put("/m/c", [])
            try await watching(store, "/m/") { log in
                try await store.revokeLease(lease.id)
                try await eventually("the deletions are told") { await !log.changes.isEmpty }

                guard case .changes(let revision, let changes) = await log.changes.first else { return }
                #expect(
                    Set(changes) == [
                        .delete(key: "/m/a", modRevision: revision), .delete(key: "/m/b", modRevision: revision),
                    ])
            }
            #expect(try await store.range(prefix: "/m/").items.map(\.key) == ["/m/c"])
            await #expect(throws: EtcdError.leaseExpired(lease.id)) { try await store.revokeLease(lease.id) }
        }
    }

    @Test(arguments: Backend.available)
    func `ends when nobody renews it`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let lease = try await store.grantLease(ttlSeconds: 1)
            _ = try await store.put("/m", [], lease: lease.id)
            #expect(try await store.keepAlive(lease.id) == lease.ttlSeconds)
            try await watching(store, "/m") { log in
                await subject.advance(lease.ttlSeconds * 1000)
                try await eventually("the deletion is told") { await !log.changes.isEmpty }
            }
            #expect(try await store.get("/m") == nil)
            await #expect(throws: EtcdError.leaseExpired(lease.id)) { try await store.keepAlive(lease.id) }
        }
    }

    @Test(arguments: Backend.available)
    func `that does not exist is told apart from other trouble`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            await #expect(throws: EtcdError.leaseExpired(4711)) { try await store.keepAlive(4711) }
            await #expect(throws: EtcdError.leaseExpired(4711)) { _ = try await store.put("/k", [], lease: 4711) }
            let item = try await store.get("/k")
            #expect(item == nil)
        }
    }
}
