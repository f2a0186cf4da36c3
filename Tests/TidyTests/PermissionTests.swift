import Testing

/// Who may import whom; the README's table says the same.
enum Permissions {
    static let rooms: [String: Set<String>] = [
        "Model": [], "Keyspace": [], "Scheduling": ["Model"], "Roles": ["Model", "Scheduling"], "Screen": [],
        "Console": ["Model", "Screen", "Scheduling", "Triage"], "Triage": ["Model"],
        "Simulation": ["Model", "Keyspace", "Scheduling", "Roles"],
        "UserData": ["Model"],
    ]
    static let system: Set<String> = ["FoundationEssentials", "Glibc", "Synchronization"]
    private static let grpc: Set<String> = [
        "GRPCCore", "GRPCNIOTransportHTTP2Posix", "GRPCProtobuf", "SwiftProtobuf", "NIOCore", "NIOHTTP2",
    ]
    static let doors: [String: Set<String>] = [
        "Runtime": ["Model"], "Etcd": grpc.union(["EtcdWire"]),
        "EmbeddedStore": grpc.union(["Keyspace", "EtcdWire", "GRDB"]),
        "Registry": ["Model", "Runtime", "Etcd"],
        "Web": [
            "AsyncHTTPClient", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "HTTPTypes", "NIOCore", "NIOHTTP1",
            "NIOPosix", "NIOSSL", "X509", "SwiftASN1", "Logging",
        ],
        "AgentAPI": ["Model", "Runtime", "Web"], "OpenStack": ["Model", "Runtime", "Web", "Yams"], "Discovery": ["Web"],
        "Recording": ["Model"],
        "Processes": ["CProcess"], "LocalCloud": ["Model", "Runtime", "Web", "Processes"],
        "Supervisor": ["Model", "CProcess", "Processes"], "Systemd": ["Model", "CSystemd"],
        "Curses": ["Screen", "CCurses"],
        "Settings": ["Model", "Curses", "TOMLKit"],
    ]

    static func allowed(_ target: String) -> Set<String>? {
        rooms[target] ?? doors[target].map { $0.union(system) }
    }
}

@Suite struct `The permissions of targets` {
    @Test(arguments: Array(Permissions.rooms.keys).sorted() + Array(Permissions.doors.keys).sorted())
    func `hold in every file`(target: String) throws {
        let allowed = try #require(Permissions.allowed(target))
        let files = ProjectFiles.swift(below: "Sources/\(target)")
        #expect(!files.isEmpty)
        for file in files {
            for module in Self.imports(file) {
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `name every target there is`() {
        let targets = Set(
            ProjectFiles.paths(below: "Sources").compactMap { $0.split(separator: "/").dropFirst().first }.map(
                String.init))
        let known = Set(Permissions.rooms.keys).union(Permissions.doors.keys)
            .union(["EtcdWire", "CCurses", "CProcess", "CSystemd", "NodeAgent", "quarterdeck", "quarterdeck-agent"])
        #expect(targets == known)
    }

    @Test func `are the README's`() {
        let readme = ProjectFiles.text("README.md")
        for (target, allowed) in Permissions.rooms {
            let shown = allowed.isEmpty ? "–" : allowed.sorted().joined(separator: ", ")
            #expect(readme.contains("| `\(target)` | room | \(shown) |"), "\(target): \(shown)")
        }
        for target in Permissions.doors.keys {
            let shown = (Permissions.allowed(target) ?? []).sorted().joined(separator: ", ")
            #expect(readme.contains("| `\(target)` | door | \(shown) |"), "\(target)")
        }
    }

    private static func imports(_ file: ProjectFiles.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count, at <= 1 else { return nil }
            guard at == 0 || ["public", "package", "internal", "private", "@preconcurrency"].contains(words[0]) else {
                return nil
            }
            return words[at + 1].split(separator: ".").first.map(String.init)
        }
    }
}
