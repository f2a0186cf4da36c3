import Etcd
import Model
import Registry
import Runtime
import Testing

@Suite(.serialized, .enabled(if: RealEtcd.isComplete, Comment(rawValue: RealEtcd.needs)))
struct `A store out of space` {
    /// A cluster whose agents are asked nothing.
    private struct NoAgents: AgentPort {
        func figures(at api: String) async throws -> (MachineFigures, [UnitName: UnitFigures]) {
            throw SourceError("no agents")
        }
        func restart(_ unit: UnitName, at api: String) async -> Outcome { .failed("no agents") }
        func log(_ request: LogRequest, at api: String, _ tell: @Sendable ([LogLine]) async -> Void) async throws {}
    }

    @Test func `says so to who writes, keeps leases alive, and goes on once there is space`() async throws {
        try await EtcdCluster.run(1, ["--quota-backend-bytes=\(4 << 20)"]) { cluster in
            try await withEtcdClient(EtcdConfiguration(endpoints: cluster.endpoints)) { client async throws in
                let registry = ClusterRegistry(cluster: "shop", store: client)
                let lease = try await client.grantLease(ttlSeconds: 30)
                #expect(try await registry.register(Machine(id: "m"), lease: lease.id) == .done)
                try await Self.fill(client)

                let source = ClusterSource(registry: registry, agents: NoAgents(), clock: SystemClock(), storeName: "x")
                let outcome = await source.carryOut(.scale("shop", to: 3, VMChoice()))

                #expect(outcome.text.contains("cannot scale"), "\(outcome.text)")
                #expect(outcome.text.contains("is out of disk quota; compact and defragment it"))
                #expect(!outcome.isDone)
                #expect(try await client.keepAlive(lease.id) == 30)
                #expect(try await registry.machines().map(\.id) == ["m"])
                try await Self.expectAlarm(registry)
                try await Self.makeSpace(client, cluster)
                #expect(await source.carryOut(.scale("shop", to: 3, VMChoice())).isDone)
                #expect(try await registry.members().map(\.alarms) == [[]])
            }
        }
    }

    private static func expectAlarm(_ registry: ClusterRegistry) async throws {
        let members = try await registry.members()
        #expect(members.map(\.alarms) == [["no space"]])
        #expect(members.allSatisfy { $0.isAnswering && $0.isLeader && ($0.databaseBytes ?? 0) > 3 << 20 })
    }

    private static func fill(_ client: EtcdClient) async throws {
        let value = [UInt8](repeating: 1, count: 1 << 20)
        do {
            for number in 0..<20 { try await client.put("/fill/\(number % 2)", value) }
            Issue.record("it took everything")
        } catch EtcdError.noSpace {}
    }

    /// What the sentence asks for.
    private static func makeSpace(_ client: EtcdClient, _ cluster: EtcdCluster) async throws {
        let mark = try await client.mark(at: "/fill/")
        for arguments in [["compact", String(mark.revision)], ["defrag"], ["alarm", "disarm"]] {
            try await cluster.control(0, arguments)
        }
    }
}
