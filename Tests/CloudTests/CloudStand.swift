import Foundation
import Programs
import Testing

/// A cloud with three servers, a store on its network, and a console's configuration.
struct CloudStand: Sendable {
    static let servers = ["server1", "server2", "server3"]
    /// The store of the cluster `shop`.
    let endpoint: String

    private static let folder = CloudTestbed.state + "/console"
    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes the configurations: `config.toml` of the administrator, and others of single tests.
    func configure(userData: String = "cloud-init", fetching agent: (url: String, sha256: String)? = nil) throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let supply =
            agent.map { "vm-agent-url = \"\($0.url)\"\nvm-agent-sha256 = \"\($0.sha256)\"" }
            ?? "vm-agent-path = \"\(CloudTestbed.agentPath)\""
        let shop = """
            [[contexts.os.clusters]]
            name = "shop"
            endpoints = ["\(endpoint)"]
            cloud = "farm"
            vm-flavor = "tiny"
            vm-image = "coreos"
            vm-networks = ["lan"]
            vm-user-data = "\(userData)"
            \(supply)

            """
        try write("config.toml", Self.cloud("admin", CloudTestbed.cloudsFile) + shop)
        try write("customer.toml", Self.cloud("customer-a", CloudTestbed.cloudsFile))
        let clouds = try String(contentsOfFile: CloudTestbed.cloudsFile, encoding: .utf8)
        try write("wrong.yaml", clouds.replacingOccurrences(of: "password: testbed", with: "password: rosebud7"))
        try write("wrong.toml", Self.cloud("admin", Self.path("wrong.yaml")))
        let other = Self.cloud("admin", Self.path("wrong.yaml")).replacingOccurrences(of: "\"farm\"", with: "\"other\"")
        try write("both.toml", Self.cloud("admin", CloudTestbed.cloudsFile) + other)
    }

    private static func cloud(_ cloud: String, _ file: String) -> String {
        """
        [[contexts.os.clouds]]
        name = "farm"
        kind = "openstack"
        cloud = "\(cloud)"
        clouds-file = "\(file)"

        """
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: Self.path(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: Self.path(name))
    }

    // MARK: The program

    func run(
        _ words: [String], as configuration: String = "config.toml", limit: Duration = .seconds(60)
    ) async throws -> Programs.Result {
        try await Programs.run(
            [Programs.quarterdeck] + words + ["--config", Self.path(configuration)], limit: limit)
    }

    /// Starts the program, which does not end by itself.
    func start(_ words: [String], as configuration: String = "config.toml") throws -> Running {
        try Running([Programs.quarterdeck] + words + ["--config", Self.path(configuration)])
    }

    /// Runs a command that has to succeed; what it printed.
    @discardableResult
    func must(_ words: String..., limit: Duration = .seconds(60)) async throws -> String {
        try await Programs.must(
            [Programs.quarterdeck] + words + ["--config", Self.path("config.toml")], limit: limit)
    }

    /// A row of the list of servers.
    struct ServerRow: Decodable {
        var name: String
        var state: String
        var vcpus: Int?
        var vms: Int
    }

    /// A row of the list of VMs.
    struct VMRow: Decodable {
        var name: String
        var id: String
        var state: String
        var server: String?
        var cluster: String?
        var flavor: String?
        var machine: String?
        var fault: String?
        var addresses: [String]
    }

    func servers() async throws -> [ServerRow] { try await list("list-servers") }
    func vms() async throws -> [VMRow] { try await list("list-vms") }
    func vm(_ name: String) async throws -> VMRow? { try await vms().first { $0.name == name } }

    private func list<Row: Decodable>(_ command: String) async throws -> [Row] {
        try JSONDecoder().decode([Row].self, from: Data(try await must(command, "-o", "json").utf8))
    }

    /// Waits until a VM's row fits.
    @discardableResult
    func until(
        _ name: String, _ what: String, within limit: Duration = .seconds(30), _ fits: (VMRow) -> Bool
    ) async throws -> VMRow {
        try await Programs.until("VM \(name) \(what)", within: limit, { try await vm(name) }, fits)
    }

    /// Writes a unit's file.
    func unit(_ name: String, _ text: String) throws -> String {
        try write(name, text)
        return Self.path(name)
    }

    func forgetStore() async throws {
        try await Programs.must(
            ["/usr/bin/etcdctl", "--endpoints", endpoint, "del", "--prefix", "/"], environment: ["ETCDCTL_API": "3"])
    }
}
