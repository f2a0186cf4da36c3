import Etcd
import Model
import Registry
import Testing

@Suite(.serialized, .enabled(if: RealEtcd.isComplete, Comment(rawValue: RealEtcd.needs)))
struct `A feed` {
    private static let file = "[Service]\nExecStart=/bin/true\n"

    @Test func `reads all anew when what it missed was compacted`() async throws {
        try await EtcdCluster.run(3) { cluster in
            try await withEtcdClient(EtcdConfiguration(endpoints: Array(cluster.endpoints[1...]))) {
                client async throws in
                let writer = ClusterRegistry(cluster: "shop", store: client)
                try await Self.submit(writer, "a.service", "b.service")
                // It knows one member only, so that it misses what is written while that one is dead.
                try await Self.follow([cluster.endpoints[0]]) { registry, log in
                    cluster.kill(0)
                    _ = try await cluster.leader(among: [1, 2])
                    try await insisting("writes go on") { try await writer.destroy("a.service") }
                    try await Self.submit(writer, "c.service")
                    let mark = try await client.mark(at: "/quarterdeck/shop/")
                    try await cluster.control(1, ["compaction", String(mark.revision)])

                    try await cluster.restart(0)

                    try await eventually("all is told anew") { await log.contents.count == 2 }
                    let anew = await log.contents[1]
                    #expect(anew.contents.units.map(\.name.text) == ["b.service", "c.service"])
                    #expect(!anew.contents.isRestored)
                    #expect(await log.changes.isEmpty)
                    try await writer.scale(to: 5)
                    try await eventually("changes go on") { await log.wanted == [5] }
                }
            }
        }
    }

    @Test(arguments: ["first", "another"])
    func `begins anew when the store was restored from a backup`(token: String) async throws {
        try await EtcdCluster.run(1) { cluster in
            try await Self.follow(cluster.endpoints) { registry, log in
                try await Self.submit(registry, "a.service")
                try await cluster.control(0, ["snapshot", "save", cluster.file("backup")])
                let backup = try await registry.store.mark(at: "/quarterdeck/shop/")
                try await Self.submit(registry, "b.service", "c.service")
                try await eventually("all is told") { await log.changes.count == 3 }

                try await cluster.restore(from: cluster.file("backup"), token: token)

                try await eventually("all is told anew") { await log.contents.count == 2 }
                let anew = await log.contents[1]
                #expect(anew.contents.isRestored)
                #expect(anew.contents.units.map(\.name.text) == ["a.service"])
                #expect(anew.revision == backup.revision)
                try await registry.scale(to: 5)
                try await eventually("changes go on") { await log.wanted == [5] }
                #expect(await log.contents.count == 2)
            }
        }
    }

    @Test func `is not misled by a member that is restarted`() async throws {
        try await EtcdCluster.run(1) { cluster in
            try await Self.follow(cluster.endpoints) { registry, log in
                try await Self.submit(registry, "a.service")
                cluster.kill(0)
                try await eventually("the feed says so") { await !log.isHeard }
                try await cluster.restart(0)
                try await insisting("writes go on") { try await registry.scale(to: 5) }
                try await eventually("changes go on") { await log.wanted == [5] }
                #expect(await log.contents.count == 1)
                #expect(await log.changes.count == 2)
            }
        }
    }

    private static func submit(_ registry: ClusterRegistry, _ names: String...) async throws {
        for name in names { try await registry.submit(try UnitName(name), try UnitFile(parsing: file), .launched) }
    }

    private static func follow(
        _ endpoints: [String], _ body: (ClusterRegistry, FeedLog) async throws -> Void
    ) async throws {
        try await withEtcdClient(EtcdConfiguration(endpoints: endpoints)) { client async throws in
            let registry = ClusterRegistry(cluster: "shop", store: client)
            try await following(registry) { try await body(registry, $0) }
        }
    }
}

@Suite(.serialized) struct `A scheduler's commit` {
    @Test(arguments: Backend.available)
    func `is refused once somebody else leads, whatever it would write`(_ backend: Backend) async throws {
        try await backend.run { subject in
            let registry = ClusterRegistry(cluster: "shop", store: subject.store)
            let first = try await subject.store.grantLease(ttlSeconds: 60)
            let second = try await subject.store.grantLease(ttlSeconds: 60)
            let old = try #require(try await registry.campaign(machine: "a", lease: first.id))
            #expect(try await registry.campaign(machine: "b", lease: second.id) == nil)
            var commit = registry.beginCommit()
            commit.write(placement: Placement(machine: "a", why: "wanted"), of: "web.service")
            // What happens to a leader that is stopped for longer than its lease lasts.
            try await subject.store.revokeLease(first.id)
            let new = try #require(try await registry.campaign(machine: "b", lease: second.id))

            let outcome = try await registry.finish(commit, fence: old)

            #expect(outcome == .deposed)
            #expect(try await registry.placement(of: "web.service") == nil)
            guard case .committed = try await registry.finish(commit, fence: new) else {
                Issue.record("the leader was refused")
                return
            }
            #expect(try await registry.placement(of: "web.service")?.machine == "a")
        }
    }
}
