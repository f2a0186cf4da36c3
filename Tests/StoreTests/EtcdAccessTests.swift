import Etcd
import FoundationEssentials
import Model
import Registry
import Testing

@Suite(.serialized, .enabled(if: RealEtcd.isComplete, Comment(rawValue: RealEtcd.needs)))
struct `A store with users` {
    /// The user eva, who may read and write what is a cluster's.
    private static let users = [
        ["user", "add", "root:pw"], ["user", "grant-role", "root", "root"], ["user", "add", "eva:s3cret"],
        ["role", "add", "operator"],
        ["role", "grant-permission", "--prefix=true", "operator", "readwrite", "/quarterdeck/"],
        ["user", "grant-role", "eva", "operator"], ["auth", "enable"],
    ]

    @Test func `tells whether a role may change a cluster, and is not changed by the question`() async throws {
        try await EtcdCluster.run(1) { cluster in
            let viewer = [
                ["user", "add", "vic:s3cret"], ["role", "add", "viewer"],
                ["role", "grant-permission", "--prefix=true", "viewer", "read", "/quarterdeck/"],
                ["user", "grant-role", "vic", "viewer"],
            ]
            for arguments in viewer + Self.users { try await cluster.control(0, arguments) }
            var answers: [Bool] = []
            var revisions: [Int64] = []
            for user in ["eva", "vic", "eva"] {
                let access = EtcdConfiguration(endpoints: cluster.endpoints, user: user, password: "s3cret")
                try await withEtcdClient(access) { client async throws in
                    let registry = ClusterRegistry(cluster: "shop", store: client)
                    answers.append(try await registry.mayWrite())
                    revisions.append(try await registry.read().revision)
                }
            }

            #expect(answers == [true, false, true])
            #expect(Set(revisions).count == 1)
        }
    }

    @Test(arguments: [1, 3])
    func `lets a client in again when it has forgotten its token`(members: Int) async throws {
        try await EtcdCluster.run(members) { cluster in
            for arguments in Self.users { try await cluster.control(0, arguments) }
            let access = EtcdConfiguration(endpoints: cluster.endpoints, user: "eva", password: "s3cret")
            try await withEtcdClient(access) { client async throws in
                let registry = ClusterRegistry(cluster: "shop", store: client)
                let lease = try await client.grantLease(ttlSeconds: 30)
                try await following(registry) { log in
                    try await registry.scale(to: 1)
                    try await eventually("the feed tells it") { await log.wanted == [1] }

                    // Tokens are kept in memory, so a member that starts knows none.
                    for index in 0..<members {
                        cluster.kill(index)
                        try await cluster.restart(index)
                    }

                    let write = { try await registry.scale(to: 2) }
                    try await insisting("writes go on", write)
                    #expect(try await insisting("the lease lives") { try await client.keepAlive(lease.id) } == 30)
                    try await eventually("the feed goes on") { await log.wanted.last == 2 }
                    // A change of users makes every token old.
                    try await cluster.control(0, ["--user=root:pw", "user", "add", "new:x"])
                    try await registry.scale(to: 3)
                    try await eventually("the feed goes on") { await log.wanted.last == 3 }
                    #expect(await log.contents.count == 1)
                }
            }
        }
    }
}

@Suite(.serialized, .enabled(if: RealEtcd.isInstalled && RealEtcd.hasOpenSSL, "needs etcd and openssl"))
struct `A store behind certificates` {
    /// What can be wrong, and words of the sentence that says so.
    enum Fault: String, CaseIterable, Sendable {
        case plain, plainServer, otherAuthority, expired, otherHost, noCertificate, otherCertificate

        var words: String {
            switch self {
            case .plain: "write 'https' if it speaks TLS"
            case .plainServer: "write 'http' if it speaks no TLS"
            case .otherAuthority, .expired:
                "not trusted; check that it has not expired, and that the CA file is its signer's"
            case .otherHost: "is for another host"
            case .noCertificate, .otherCertificate: "does not take our certificate"
            }
        }

        /// The server's certificate.
        var server: String {
            switch self {
            case .expired: "expired"
            case .otherHost: "elsewhere"
            case .plain, .plainServer, .otherAuthority, .noCertificate, .otherCertificate: "server"
            }
        }
    }

    @Test(arguments: Fault.allCases)
    func `says what is wrong, and is not stormed`(_ fault: Fault) async throws {
        try await withTemporaryDirectory { directory in
            let files = try await Certificates(in: directory)
            let isTLS = fault != .plainServer
            let options = [
                "--cert-file=\(files.path("\(fault.server).crt"))", "--key-file=\(files.path("\(fault.server).key"))",
                "--client-cert-auth", "--trusted-ca-file=\(files.path("ca.crt"))",
            ]
            try await EtcdCluster.run(1, scheme: isTLS ? "https" : "http", isTLS ? options : []) { cluster in
                let endpoint = cluster.endpoints[0].split(separator: "://")[1]
                let client = fault == .otherCertificate ? "stranger" : "client"
                let isBare = fault == .noCertificate
                let tls = EtcdConfiguration.TLS(
                    caFile: files.path(fault == .otherAuthority ? "other-ca.crt" : "ca.crt"),
                    certFile: isBare ? nil : files.path("\(client).crt"),
                    keyFile: isBare ? nil : files.path("\(client).key"))
                let scheme = fault == .plain ? "http" : "https"
                let access = EtcdConfiguration(endpoints: ["\(scheme)://\(endpoint)"], tls: tls)
                try await Self.expect(fault.words, access, cluster)
            }
        }
    }

    private static func expect(_ words: String, _ access: EtcdConfiguration, _ cluster: EtcdCluster) async throws {
        try await withEtcdClient(access) { client async throws in
            let registry = ClusterRegistry(cluster: "shop", store: client)
            let log = FeedLog()
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await registry.follow { await log.add($0) } }
                defer { group.cancelAll() }
                try await eventually("it is tried several times") { await log.aways.count >= 4 }
            }
            let took = ContinuousClock.now - start
            let why = await log.aways.last ?? ""
            #expect(why.contains(words), "\(why)")
            #expect(why.contains(access.endpoints[0]))
            // 0.1, 0.2 and 0.4 s at least lie between the tries.
            #expect(took > .milliseconds(600))
            let tries = cluster.log(0).split(separator: "\n").count { $0.contains("rejected connection") }
            #expect(tries <= 16)
        }
    }
}
