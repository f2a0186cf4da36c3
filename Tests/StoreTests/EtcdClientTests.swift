import Etcd
import FoundationEssentials
import Testing

@Suite(.serialized) struct `The etcd client` {
    @Test func `goes on at another endpoint when one is dead`() async throws {
        let dead = "http://127.0.0.1:\(try freePort())"
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            try await withEtcdClient(EtcdConfiguration(endpoints: [dead, endpoint])) { client async throws in
                try await client.put("/k", [1])
                #expect(try await client.get("/k")?.value == [1])
                #expect(try await client.delete("/k"))
                let lease = try await client.grantLease(ttlSeconds: 60)
                #expect(try await client.keepAlive(lease.id) == 60)
                try await watching(client, "/") { log async throws in
                    try await client.put("/k", [2])
                    try await eventually("the change is told") { await !log.changes.isEmpty }
                }
                let status = try await client.status()
                #expect(status.map(\.endpoint) == [dead, endpoint])
                #expect(status.map { $0.answer == .given } == [false, true])
            }
        }
    }

    @Test func `opens its first watch past a dead endpoint`() async throws {
        let dead = "http://127.0.0.1:\(try freePort())"
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            try await withEtcdClient(EtcdConfiguration(endpoints: [dead, endpoint])) { client async throws in
                try await watching(client, "/") { _ in }
            }
        }
    }

    @Test func `says that nobody is there`() async throws {
        let dead = "http://127.0.0.1:\(try freePort())"
        try await withEtcdClient(EtcdConfiguration(endpoints: [dead])) { client async throws in
            do {
                _ = try await client.get("/k")
                Issue.record("read from nobody")
            } catch EtcdError.unavailable(let endpoint, _) {
                #expect(endpoint == dead)
            }
        }
    }

    @Test func `gives up a call when its time is over`() async throws {
        // Addresses for documentation: nobody answers there, and nobody refuses.
        let configuration = EtcdConfiguration(endpoints: ["http://192.0.2.1:2379"], requestTimeout: .milliseconds(300))
        try await withEtcdClient(configuration) { client async throws in
            do {
                _ = try await client.get("/k")
                Issue.record("read from nobody")
            } catch let error as EtcdError {
                switch error {
                case .timeout, .unavailable: break
                default: Issue.record("\(error)")
                }
            }
        }
    }

    @Test(arguments: ["ftp://x:1", "http://", "http://h:0", "http://h:x", "http://[::1", "http://a:b:c", "unix://"])
    func `refuses what is no address`(_ endpoint: String) {
        #expect(throws: EtcdError.self) { _ = try EtcdClient(EtcdConfiguration(endpoints: [endpoint])) }
    }

    @Test func `tells no password`() {
        let configuration = EtcdConfiguration(endpoints: ["http://h:1"], user: "eva", password: "s3cret")
        #expect(!"\(configuration)".contains("s3cret"))
        #expect(!String(reflecting: configuration).contains("s3cret"))
    }

    @Test(.enabled(if: RealEtcd.isInstalled && RealEtcd.hasControl, "needs etcd and etcdctl (Debian: etcd-server)"))
    func `is let in with user and password, and again when its token has run out`() async throws {
        try await RealEtcd.run(["--auth-token-ttl=1"]) { endpoint async throws in
            for arguments in [
                ["user", "add", "root:pw"], ["user", "grant-role", "root", "root"], ["user", "add", "eva:s3cret"],
                ["role", "add", "reader"], ["role", "grant-permission", "--prefix=true", "reader", "readwrite", "/e/"],
                ["user", "grant-role", "eva", "reader"], ["auth", "enable"],
            ] { _ = try await RealEtcd.control(endpoint, arguments) }
            let good = EtcdConfiguration(endpoints: [endpoint], user: "eva", password: "s3cret")
            try await withEtcdClient(good) { client async throws in
                try await client.put("/e/k", [1])
                await #expect(throws: EtcdError.permissionDenied(endpoint: endpoint, user: "eva")) {
                    try await client.put("/other", [])
                }
                // Members forget all tokens when they restart; a change of users makes old ones stale the same way.
                _ = try await RealEtcd.control(endpoint, ["--user=root:pw", "user", "add", "new:x"])
                #expect(try await client.get("/e/k")?.value == [1])
                _ = try await RealEtcd.control(endpoint, ["--user=root:pw", "user", "add", "newer:x"])
                try await watching(client, "/e/") { log async throws in
                    try await client.put("/e/k", [2])
                    try await eventually("the change is told") { await !log.changes.isEmpty }
                }
            }
            try await withEtcdClient(good) { client async throws in
                await #expect(throws: EtcdError.permissionDenied(endpoint: endpoint, user: "eva")) {
                    try await client.watch(prefix: "/other", from: 0) { _ in }
                }
            }
            let bad = EtcdConfiguration(endpoints: [endpoint], user: "eva", password: "wrong")
            try await withEtcdClient(bad) { client async throws in
                await #expect(throws: EtcdError.unauthenticated(endpoint: endpoint, user: "eva")) {
                    _ = try await client.get("/e/k")
                }
            }
        }
    }

    @Test(.enabled(if: RealEtcd.isInstalled && RealEtcd.hasOpenSSL, "needs etcd and openssl"))
    func `speaks TLS with a certificate of its own`() async throws {
        try await withTemporaryDirectory { directory in
            let certificates = try await Certificates(in: directory)
            let options = [
                "--cert-file=\(certificates.path("server.crt"))", "--key-file=\(certificates.path("server.key"))",
                "--client-cert-auth", "--trusted-ca-file=\(certificates.path("ca.crt"))",
            ]
            try await RealEtcd.run(scheme: "https", options) { endpoint async throws in
                let named = endpoint.replacing("127.0.0.1", with: "localhost")
                let tls = EtcdConfiguration.TLS(
                    caFile: certificates.path("ca.crt"), certFile: certificates.path("client.crt"),
                    keyFile: certificates.path("client.key"))
                for address in [endpoint, named] {
                    try await withEtcdClient(EtcdConfiguration(endpoints: [address], tls: tls)) { client async throws in
                        try await client.put("/k", [1])
                        for _ in 0..<250 { _ = try await client.get("/k") }
                        #expect(try await client.get("/k")?.value == [1])
                    }
                }
                let without = EtcdConfiguration.TLS(caFile: certificates.path("ca.crt"))
                try await withEtcdClient(EtcdConfiguration(endpoints: [named], tls: without)) { client async throws in
                    await #expect(throws: EtcdError.self) { _ = try await client.get("/k") }
                }
            }
        }
    }
}
