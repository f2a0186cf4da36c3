import Etcd
import Model
import Registry
import Testing

@Suite(.serialized, .enabled(if: RealEtcd.isComplete, Comment(rawValue: RealEtcd.needs)))
struct `A store of three members` {
    @Test func `goes on within seconds when its leader is killed, and its feed loses and doubles nothing`() async throws
    {
        try await EtcdCluster.run(3) { cluster in
            // As long as in production, or nearly: that decides how soon a call tries another member.
            try await Self.follow(cluster, timeout: .seconds(6)) { client, registry, log in
                let lease = try await client.grantLease(ttlSeconds: 60)
                #expect(try await registry.register(Machine(id: "m"), lease: lease.id) == .done)
                for count in 1...20 {
                    try await insisting("a write succeeds") {
                        try await registry.scale(to: count)
                    }
                }
                let leader = try await cluster.leader()

                cluster.kill(leader)

                let start = ContinuousClock.now
                try await insisting("a write succeeds") { try await registry.scale(to: 21) }
                #expect(try await insisting("a lease is renewed") { try await client.keepAlive(lease.id) } == 60)
                #expect(try await insisting("a read succeeds") { try await registry.scale()?.count } == 21)
                try await eventually("the feed goes on") { await log.wanted.last == 21 }
                // A client that waited for the dead member's connection to end would need a quarter of an hour.
                #expect(ContinuousClock.now - start < .seconds(60))
                for count in 22...60 {
                    try await insisting("writes go on") { try await registry.scale(to: count) }
                }
                try await cluster.restart(leader)
                try await registry.scale(to: 61)
                try await eventually("all is told") { await log.wanted.last == 61 }
                #expect(await log.lostMachines == [])
                try await Self.expectWhole(log, client)
            }
        }
    }

    /// The feed told exactly the revisions that the store has kept, in order.
    private static func expectWhole(_ log: FeedLog, _ client: EtcdClient) async throws {
        let first = await log.contents.first?.revision ?? 0
        #expect(await log.contents.count == 1)
        let told = await log.changes.map(\.revision)
        try await watching(client, "/quarterdeck/shop/", from: first + 1) { history in
            try await eventually("the history is told") { await history.changes.count >= told.count }
            let kept = await history.changes.compactMap {
                if case .changes(let revision, _) = $0 { revision } else { nil }
            }
            #expect(told == kept)
        }
    }

    @Test func `says that it has no quorum, and loses neither leases nor changes while it has none`() async throws {
        try await EtcdCluster.run(3) { cluster in
            try await Self.follow(cluster, timeout: .seconds(3)) { client, registry, log in
                let lease = try await client.grantLease(ttlSeconds: 8)
                #expect(try await registry.register(Machine(id: "m"), lease: lease.id) == .done)
                let leader = try await cluster.leader()
                let others = (0..<3).filter { $0 != leader }

                _ = try await client.keepAlive(lease.id)
                for index in others { cluster.freeze(index) }

                let start = ContinuousClock.now
                try await eventually("the feed says so") { await !log.aways.isEmpty }
                try await Self.expectNoQuorum(registry, leader)
                // Longer than the lease lives.
                try await Task.sleep(until: start + .seconds(11))
                for index in others { cluster.thaw(index) }
                #expect(try await insisting("the lease is renewed") { try await client.keepAlive(lease.id) } == 8)
                try await insisting("writes go on") { try await registry.scale(to: 1) }
                try await eventually("the feed goes on") { await log.wanted.last == 1 }
                #expect(await log.lostMachines == [])
                #expect(await log.contents.count == 1)
            }
        }
    }

    /// A call fails in its time with the reason, and each member tells how it is.
    private static func expectNoQuorum(_ registry: ClusterRegistry, _ leader: Int) async throws {
        let start = ContinuousClock.now
        do {
            try await registry.scale(to: 7)
            Issue.record("wrote without a quorum")
        } catch let error as EtcdError {
            switch error {
            case .unavailable, .timeout: break
            default: Issue.record("\(error)")
            }
        }
        // Its own time is 3 s; without one it would wait for ever.
        #expect(ContinuousClock.now - start < .seconds(30))
        var cluster = Cluster(id: "shop", name: "shop")
        try await eventually("the member left knows no leader") {
            cluster.members = try await registry.members()
            return cluster.hasQuorum == false
        }
        #expect(cluster.members.map(\.isAnswering) == (0..<3).map { $0 == leader })
        #expect(cluster.members.map(\.name) == ["m0", "m1", "m2"])
        #expect(cluster.members.allSatisfy { $0.isAsked && !$0.isLeader })
    }

    @Test func `leaves no watch in silence on a member that is cut off from the others`() async throws {
        try await EtcdCluster.run(3) { cluster in
            let leader = try await cluster.leader()
            // A watch that waits for signs of life alone would take half a minute.
            try await withEtcdClient(EtcdConfiguration(endpoints: [cluster.endpoints[leader]])) { client async throws in
                let log = UpdateLog()
                async let watch: Void = client.watch(prefix: "/", from: 0) { await log.add($0) }
                try await eventually("the watch stands") { await log.isOpen }

                for index in 0..<3 where index != leader { cluster.freeze(index) }

                do {
                    try await watch
                    Issue.record("the watch ended as if history were gone")
                } catch EtcdError.unavailable(_, let cause) {
                    // Silence would be another cause.
                    #expect(cause.contains("no leader"), "\(cause)")
                }
            }
        }
    }

    @Test func `is followed on when a member is replaced by one at another address`() async throws {
        try await EtcdCluster.run(3) { cluster in
            try await Self.follow(cluster) { _, registry, log in
                cluster.kill(2)
                _ = try await cluster.leader(among: [0, 1])
                try await cluster.replace(2, by: 0)
                try await Self.scale(registry, to: 1, log)

                // Now a majority is one member that the client knows, and one that it does not.
                cluster.kill(0)

                try await Self.scale(registry, to: 2, log)
                try await Self.expectReplaced(registry)
            }
        }
    }

    private static func scale(_ registry: ClusterRegistry, to count: Int, _ log: FeedLog) async throws {
        try await insisting("writes go on") { try await registry.scale(to: count) }
        try await eventually("the feed goes on") { await log.wanted.last == count }
    }

    private static func expectReplaced(_ registry: ClusterRegistry) async throws {
        let members = try await registry.members()
        #expect(members.count { $0.isAsked } == 3)
        #expect(members.last?.name == "m3")
        #expect(members.last?.isAsked == false)
        #expect(members.filter { $0.isAnswering }.map(\.name) == ["m1"])
    }

    private static func follow(
        _ cluster: EtcdCluster, timeout: Duration = .seconds(5),
        _ body: (EtcdClient, ClusterRegistry, FeedLog) async throws -> Void
    ) async throws {
        var configuration = EtcdConfiguration(endpoints: cluster.endpoints, requestTimeout: timeout)
        configuration.progressInterval = .seconds(1)
        try await withEtcdClient(configuration) { client async throws in
            let registry = ClusterRegistry(cluster: "shop", store: client)
            try await following(registry) { try await body(client, registry, $0) }
        }
    }
}
