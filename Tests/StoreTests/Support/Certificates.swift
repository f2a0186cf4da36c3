import FoundationEssentials

/// Two authorities, and certificates of servers and clients, good and bad, made by openssl for one test.
struct Certificates {
    private let directory: URL

    init(in directory: URL) async throws {
        self.directory = directory
        let names = ["localhost,IP:127.0.0.1", "elsewhere.example"]
        for (index, name) in names.enumerated() {
            try Data("subjectAltName=DNS:\(name)\n".utf8).write(to: directory.appending(path: "names\(index)"))
        }
        for authority in ["ca", "other-ca"] {
            try await openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=test-\(authority) "
                    + "-keyout \(authority).key -out \(authority).crt")
        }
        for name in ["server", "client"] { try await sign(name) }
        try await sign("expired", days: -1)
        try await sign("elsewhere", names: "names1")
        try await sign("stranger", authority: "other-ca")
    }

    private func sign(
        _ name: String, authority: String = "ca", names: String = "names0", days: Int = 3_650
    ) async throws {
        try await openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(name) -keyout \(name).key -out \(name).csr"
        )
        try await openssl(
            "x509 -req -in \(name).csr -CA \(authority).crt -CAkey \(authority).key -CAcreateserial "
                + "-days \(days) -extfile \(names) -out \(name).crt")
    }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    private func openssl(_ arguments: String) async throws {
        let command = "cd \(directory.path) && /usr/bin/openssl \(arguments)"
        _ = try await ChildProcess(["/bin/sh", "-c", command]).result()
    }
}
