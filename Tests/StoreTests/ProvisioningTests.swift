import Etcd
import Model
import Registry
import Testing

@Suite(.serialized) struct `Provisioning` {
    @Test(arguments: Backend.available) func `is done by one at a time, as long as its lease lives`(backend: Backend)
        async throws
    {
        try await backend.run { subject in
            let store = subject.store
            let registry = ClusterRegistry(cluster: "shop", store: store)
            let first = try await store.grantLease(ttlSeconds: 60).id
            let second = try await store.grantLease(ttlSeconds: 60).id

            #expect(try await registry.campaignToProvision(as: "one", lease: first) == nil)
            #expect(try await registry.campaignToProvision(as: "two", lease: second) == "one")
            #expect(try await registry.campaignToProvision(as: "one", lease: first) == nil)
            try await store.revokeLease(first)
            #expect(try await registry.campaignToProvision(as: "two", lease: second) == nil)
        }
    }

    @Test(arguments: Backend.available) func `keeps what was wished and what became of it`(backend: Backend)
        async throws
    {
        try await backend.run { subject in
            let store = subject.store
            let registry = ClusterRegistry(cluster: "shop", store: store)
            let choice = VMChoice(flavor: "small", networks: ["lan"], key: "ops", spread: "none", zone: "z1")
            try await registry.scale(to: 3, choice)
            let wish = try #require(try await registry.scale())
            #expect(wish.count == 3 && wish.choice == choice)
            #expect(try await registry.settled() == nil)

            try await registry.settle(wish: wish.wish, failure: "quota \u{1B}[31mexceeded")
            let settled = try #require(try await registry.settled())
            #expect(settled.wish == wish.wish)
            #expect(settled.failure?.contains("\u{1B}") == false)
            try await registry.scale(to: 4)
            #expect(try #require(try await registry.scale()).wish > settled.wish)
        }
    }

    @Test(arguments: Backend.available) func `tells an overlay network that the store has, and no other`(
        backend: Backend
    ) async throws {
        try await backend.run { subject in
            let store = subject.store
            let registry = ClusterRegistry(cluster: "shop", store: store)
            #expect(try await registry.read().contents.cluster.overlay == nil)
            let text = #"{"Network": "10.5.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}"#
            _ = try await store.put("/coreos.com/network/config", Array(text.utf8), lease: 0)
            #expect(
                try await registry.read().contents.cluster.overlay == "flannel 10.5.0.0/16, /24 a machine, vxlan")
            _ = try await store.put("/coreos.com/network/config", Array("no JSON".utf8), lease: 0)
            #expect(try await registry.read().contents.cluster.overlay == nil)
        }
    }
}
