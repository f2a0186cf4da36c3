import Foundation
import Glibc
import Programs
import Testing

/// The scripts of `Tests/Testbed/openstack`, on a state directory and on ports of these tests alone.
enum CloudTestbed {
    private static let tools = Programs.project + "/Tests/Testbed/openstack"
    private static let machineTools = Programs.project + "/Tests/Testbed/machines"
    static let state = FileManager.default.temporaryDirectory.path + "/openstack-testbed-tests"
    static let cloudsFile = state + "/clouds.yaml"
    /// Where the VMs' image has the agent; not where one that is fetched goes.
    static let agentPath = "/opt/image/quarterdeck-agent"
    private static var machines: String { state + "/machines" }

    private static let environment = [
        "OSTB_PORT_OFFSET": "22500", "MACHINES_STATE": machines,
        "OSTB_GUEST_PROGRAMS": Programs.built("quarterdeck-agent") + ":" + agentPath,
    ]

    /// Why there can be no cloud here; nil when there can.
    static let obstacle: Comment? = {
        if ProcessInfo.processInfo.environment["QUARTERDECK_CLOUD_TESTS"] == "0" {
            return "QUARTERDECK_CLOUD_TESTS is 0"
        }
        return Programs.obstacle(["\(tools)/check", "--guests"]).map { Comment(rawValue: $0) }
    }()

    /// Starts the control plane anew, with nothing in it, and a store on its network; returns the store's endpoint.
    static func up() async throws -> String {
        try await down()
        try await run("\(tools)/up", "--guests", state, limit: .seconds(600))
        let said = try await run("\(machineTools)/etcd", "up", "--tmpfs")
        let line = said.split(separator: "\n").first { $0.hasPrefix("ETCD_ENDPOINTS=") }
        return String(try #require(line).dropFirst(15))
    }

    static func down() async throws {
        try await run("\(tools)/down", "--wipe", state, limit: .seconds(120))
    }

    /// Breaks or mends a service.
    static func fault(_ words: String...) async throws {
        try await run(["\(tools)/fault", "-s", state] + words)
    }

    /// Runs a command in the machine of a VM.
    static func shell(_ vm: String, _ command: String) async throws -> Programs.Result {
        try await Programs.run(
            ["\(machineTools)/exec", machine(vm), "bash", "-c", command], environment: environment)
    }

    /// How the machine of a VM is: `up`, `dead`, `frozen`; nil where there is none.
    static func machineState(_ vm: String) async throws -> String? {
        let list = try await run("\(machineTools)/list").split(separator: "\n").map { $0.split(separator: " ") }
        return list.first { $0.first.map(String.init) == machine(vm) }.flatMap { $0.count > 3 ? String($0[3]) : nil }
    }

    /// Why the VM's system came up with nothing; empty when it did not.
    static func firstBootFailure(_ vm: String) -> String {
        (try? String(contentsOfFile: "\(machines)/guests/\(machine(vm)).log", encoding: .utf8)) ?? ""
    }

    private static func machine(_ vm: String) -> String { "vm-" + vm.prefix(8) }

    /// The testbed's own address, as VMs reach this computer.
    static func host(besides endpoint: String) -> String {
        let address = endpoint.drop { $0 != "/" }.dropFirst(2).prefix { $0 != ":" }
        return address.split(separator: ".").dropLast().joined(separator: ".") + ".1"
    }

    @discardableResult
    private static func run(_ words: String..., limit: Duration = .seconds(60)) async throws -> String {
        try await run(words, limit: limit)
    }

    @discardableResult
    private static func run(_ words: [String], limit: Duration = .seconds(60)) async throws -> String {
        try await Programs.must(words, environment: environment, limit: limit)
    }
}
