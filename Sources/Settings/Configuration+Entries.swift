public import Model
import TOMLKit

extension Configuration {
    /// A cloud of a context.
    public struct CloudEntry: Hashable, Sendable {
        /// How a cloud is reached.
        public enum Kind: Hashable, Sendable {
            /// A local cloud, by the address it answers at.
            case local(endpoint: String)
            /// OpenStack: its name in `clouds.yaml` and the file, where they are not the usual ones; whether the VMs of
            /// all projects are asked for.
            case openStack(cloud: String?, file: String?, allProjects: Bool)
        }

        /// Its name.
        public var name: String
        /// How it is reached.
        public var kind: Kind
    }

    /// A cluster of a context.
    public struct ClusterEntry: Hashable, Sendable {
        /// Its name, which is also its ID in the store.
        public var name: String
        /// What drives it.
        public var kind = Cluster.Kind.own
        /// The store's endpoints, or those of fleet's API.
        public var endpoints: [String]
        /// Files for TLS; nil where they are not used.
        public var ca: String?
        /// The client's certificate.
        public var cert: String?
        /// The client's key.
        public var key: String?
        /// The store's user.
        public var user: String?
        /// The file that holds the user's password.
        public var passwordFile: String?
        /// The authority that the certificates of agents are checked against; nil for the system's.
        public var agentCA: String?
        /// The certificate that is shown to agents.
        public var agentCert: String?
        /// Its key.
        public var agentKey: String?
        /// The file that holds the token that is shown to agents.
        public var agentTokenFile: String?
        /// Who logs in by ssh; nil for ssh's own choice.
        public var sshUser: String?
        /// How long one answer of fleet's API may take; nil for the usual. The file does not say it.
        public var answersWithin: Duration?
        /// Destructive actions want the name typed.
        public var isProtected: Bool
        /// What its new VMs are to be.
        public var vms: VMEntry

        /// A cluster on a store without TLS and users.
        public init(name: String, endpoints: [String], vms: VMEntry) {
            self.name = name
            self.endpoints = endpoints
            self.vms = vms
            isProtected = false
        }

        /// A cluster that fleet drives.
        public init(fleet name: String, endpoints: [String]) {
            self.init(name: name, endpoints: endpoints, vms: VMEntry())
            kind = .fleet
        }
    }

    /// How a cluster's new VMs are made.
    public struct VMEntry: Hashable, Sendable {
        /// The cloud they are made in; nil where the context has one.
        public var cloud: String?
        /// What they are like.
        public var choice = VMChoice()
        /// What they read when they boot: `ignition` or `cloud-init`; nil for nothing.
        public var userData: String?
        /// Where they reach the store; nil for the cluster's endpoints.
        public var endpoints: [String]?
        /// Where they get the agent, and its SHA-256.
        public var agentURL: String?
        /// 64 hexadecimal digits.
        public var agentSHA256: String?
        /// Where the image has the agent.
        public var agentPath: String?
        /// More lines for the agent's configuration file.
        public var agentOptions: [String] = []

        /// Nothing said.
        public init() {}
    }

    static func cloud(_ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader) -> CloudEntry? {
        guard let name = reader.string("name", in: table, place), let word = reader.string("kind", in: table, place)
        else {
            reader.complain(reader.line(of: "name", place), "\(place.name) needs name and kind")
            return nil
        }
        guard let kind = kind(word, table, place, &reader) else { return nil }
        return CloudEntry(name: SafeText.name(name), kind: kind)
    }

    private static func kind(
        _ word: String, _ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader
    ) -> CloudEntry.Kind? {
        switch word {
        case "local":
            reader.allow(["name", "kind", "endpoint"], in: table, place)
            if let endpoint = reader.string("endpoint", in: table, place) { return .local(endpoint: endpoint) }
            reader.complain(
                reader.line(of: "name", place), "\(place.name) needs endpoint, such as \"http://127.0.0.1:8777\"")
        case "openstack":
            reader.allow(["name", "kind", "cloud", "clouds-file", "all-projects"], in: table, place)
            return .openStack(
                cloud: reader.string("cloud", in: table, place), file: reader.string("clouds-file", in: table, place),
                allProjects: reader.flag("all-projects", in: table, place) ?? true)
        default:
            reader.complain(
                reader.line(of: "kind", place),
                "kind '\(SafeText.name(word))' of \(place.name) is unknown; use \"local\" or \"openstack\"")
        }
        return nil
    }

    static func cluster(_ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader) -> ClusterEntry? {
        let keys = [
            "name", "endpoints", "ca", "cert", "key", "user", "password-file", "protected", "agent-ca", "agent-cert",
            "agent-key", "agent-token-file", "ssh-user",
        ]
        switch reader.word("kind", of: ["fleet"], in: table, place) {
        case "fleet"?: return fleet(table, place, &reader)
        default: reader.allow(keys + ["kind"] + vmKeys, in: table, place)
        }
        guard let name = reader.string("name", in: table, place),
            let endpoints = reader.strings("endpoints", in: table, place), !endpoints.isEmpty
        else {
            reader.complain(reader.line(of: "name", place), "\(place.name) needs name and endpoints")
            return nil
        }
        var entry = ClusterEntry(
            name: SafeText.name(name), endpoints: endpoints, vms: vms(table, place, &reader))
        entry.ca = reader.string("ca", in: table, place)
        entry.cert = reader.string("cert", in: table, place)
        entry.key = reader.string("key", in: table, place)
        entry.user = reader.string("user", in: table, place)
        entry.passwordFile = reader.string("password-file", in: table, place)
        readAgentFiles(into: &entry, table, place, &reader)
        entry.agentTokenFile = reader.string("agent-token-file", in: table, place)
        entry.sshUser = reader.string("ssh-user", in: table, place)
        entry.isProtected = reader.flag("protected", in: table, place) ?? false
        return entry
    }

    /// A cluster that fleet drives: certificates are shown to its API as to agents.
    private static func fleet(
        _ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader
    ) -> ClusterEntry? {
        let keys = [
            "name", "kind", "endpoints", "agent-ca", "agent-cert", "agent-key", "ssh-user", "protected",
        ]
        reader.allow(keys, in: table, place)
        guard let name = reader.string("name", in: table, place),
            let endpoints = reader.strings("endpoints", in: table, place), !endpoints.isEmpty
        else {
            reader.complain(reader.line(of: "name", place), "\(place.name) needs name and endpoints")
            return nil
        }
        for endpoint in endpoints where !isFleetEndpoint(endpoint) {
            // A password that stands where none belongs is not shown.
            let shown = endpoint.contains("@") ? "what has a '@'" : "'\(SafeText.name(endpoint))'"
            reader.complain(
                reader.line(of: "endpoints", place),
                "\(shown) of \(place.name) is no fleet endpoint; write \"http://10.0.0.1:49153\" "
                    + "or \"unix:///var/run/fleet.sock\"")
        }
        var entry = ClusterEntry(fleet: SafeText.name(name), endpoints: endpoints)
        readAgentFiles(into: &entry, table, place, &reader)
        entry.sshUser = reader.string("ssh-user", in: table, place)
        entry.isProtected = reader.flag("protected", in: table, place) ?? false
        return entry
    }

    private static func readAgentFiles(
        into entry: inout ClusterEntry, _ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader
    ) {
        entry.agentCA = reader.string("agent-ca", in: table, place)
        entry.agentCert = reader.string("agent-cert", in: table, place)
        entry.agentKey = reader.string("agent-key", in: table, place)
        guard (entry.agentCert == nil) != (entry.agentKey == nil) else { return }
        reader.complain(
            reader.line(of: entry.agentCert == nil ? "agent-key" : "agent-cert", place),
            "\(place.name) needs agent-cert and agent-key together: one alone is shown to nobody")
    }

    /// Whether a fleet API can be asked at what is written; whoever asks there takes the same and no other.
    private static func isFleetEndpoint(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
        for scheme in ["unix://", "file://"] where text.hasPrefix(scheme) {
            let path = text.dropFirst(scheme.count)
            return path.hasPrefix("/") && path != "/"
        }
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" }
            return !authority.isEmpty && !authority.contains("@") && !rest.contains { "?#".contains($0) }
        }
        return false
    }

    private static let vmKeys = [
        "cloud", "vm-flavor", "vm-image", "vm-networks", "vm-key", "vm-spread", "vm-zone", "vm-user-data",
        "vm-endpoints", "vm-agent-url", "vm-agent-sha256", "vm-agent-path", "vm-agent-options",
    ]

    private static func vms(_ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader) -> VMEntry {
        var entry = VMEntry()
        entry.cloud = reader.string("cloud", in: table, place)
        entry.choice = VMChoice(
            flavor: reader.string("vm-flavor", in: table, place), image: reader.string("vm-image", in: table, place),
            networks: reader.strings("vm-networks", in: table, place), key: reader.string("vm-key", in: table, place),
            spread: reader.word("vm-spread", of: VMChoice.spreads, in: table, place),
            zone: reader.string("vm-zone", in: table, place))
        entry.userData = reader.word("vm-user-data", of: ["ignition", "cloud-init"], in: table, place)
        entry.endpoints = reader.strings("vm-endpoints", in: table, place)
        entry.agentURL = reader.string("vm-agent-url", in: table, place)
        entry.agentSHA256 = reader.string("vm-agent-sha256", in: table, place)
        entry.agentPath = reader.string("vm-agent-path", in: table, place)
        entry.agentOptions = reader.strings("vm-agent-options", in: table, place) ?? []
        if (entry.agentURL == nil) != (entry.agentSHA256 == nil) {
            reader.complain(
                reader.line(of: entry.agentURL == nil ? "vm-agent-sha256" : "vm-agent-url", place),
                "\(place.name) needs vm-agent-url and vm-agent-sha256 together: nothing is run that was not checked")
        }
        return entry
    }
}

extension Configuration.ClusterEntry {
    /// The entry as a configuration file has it; only what `create-cluster` can set.
    public func text(in context: String) -> String {
        let choice = vms.choice
        let texts: [(String, String?)] = [
            ("name", name), ("cloud", vms.cloud), ("vm-flavor", choice.flavor), ("vm-image", choice.image),
            ("vm-key", choice.key), ("vm-spread", choice.spread), ("vm-zone", choice.zone),
            ("vm-user-data", vms.userData), ("vm-agent-url", vms.agentURL), ("vm-agent-sha256", vms.agentSHA256),
            ("vm-agent-path", vms.agentPath),
        ]
        let lists: [(String, [String]?)] = [
            ("endpoints", endpoints), ("vm-networks", choice.networks),
            ("vm-agent-options", vms.agentOptions.isEmpty ? nil : vms.agentOptions),
        ]
        return "[[contexts.\(Self.quoted(context)).clusters]]\n"
            + texts.compactMap { key, value in value.map { "\(key) = \(Self.quoted($0))\n" } }.joined()
            + lists.compactMap { key, values in
                values.map { "\(key) = [\($0.map(Self.quoted).joined(separator: ", "))]\n" }
            }.joined()
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
