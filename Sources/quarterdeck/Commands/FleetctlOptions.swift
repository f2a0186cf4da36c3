import ArgumentParser
import Model
import NodeAgent
import Settings

/// What fleetctl takes with every command: honoured where it has a meaning, refused where leaving it out would mislead.
///
/// `--driver api` says what is so anyway, and `--experimental-api` is dead in fleetctl too.
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

    private static let noTunnel =
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
        if let requestTimeout, !(requestTimeout > 0 && requestTimeout < 1e6) {
            throw ValidationError("--request-timeout must be a number of seconds above 0")
        }
    }

    /// fleetctl's variables that count here.
    static let variables = [
        "DRIVER", "TUNNEL", "SSH_USERNAME", "SSH_TIMEOUT", "STRICT_HOST_KEY_CHECKING", "KNOWN_HOSTS_FILE",
        "REQUEST_TIMEOUT", "CA_FILE", "CERT_FILE", "KEY_FILE", "DEBUG",
    ].map { "FLEETCTL_" + $0 }

    /// The options with those of the environment, for what the command line leaves open.
    /// - Throws: what reading them from the command line throws.
    func completed(by environment: [String: String]) throws -> FleetctlOptions {
        let said = { (name: String) in environment["FLEETCTL_" + name].flatMap { $0.isEmpty ? nil : $0 } }
        let seconds = { (name: String) throws -> Double? in
            guard let text = said(name) else { return nil }
            guard let number = Double(text) else {
                throw ValidationError("FLEETCTL_\(name) must be a number of seconds")
            }
            return number
        }
        var all = self
        all.driver = driver ?? said("DRIVER")
        all.tunnel = tunnel ?? said("TUNNEL")
        all.sshUsername = sshUsername ?? said("SSH_USERNAME")
        all.sshTimeout = try sshTimeout ?? seconds("SSH_TIMEOUT")
        all.strictHostKeyChecking = strictHostKeyChecking ?? said("STRICT_HOST_KEY_CHECKING").map(Self.plainFlag)
        all.knownHostsFile = knownHostsFile ?? said("KNOWN_HOSTS_FILE")
        all.requestTimeout = try requestTimeout ?? seconds("REQUEST_TIMEOUT")
        all.caFile = caFile ?? said("CA_FILE")
        all.certFile = certFile ?? said("CERT_FILE")
        all.keyFile = keyFile ?? said("KEY_FILE")
        all.debug = debug || said("DEBUG").map(Self.plainFlag) == "true"
        try all.validate()
        return all
    }

    /// Yes and no in all the words that fleetctl takes for them.
    static func plainFlag(_ word: String) -> String {
        switch word.lowercased() {
        case "true", "t", "1": "true"
        case "false", "f", "0": "false"
        default: word
        }
    }

    /// What of it is about how fleet's API is asked, by name.
    private var asking: [String] {
        let all = [
            ("--request-timeout", requestTimeout != nil), ("--ca-file", caFile != nil),
            ("--cert-file", certFile != nil), ("--key-file", keyFile != nil), ("--debug", debug),
        ]
        return all.filter(\.1).map(\.0)
    }

    /// A context whose fleet clusters are asked as the options say.
    /// - Throws: `CommandFailure` where there is none to be asked so.
    func applied(to context: Configuration.Context) throws -> Configuration.Context {
        guard let first = asking.first else { return context }
        if (certFile == nil) != (keyFile == nil) {
            throw CommandFailure(.usage, "--cert-file and --key-file go together; give both")
        }
        guard context.clusters.contains(where: { $0.kind == .fleet }) else {
            throw CommandFailure(
                .usage,
                "\(first) is for clusters that fleet drives, and context '\(context.name)' has none: leave it out, or "
                    + "name --endpoint")
        }
        var context = context
        for index in context.clusters.indices where context.clusters[index].kind == .fleet {
            context.clusters[index].agentCA = caFile ?? context.clusters[index].agentCA
            context.clusters[index].agentCert = certFile ?? context.clusters[index].agentCert
            context.clusters[index].agentKey = keyFile ?? context.clusters[index].agentKey
            context.clusters[index].answersWithin = requestTimeout.map { .seconds($0) }
        }
        return context
    }

    /// A fleet cluster at these endpoints.
    func entry(_ endpoints: [String]) -> Configuration.ClusterEntry {
        var entry = Configuration.ClusterEntry(fleet: "fleet", endpoints: endpoints)
        entry.sshUser = sshUsername ?? "core"
        return entry
    }

    /// What ssh is told of it.
    func sshOptions(port: Int?) -> [String] {
        var options = port.map { ["-p", "\($0)"] } ?? []
        if let sshTimeout, sshTimeout > 0 { options += ["-o", "ConnectTimeout=\(Int(sshTimeout.rounded(.up)))"] }
        if strictHostKeyChecking == "false" { options += ["-o", "StrictHostKeyChecking=no"] }
        if let knownHostsFile { options += ["-o", "UserKnownHostsFile=\(knownHostsFile)"] }
        return options
    }
}
