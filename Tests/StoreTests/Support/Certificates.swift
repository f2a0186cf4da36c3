import FoundationEssentials

/// An authority, a server's and a client's certificate, made by openssl for one test.
struct Certificates {
    private let directory: URL

    init(in directory: URL) async throws {
        self.directory = directory
        try Data("subjectAltName=DNS:localhost,IP:127.0.0.1\n".utf8).write(to: directory.appending(path: "names"))
        try await openssl(
            "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=test-ca -keyout ca.key -out ca.crt")
        for name in ["server", "client"] {
            try await openssl("req -newkey rsa:2048 -nodes -subj /CN=\(name) -keyout \(name).key -out \(name).csr")
            try await openssl(
                "x509 -req -in \(name).csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 "
                    + "-extfile names -out \(name).crt")
        }
    }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    private func openssl(_ arguments: String) async throws {
        let command = "cd \(directory.path) && /usr/bin/openssl \(arguments)"
        _ = try await ChildProcess(["/bin/sh", "-c", command]).result()
    }
}
