import ArgumentParser
import Model
import NodeAgent
import Settings

/// What fleetctl takes with every command: honoured, or without effect where it would have none; refused where
/// leaving it out would mislead.
struct FleetctlOptions: ParsableArguments {
    @Option(help: .hidden) var driver: String?
    @Option(help: .hidden) var tunnel: String?
    @Option(help: .hidden) var sshUsername: String?
    @Option(help: .hidden) var sshTimeout: Double?
    @Option(help: .hidden) var strictHostKeyChecking: String?
    @Option(help: .hidden) var knownHostsFile: String?
    @Option(help: .hidden) var requestTimeout: Double?
    @Option(help: .hidden) var etcdKeyPrefix: String?
    @Option(help: .hidden) var caFile: String?
    @Option(help: .hidden) var certFile: String?
    @Option(help: .hidden) var keyFile: String?
    @Flag(help: .hidden) var debug = false
    @Flag(help: .hidden) var experimentalApi = false

    static let noTunnel =
        "there is no tunnel of our own: run 'ssh -N -L 49153:/var/run/fleet.sock HOST' beside this and give "
        + "--endpoint http://127.0.0.1:49153"

    mutating func validate() throws {
        if let driver, driver.lowercased() != "api" {
            throw ValidationError("fleet is reached by its API alone; leave --driver out and name --endpoint")
        }
        if tunnel.map({ !$0.isEmpty }) == true { throw ValidationError(Self.noTunnel) }
        if etcdKeyPrefix != nil {
            throw ValidationError("fleet's keys in etcd are not read; leave --etcd-key-prefix out and name --endpoint")
        }
        if let word = strictHostKeyChecking, word != "true", word != "false" {
            throw ValidationError("--strict-host-key-checking is true or false")
        }
        if let sshTimeout, !(sshTimeout >= 0 && sshTimeout < 1e6) {
            throw ValidationError("--ssh-timeout must be a number of seconds")
        }
    }

    /// A fleet cluster at these endpoints, with the files of the command line.
    func entry(_ endpoints: [String]) -> Configuration.ClusterEntry {
        var entry = Configuration.ClusterEntry(fleet: "fleet", endpoints: endpoints)
        entry.agentCA = caFile
        entry.agentCert = certFile
        entry.agentKey = keyFile
        entry.sshUser = sshUsername ?? "core"
        return entry
    }

    /// What ssh is told of it.
    func sshOptions(port: Int?) -> [String] {
        var options = port.map { ["-p", "\($0)"] } ?? []
        if let sshTimeout, sshTimeout >= 1 { options += ["-o", "ConnectTimeout=\(Int(sshTimeout))"] }
        if strictHostKeyChecking == "false" { options += ["-o", "StrictHostKeyChecking=no"] }
        if let knownHostsFile { options += ["-o", "UserKnownHostsFile=\(knownHostsFile)"] }
        return options
    }
}
