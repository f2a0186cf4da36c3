import AgentAPI
import FoundationEssentials
import Model
import Programs
import Runtime
import Testing
import Web

/// Certificates of a test, made by openssl: an authority, a server and an operator.
private struct Authority {
    let folder: String

    static func with(_ body: (Authority) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "qd-fleet-tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = """
            cd '\(folder)' && set -e
            new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@"; }
            new -x509 -days 3650 -subj /CN=ca -keyout ca-key.pem -out ca.pem
            echo subjectAltName=DNS:localhost,IP:127.0.0.1 > names
            for one in server operator; do
              new -subj /O=$one/CN=$one -keyout $one-key.pem -out $one.csr
              openssl x509 -req -in $one.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 3650 \
                -extfile names -out $one.pem
            done
            """
        try await Programs.must(["/bin/sh", "-c", script])
        try await body(Authority(folder: folder))
    }

    func tls(_ name: String?) -> WebTLS {
        WebTLS(
            ca: "\(folder)/ca.pem", cert: name.map { "\(folder)/\($0).pem" },
            key: name.map { "\(folder)/\($0)-key.pem" })
    }
}

@Suite struct `A fleet API behind TLS` {
    @Test func `is shown the configured certificate and has to show its own`() async throws {
        try await Authority.with { authority in
            try await FakeFleet.with(tls: authority.tls("server")) { _, endpoint in
                let count = try await Self.machines(endpoint, authority.tls("operator"))
                #expect(count == 2)
                await #expect(throws: (any Error).self) { try await Self.machines(endpoint, authority.tls(nil)) }
                await #expect(throws: (any Error).self) { try await Self.machines(endpoint, WebTLS()) }
            }
        }
    }

    @Test func `is shown those of the command line, or of fleetctl's environment`() async throws {
        try await Authority.with { authority in
            try await FakeFleet.with(tls: authority.tls("server")) { _, endpoint in
                let program = FleetProgram(endpoint: endpoint, home: authority.folder)
                let tls = authority.tls("operator")
                let (ca, cert, key) = (tls.ca ?? "", tls.cert ?? "", tls.key ?? "")
                let said = try await program.run(
                    "--ca-file", ca, "--cert-file", cert, "--key-file", key, "list-machines", "--no-legend")
                #expect(said.code == 0 && said.lines.count == 2, "\(said.errors)")
                let found = try await program.run(
                    "list-machines", "--no-legend",
                    environment: ["FLEETCTL_CA_FILE": ca, "FLEETCTL_CERT_FILE": cert, "FLEETCTL_KEY_FILE": key])
                #expect(found.code == 0 && found.lines.count == 2, "\(found.errors)")
                #expect(try await program.run("list-machines", "--ca-file", ca).code == 3)
            }
        }
    }

    private static func machines(_ endpoint: String, _ tls: WebTLS) async throws -> Int {
        let client = try FleetClient(endpoints: [endpoint], tls: tls)
        return try await FleetSource(cluster: "old", client: client, clock: SystemClock()).machines().count
    }
}
