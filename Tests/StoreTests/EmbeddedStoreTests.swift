import Etcd
import FoundationEssentials
import Testing

@testable import EmbeddedStore
@testable import Keyspace

@Suite(.serialized) struct `The embedded store` {
    @Test func `keeps keys, leases and its revision over a restart`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "store").path
            let (before, lease) = try await withClient(of: path) { client async throws in
                let lease = try await client.grantLease(ttlSeconds: 100)
                _ = try await client.put("/leased", [1], lease: lease.id)
                try await client.put("/empty", [])
                try await client.put("/gone", [])
                _ = try await client.delete("/gone")
                return (try await client.range(prefix: ""), lease)
            }
            try await withClient(of: path) { client async throws in
                let after = try await client.range(prefix: "")
                #expect(after == before)
                #expect(try await client.keepAlive(lease.id) == 100)
                #expect(try await client.put("/next", []) == before.revision + 1)
            }
        }
    }

    @Test func `has lost nothing it acknowledged when it is cut off at once`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "store").path
            let copy = directory.appending(path: "copy").path
            let revision = try await withClient(of: path) { client async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        group.addTask { for key in 0..<25 { try await client.put("/\(writer)/\(key)", [1]) } }
                    }
                    try await group.waitForAll()
                }
                let revision = try await client.put("/last", [9])
                // What lies on disk at the very moment of the acknowledgement is all a killed process leaves.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                return revision
            }
            try await withClient(of: copy) { client async throws in
                let all = try await client.range(prefix: "/")
                #expect(all.items.count == 201)
                #expect(all.revision == revision)
            }
        }
    }

    @Test func `tells who watches from before a restart to read anew, and goes on with who is up to date`() async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "store").path
            let revision = try await withClient(of: path) { client async throws in
                try await client.put("/k", [1])
                return try await client.put("/k", [2])
            }
            try await withClient(of: path) { client async throws in
                let log = UpdateLog()
                try await client.watch(prefix: "/", from: revision) { await log.add($0) }
                #expect(await log.updates.last == .compacted(revision + 1))
                try await watching(client, "/", from: revision + 1) { log async throws in
                    try await client.put("/k", [3])
                    try await eventually("the change is told") { await log.changes.count == 1 }
                }
            }
        }
    }

    @Test func `refuses a file another store has open`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "store").path
            try await withEmbeddedStore(path: path) { _ in
                #expect(throws: EmbeddedStoreError.inUse(path: path)) { _ = try EmbeddedStore(path: path) }
            }
            _ = try EmbeddedStore(path: path)
        }
    }

    @Test(arguments: ["hello, I am a letter", String(repeating: "x", count: 5000)])
    func `refuses a file that is something else and leaves it as it was`(_ text: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "letter")
            try Data(text.utf8).write(to: file)

            #expect(throws: EmbeddedStoreError.foreign(path: file.path)) { _ = try EmbeddedStore(path: file.path) }

            #expect(try Data(contentsOf: file) == Data(text.utf8))
        }
    }

    @Test func `refuses a damaged file`() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "store")
            try await withClient(of: file.path) { client async throws in
                for number in 0..<200 { try await client.put("/\(number)", [UInt8](repeating: 1, count: 500)) }
            }
            var bytes = try Data(contentsOf: file)
            for offset in 8192..<min(bytes.count, 60_000) { bytes[offset] = 0xaa }
            try bytes.write(to: file)

            do {
                _ = try EmbeddedStore(path: file.path)
                Issue.record("opened a damaged file")
            } catch EmbeddedStoreError.corrupt(let path, _) {
                #expect(path == file.path)
            }
            #expect(try Data(contentsOf: file) == bytes)
        }
    }

    @Test func `forgets old history by itself`() async throws {
        try await withStore(path: nil) { client async throws in
            let large = [UInt8](repeating: 1, count: 1_400_000)
            let first = try await client.put("/k", large)
            for _ in 0..<50 { try await client.put("/k", large) }
            let log = UpdateLog()
            try await client.watch(prefix: "/", from: first) { await log.add($0) }
            guard case .compacted(let kept) = await log.updates.last else {
                Issue.record("still has all history")
                return
            }
            #expect(kept > first)
            #expect(try await client.get("/k")?.value == large)
        }
    }

    @Test func `keeps some ten thousand revisions and no more`() {
        var budget = HistoryBudget()
        var kept: Int64 = 1
        for revision: Int64 in 1...100_000 {
            budget.add(Keyspace.Commit(revision: revision, events: []))
            guard let excess = budget.excess else { continue }
            budget.forget(before: excess)
            kept = excess
            #expect(revision - kept == 9_999)
        }
        #expect(kept > 89_000)
    }

    @Test func `serves on a socket in the file system`() async throws {
        try await withTemporaryDirectory { directory in
            let host = "unix://\(directory.path)/s"
            try await withEmbeddedStore(path: nil, host: host) { endpoint async throws in
                try await withEtcdClient(EtcdConfiguration(endpoints: [endpoint])) { client async throws in
                    try await client.put("/k", [1])
                    #expect(try await client.get("/k")?.value == [1])
                }
            }
        }
    }

    @Test func `says when its address is taken`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            let port = try #require(endpoint.split(separator: ":").last.flatMap { Int($0) })
            let second = try EmbeddedStore(path: nil, port: port)
            do {
                try await second.run { _ in Issue.record("listens twice") }
            } catch EmbeddedStoreError.cannotListen(let address, _) {
                #expect(address == "http://127.0.0.1:\(port)")
            }
        }
    }
}

extension `The embedded store` {
    private func withClient<Answer: Sendable>(
        of path: String, _ body: (EtcdClient) async throws -> Answer
    ) async throws -> Answer {
        try await withStore(path: path, body)
    }

    private func withStore<Answer: Sendable>(
        path: String?, _ body: (EtcdClient) async throws -> Answer
    ) async throws -> Answer {
        try await withEmbeddedStore(path: path) { endpoint async throws in
            try await withEtcdClient(EtcdConfiguration(endpoints: [endpoint]), body)
        }
    }
}
