import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `The README's way to three VMs` {
        @Test func `works, word for word`() async throws {
            try await Stand.with { stand in
                let names = ["a", "b", "c"]
                try await Testbed.run("up", names, in: Testbed.state)
                do {
                    try await follow(stand, names)
                } catch {
                    try await Testbed.run("down", names, in: Testbed.state)
                    throw error
                }
                try await Testbed.run("down", names, in: Testbed.state)
            }
        }

        /// Carries out the blocks below the heading, with the addresses of machines that are there.
        private func follow(_ stand: Stand, _ names: [String]) async throws {
            var addresses: [String] = []
            for name in names {
                addresses.append(try await stand.shell(name, ". /etc/machine.env; echo $MACHINE_IP").trimmed)
                try await prepare(stand, name)
            }
            let home = try Computer(addresses)
            for block in try Self.blocks() {
                let text = zip(["10.0.0.11", "10.0.0.12", "10.0.0.13"], addresses)
                    .reduce(block) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
                if block.hasPrefix("# on each machine") {
                    for (name, address) in zip(names, addresses) {
                        try await stand.shell(name, "set -e; cd /root; name=\(name) address=\(address)\n\(text)")
                    }
                } else {
                    #expect(block.hasPrefix("# on your computer"))
                    let result = try await home.run(text)
                    #expect(result.code == 0, "\(result.output)\(result.errors)")
                    home.add(result.output)
                }
            }
            #expect(home.said.contains("Unit hello.service launched on"), "\(home.said)")
            // What a unit wrote may be in its journal a moment later.
            try await Programs.eventually("the unit's words", within: .seconds(10)) {
                try await home.run("quarterdeck journal hello.service").output.contains("hello from ") ? true : nil
            }
            #expect(!home.said.contains("BAD"), "\(home.said)")
        }

        /// There is no mirror in the testbed: apt-get installs the package that the image's was fetched with.
        private func prepare(_ stand: Stand, _ machine: String) async throws {
            let package = Testbed.shared + "/etcd-server.deb"
            if !FileManager.default.fileExists(atPath: package) {
                let fetched = try await Programs.run([
                    "/bin/bash", "-c",
                    """
                    cd "$(mktemp -d)"; apt-get -qq download etcd-server >&2
                    mv etcd-server_*.deb \(package)
                    """,
                ])
                guard fetched.code == 0 else { throw Programs.Failure("no package etcd-server: \(fetched.errors)") }
            }
            try stand.put(package, machine, "/srv/etcd-server.deb")
            try await stand.shell(
                machine,
                """
                printf '#!/bin/sh\\n[ "$*" = "install -y etcd-server" ] && exec dpkg -i /srv/etcd-server.deb\\n' \
                  >/usr/local/bin/apt-get
                chmod 755 /usr/local/bin/apt-get
                """)
        }

        private static func blocks() throws -> [String] {
            let path =
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path + "/README.md"
            let readme = try String(contentsOfFile: path, encoding: .utf8)
            let section = try #require(readme.components(separatedBy: "### Three VMs from nothing\n").last)
            let own = try #require(section.components(separatedBy: "\n### ").first)
            let blocks = own.components(separatedBy: "```bash\n").dropFirst()
                .compactMap { $0.components(separatedBy: "\n```").first }
            try #require(blocks.count == 3)
            return blocks
        }
    }
}

/// A person's computer: a home of its own, both programs in the PATH, and a key for the machines.
private final class Computer {
    private let home = Testbed.state + "/home"
    private(set) var said = ""

    init(_ addresses: [String]) throws {
        let files = FileManager.default
        if files.fileExists(atPath: home) { try files.removeItem(atPath: home) }
        try files.createDirectory(atPath: home + "/bin", withIntermediateDirectories: true)
        for program in ["quarterdeck", "quarterdeck-agent"] {
            try files.createSymbolicLink(
                atPath: "\(home)/bin/\(program)", withDestinationPath: "\(Testbed.programs)/\(program)")
        }
        // ssh looks for its files in the home of the user database, not in $HOME.
        try """
        #!/bin/sh
        exec /usr/bin/scp -q -i \(Testbed.state)/ssh/id_ed25519 -o UserKnownHostsFile=\(Testbed.state)/ssh/known_hosts "$@"

        """.write(toFile: home + "/bin/scp", atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: home + "/bin/scp")
    }

    func add(_ output: String) { said += output }

    func run(_ text: String) async throws -> Programs.Result {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await Programs.run(
            ["/bin/bash", "-c", "set -e; cd ~\n\(text)"], environment: ["HOME": home, "PATH": "\(home)/bin:\(path)"])
    }
}
