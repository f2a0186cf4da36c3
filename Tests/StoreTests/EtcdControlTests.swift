import Etcd
import FoundationEssentials
import Testing

/// The embedded store as an operator with etcd's own tool sees it.
@Suite(.serialized, .enabled(if: RealEtcd.hasControl, "needs /usr/bin/etcdctl (Debian: etcd-client)"))
struct `etcdctl on the embedded store` {
    @Test func `puts, gets, lists and deletes`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            #expect(try await RealEtcd.control(endpoint, ["put", "/a/1", "one"]) == "OK\n")
            #expect(try await RealEtcd.control(endpoint, ["put", "/a/2", "two"]) == "OK\n")
            #expect(try await RealEtcd.control(endpoint, ["get", "/a/1"]) == "/a/1\none\n")
            #expect(
                try await RealEtcd.control(endpoint, ["get", "--prefix", "/a/", "--keys-only"]) == "/a/1\n\n/a/2\n\n")
            let descending = ["get", "--prefix", "", "--order=DESCEND", "--limit=1", "--print-value-only"]
            #expect(try await RealEtcd.control(endpoint, descending) == "two\n")
            #expect(
                try await RealEtcd.control(endpoint, ["del", "--prefix", "--prev-kv", "/a/"]).hasPrefix(
                    "2\n/a/1\none\n"))
        }
    }

    @Test func `watches`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            let watch = try ChildProcess(
                [RealEtcd.control, "--endpoints=\(endpoint)", "watch", "--prefix", "/w/"],
                environment: ["ETCDCTL_API": "3"])
            defer { watch.kill() }
            var count = 0
            try await eventually("the watch tells a put") {
                count += 1
                _ = try await RealEtcd.control(endpoint, ["put", "/w/\(count)", "seen"])
                return watch.output.contains("PUT\n/w/")
            }
            _ = try await RealEtcd.control(endpoint, ["del", "/w/\(count)"])
            try await eventually("the watch tells a deletion") { watch.output.contains("DELETE\n/w/\(count)\n") }
        }
    }

    @Test func `grants, renews, shows and revokes leases`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            let granted = try await RealEtcd.control(endpoint, ["lease", "grant", "60"])
            let id = String(try #require(granted.split(separator: " ").dropFirst().first))
            #expect(granted == "lease \(id) granted with TTL(60s)\n")
            #expect(try await RealEtcd.control(endpoint, ["put", "--lease=\(id)", "/m", "x"]) == "OK\n")
            let kept = try await RealEtcd.control(endpoint, ["lease", "keep-alive", "--once", id])
            #expect(kept == "lease \(id) keepalived with TTL(60)\n")
            let shown = try await RealEtcd.control(endpoint, ["lease", "timetolive", "--keys", id])
            #expect(shown.hasPrefix("lease \(id) granted with TTL(60s), remaining("))
            #expect(shown.contains("attached keys([/m])"))
            #expect(try await RealEtcd.control(endpoint, ["lease", "list"]).contains(id))
            #expect(try await RealEtcd.control(endpoint, ["lease", "revoke", id]) == "lease \(id) revoked\n")
            #expect(try await RealEtcd.control(endpoint, ["get", "/m"]).isEmpty)
            #expect(try await RealEtcd.control(endpoint, ["lease", "timetolive", id]).contains("already expired"))
        }
    }

    @Test func `shows members, status and health, and compacts`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            #expect(try await RealEtcd.control(endpoint, ["member", "list"]).contains("started, embedded"))
            #expect(try await RealEtcd.control(endpoint, ["endpoint", "status"]).contains("3.4.0"))
            _ = try await RealEtcd.control(endpoint, ["endpoint", "health"])
            #expect(try await RealEtcd.control(endpoint, ["alarm", "list"]).isEmpty)
            _ = try await RealEtcd.control(endpoint, ["put", "/a", "1"])
            _ = try await RealEtcd.control(endpoint, ["put", "/a", "2"])
            #expect(try await RealEtcd.control(endpoint, ["compaction", "3"]) == "compacted revision 3\n")
        }
    }

    @Test func `runs a guarded transaction`() async throws {
        try await withEmbeddedStore(path: nil) { endpoint async throws in
            try await withTemporaryDirectory { directory in
                let script = directory.appending(path: "txn")
                try Data("version(\"/a\") = \"0\"\n\nput /a new\n\nget /a\n\n".utf8).write(to: script)
                let command = "ETCDCTL_API=3 \(RealEtcd.control) --endpoints=\(endpoint) txn < \(script.path)"

                let first = try await ChildProcess(["/bin/sh", "-c", command]).result()
                let second = try await ChildProcess(["/bin/sh", "-c", command]).result()

                #expect(first == "SUCCESS\n\nOK\n")
                #expect(second == "FAILURE\n\n/a\nnew\n")
            }
        }
    }
}
