import Etcd
import Testing

/// What every key store keeps to: real etcd, the embedded store, and the keyspace alone.
@Suite(.serialized) struct `A key store` {
    @Test(
        .enabled(
            if: RealEtcd.isInstalled && RealEtcd.hasControl,
            "needs /usr/bin/etcd and /usr/bin/etcdctl (Debian: etcd-server, etcd-client)"))
    func `is compared with real etcd`() {
        #expect(Backend.available.contains(.etcd))
    }

    @Test(arguments: Backend.available)
    func `gives back what was put, with its revisions`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let first = try await store.put("/a", [1])
            let second = try await store.put("/a", [2])

            let item = try #require(try await store.get("/a"))

            #expect(second == first + 1)
            #expect(
                item == KeyValue(key: "/a", value: [2], createRevision: first, modRevision: second, version: 2))
            #expect(try await store.get("/b") == nil)
            #expect(try await store.delete("/a"))
            #expect(try await !store.delete("/a"))
        }
    }

    @Test(arguments: Backend.available)
    func `reads a prefix in pages at one revision`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            for chunk in 0..<100 {
                try await store.txn((0..<120).map { .put("/n/\(chunk * 120 + $0)", [UInt8($0)]) })
            }
            try await store.put("/o", [])

            let all = try await store.range(prefix: "/n/")

            #expect(all.items.count == 12_000)
            #expect(all.count == 12_000)
            #expect(all.items.map(\.key) == all.items.map(\.key).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(Set(all.items.map(\.key)).count == 12_000)
            #expect(try await store.deletePrefix("/n/") == 12_000)
            #expect(try await store.range(prefix: "/n/", revision: all.revision).items.count == 12_000)
            #expect(try await store.range(prefix: "").items.map(\.key) == ["/o"])
        }
    }

    @Test(arguments: Backend.available)
    func `takes only keys that begin with the prefix`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            for key in ["/a", "/a/", "/a/x", "/a0", "/b", "z", "é"] { try await store.put(key, []) }

            #expect(try await store.range(prefix: "/a/").items.map(\.key) == ["/a/", "/a/x"])
            #expect(try await store.range(prefix: "/a").items.map(\.key) == ["/a", "/a/", "/a/x", "/a0"])
            #expect(try await store.range(prefix: "é").items.map(\.key) == ["é"])
            #expect(try await store.range(prefix: "").items.count == 7)
            #expect(try await store.deletePrefix("/a/") == 2)
            #expect(try await store.range(prefix: "").items.count == 5)
        }
    }

    @Test(arguments: Backend.available)
    func `runs a transaction only if every guard holds`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let revision = try await store.put("/k", [7])
            let holding: [Compare] = [
                .modRevision("/k", revision), .createRevision("/k", revision), .version("/k", 1), .value("/k", [7]),
                .present("/k"), .absent("/none"), .modRevision("/none", 0),
            ]
            let failing: [Compare] = [
                .modRevision("/k", revision + 1), .createRevision("/k", 1), .version("/k", 2), .value("/k", [8]),
                .absent("/k"), .present("/none"), .value("/none", []),
            ]

            #expect(try await store.txn(if: holding, then: [], else: []).succeeded)
            for compare in failing {
                let result = try await store.txn(
                    if: holding + [compare], then: [.delete("/k")], else: [.get("/k"), .get("/none")])
                #expect(!result.succeeded, "\(compare)")
                #expect(result.revision == revision)
                #expect(result.fetched.map { $0.map(\.key) } == [["/k"], []])
            }
        }
    }

    @Test(arguments: Backend.available)
    func `answers each operation of a transaction in order`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            try await store.txn([.put("/p/1", [1]), .put("/p/2", [2]), .put("/q", [3])])

            let result = try await store.txn([.put("/r", [4]), .get("/r"), .deletePrefix("/p/"), .delete("/q")])

            #expect(result.fetched.map { $0.map(\.key) } == [[], ["/r"], ["/p/1", "/p/2"], ["/q"]])
            #expect(result.fetched[1].map(\.modRevision) == [result.revision])
            #expect(result.fetched[2].map(\.value) == [[1], [2]])
        }
    }

    @Test(arguments: Backend.available)
    func `refuses transactions that are too long or change a key twice`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            func puts(_ count: Int) -> [Op] { (0..<count).map { .put("/\($0)", []) } }

            #expect(try await store.txn(puts(128)).succeeded)
            do {
                try await store.txn(puts(129))
                Issue.record("took 129 operations")
            } catch EtcdError.tooManyOperations {}
            for twice: [Op] in [[.put("/x", [1]), .put("/x", [2])], [.put("/x", [1]), .deletePrefix("/x")]] {
                do {
                    try await store.txn(twice)
                    Issue.record("took \(twice)")
                } catch EtcdError.invalid(_, let cause) {
                    #expect(cause == "etcdserver: duplicate key given in txn request")
                }
            }
            #expect(try await store.get("/x") == nil)
        }
    }

    @Test(arguments: Backend.available)
    func `takes large values and refuses too large ones`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let large = [UInt8](repeating: 42, count: 1_500_000)

            try await store.put("/large", large)
            #expect(try await store.get("/large")?.value == large)
            for size in [1_573_000, 2_200_000, 6_000_000] {
                do {
                    try await store.put("/larger", [UInt8](repeating: 1, count: size))
                    Issue.record("took \(size) bytes")
                } catch EtcdError.tooLarge {}
            }
        }
    }

    @Test(arguments: Backend.available)
    func `answers hundreds of reads in a row`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            try await store.put("/k", [1])
            try await watching(store, "/") { log in
                for _ in 0..<300 { #expect(try await store.get("/k") != nil) }
                let revision = try await store.put("/last", [])
                try await eventually("the watch has lived through it") {
                    await log.changes.last
                        == .changes(
                            revision: revision,
                            [
                                .put(
                                    KeyValue(
                                        key: "/last", value: [], createRevision: revision, modRevision: revision,
                                        version: 1))
                            ])
                }
            }
        }
    }

    @Test(arguments: Backend.available)
    func `tells when a revision is compacted or has not come`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let store = subject.store
            let first = try await store.put("/k", [1])
            let second = try await store.put("/k", [2])
            #expect(try await store.range(prefix: "/k", revision: first).items.map(\.value) == [[1]])

            try await subject.compact(second)

            do {
                _ = try await store.range(prefix: "/k", revision: first)
                Issue.record("read a compacted revision")
            } catch EtcdError.compacted {}
            #expect(try await store.range(prefix: "/k", revision: second).items.map(\.value) == [[2]])
            do {
                _ = try await store.range(prefix: "/k", revision: second + 1)
                Issue.record("read a future revision")
            } catch EtcdError.futureRevision {}
        }
    }

    @Test(arguments: Backend.available)
    func `says how its members are`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let status = try await subject.store.status()

            #expect(status.count == 1)
            #expect(status.first?.isLeader == true)
            #expect(status.first?.answer == .given)
            #expect(status.first?.version.hasPrefix("3.") == true)
            #expect(status.first?.name.isEmpty == false)
        }
    }
}
