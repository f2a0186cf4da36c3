import Foundation
import Programs
import Testing

/// Three machines with the agent installed, an etcd of three members with TLS, and a console's configuration.
struct Stand: Sendable {
    static let machines = ["m1", "m2", "m3"]
    /// The lease of the agents, and the grace time that they are given here; both in seconds.
    static let ttl = 5.0
    static let grace = 15.0

    let endpoints: String
    var configuration: String { Testbed.state + "/config.toml" }
    var certificates: String { Testbed.state + "/certificates" }

    /// Boots everything.
    static func prepare() async throws -> Stand {
        try await Testbed.prepare()
        let said = try await Testbed.run("etcd", "up", "--members", "3", "--tls", "--tmpfs")
        let endpoints = said.split(separator: "\n").first { $0.hasPrefix("ETCD_ENDPOINTS=") }?.dropFirst(15)
        let stand = Stand(endpoints: String(endpoints ?? ""))
        let files = FileManager.default
        if files.fileExists(atPath: stand.certificates) { try files.removeItem(atPath: stand.certificates) }
        try await stand.boot(machines)
        try stand.configure("config.toml", as: "operator")
        try stand.configure("viewer.toml", as: "viewer")
        for machine in machines { try await stand.install(machine) }
        try await stand.untilJoined(machines)
        return stand
    }

    /// Boots machines, new ones or those that are down; no other way gives them the programs.
    func boot(_ machines: [String]) async throws {
        let agent = Testbed.programs + "/quarterdeck-agent:/usr/local/bin/quarterdeck-agent"
        try await Testbed.run("up", machines + ["--program", agent], in: Testbed.state)
    }

    /// Installs and starts a machine's agent, as an operator does it there.
    func install(_ machine: String, options: String = "--grace 15") async throws {
        let address = try await shell(machine, ". /etc/machine.env; echo $MACHINE_IP").trimmed
        let made = try await Programs.run([
            Testbed.programs + "/quarterdeck", "certificates", "--dir", certificates, "\(machine)=\(address)",
        ])
        guard made.code == 0 else { throw Programs.Failure("certificates: \(made.errors)") }
        for (file, name) in [("ca", "ca"), (machine, "api"), ("\(machine)-key", "api-key")] {
            try put("\(certificates)/\(file).pem", machine, "/etc/quarterdeck/\(name).pem")
        }
        try await shell(
            machine,
            """
            set -e; . /etc/machine.env
            quarterdeck-agent install-agent --cluster shop --store $ETCD_ENDPOINTS --store-ca $ETCD_CACERT \
              --store-cert $ETCD_CERT --store-key $ETCD_KEY --listen 0.0.0.0:7443 --metadata host=\(machine) \
              --api-ca /etc/quarterdeck/ca.pem --api-cert /etc/quarterdeck/api.pem \
              --api-key /etc/quarterdeck/api-key.pem --replace \(options)
            systemctl daemon-reload
            systemctl enable --now quarterdeck-agent.service
            """)
    }

    /// Writes a configuration with the certificate of a role, or with a token.
    func configure(_ name: String, as role: String = "", token: String? = nil) throws {
        let tls = Testbed.state + "/etcd/tls"
        var shown = "agent-cert = \"\(certificates)/\(role).pem\"\nagent-key = \"\(certificates)/\(role)-key.pem\""
        if let token {
            let path = "\(Testbed.state)/token"
            try token.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            shown = "agent-token-file = \"\(path)\""
        }
        let list = endpoints.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", ")
        try """
        [[contexts.test.clusters]]
        name = "shop"
        endpoints = [\(list)]
        ca = "\(tls)/ca.pem"
        cert = "\(tls)/client.pem"
        key = "\(tls)/client-key.pem"
        agent-ca = "\(certificates)/ca.pem"
        \(shown)

        """.write(toFile: "\(Testbed.state)/\(name)", atomically: true, encoding: .utf8)
    }

    // MARK: The console

    /// Runs the program as the operator.
    func run(_ words: String..., limit: Duration = .seconds(60)) async throws -> Programs.Result {
        try await run(words, limit: limit)
    }

    func run(_ words: [String], as configuration: String? = nil, limit: Duration = .seconds(60)) async throws
        -> Programs.Result
    {
        let configuration = configuration.map { "\(Testbed.state)/\($0)" } ?? self.configuration
        return try await Programs.run(
            [Testbed.programs + "/quarterdeck"] + words + ["--config", configuration], limit: limit)
    }

    /// Runs a command that has to succeed; what it printed.
    @discardableResult
    func must(_ words: String..., limit: Duration = .seconds(60)) async throws -> String {
        let result = try await run(words, limit: limit)
        guard result.code == 0 else {
            throw Programs.Failure("\(words.joined(separator: " ")): \(result.code): \(result.output)\(result.errors)")
        }
        return result.output
    }

    /// Writes unit files and starts them.
    func start(_ units: [String: String], words: [String] = []) async throws {
        let paths = try units.sorted { $0.key < $1.key }.map { try file($0.key, $0.value) }
        let result = try await run(["start"] + words + paths)
        guard result.code == 0 else {
            throw Programs.Failure("start: \(result.code): \(result.output)\(result.errors)")
        }
    }

    /// Starts instances of one template, whose file is written.
    func startInstances(_ names: [String], of text: String, words: [String] = []) async throws {
        let prefix = names[0].prefix { $0 != "@" }
        let folder = URL(fileURLWithPath: try file("\(prefix)@.service", text)).deletingLastPathComponent().path
        let result = try await run(["start"] + words + names.map { "\(folder)/\($0)" })
        guard result.code == 0 else {
            throw Programs.Failure("start: \(result.code): \(result.output)\(result.errors)")
        }
    }

    /// A unit's file on this computer.
    func file(_ name: String, _ text: String) throws -> String {
        let folder = Testbed.state + "/units"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    /// A line of the list of units.
    struct Row: Hashable, Sendable {
        var unit: String
        var machine: String?
        var active: String
        var why: String
    }

    func units() async throws -> [Row] {
        let list = try await must("list-units", "--no-legend", "--full", "--fields", "unit,active,vm,why")
        return list.split(separator: "\n").compactMap { line in
            let words = line.split(separator: "\t")
            guard words.count == 4 else { return nil }
            let machine = words[2] == "-" ? nil : String(words[2])
            return Row(
                unit: String(words[0]), machine: machine, active: String(words[1]), why: String(words[3]).trimmed)
        }
    }

    func unit(_ name: String) async throws -> Row? { try await units().first { $0.unit == name } }

    /// Waits until a unit's line fits.
    @discardableResult
    func until(
        _ name: String, within limit: Duration = .seconds(15), _ what: String = "fits", _ fits: (Row) -> Bool
    ) async throws -> Row {
        try await Programs.until("\(name) \(what)", within: limit, { try await unit(name) }, fits)
    }

    /// The names of the machines that have joined.
    func joined() async throws -> Set<String> {
        let list = try await must("list-machines", "--no-legend", "--fields", "metadata,state")
        return Set(
            list.split(separator: "\n").compactMap { $0.split(separator: "\t").first?.dropFirst(5) }.map(String.init))
    }

    func untilJoined(_ machines: [String], within limit: Duration = .seconds(20)) async throws {
        try await Programs.eventually("\(machines) have joined", within: limit) {
            // A store that has just come back chooses a leader first.
            (try? await joined()) == Set(machines) ? true : nil
        }
    }
}

extension StringProtocol {
    var trimmed: String { String(self).trimmingCharacters(in: .whitespacesAndNewlines) }
}
