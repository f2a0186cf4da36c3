import FoundationEssentials
import Model
import TOMLKit

/// What the configuration file says.
public struct Configuration: Hashable, Sendable {
    /// A cloud of a context.
    public struct CloudEntry: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// `local`.
        public var kind: String
        /// Where it answers.
        public var endpoint: String
    }

    /// A cluster of a context.
    public struct ClusterEntry: Hashable, Sendable {
        /// Its name, which is also its ID in the store.
        public var name: String
        /// The store's endpoints.
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
        /// Destructive actions want the name typed.
        public var isProtected: Bool
    }

    /// What is looked at together.
    public struct Context: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Changes want to be unlocked first.
        public var isLocked: Bool
        /// Changes are not possible at all.
        public var isReadOnly: Bool
        /// The theme's name.
        public var theme: String?
        /// Its clouds.
        public var clouds: [CloudEntry]
        /// Its clusters.
        public var clusters: [ClusterEntry]
    }

    /// The contexts by name.
    public var contexts: [Context]
    /// The one that is taken when none is named.
    public var current: String?
    /// The theme when the context names none.
    public var theme: String?

    /// The context of that name, or the current one, or the only one; throws a sentence that names what there is.
    public func context(_ name: String?) throws -> Context {
        if let wanted = name ?? current {
            if let found = contexts.first(where: { $0.name == wanted }) { return found }
            let all = contexts.map { "'\($0.name)'" }.joined(separator: ", ")
            let names = all.isEmpty ? "none" : all
            throw ConfigurationProblem(
                "there is no context '\(SafeText.name(wanted))' in the configuration; it has \(names)"
            )
        }
        guard let first = contexts.first, contexts.count == 1 else {
            throw ConfigurationProblem(
                "name a context with --context, or write context = \"…\" at the top of the configuration")
        }
        return first
    }

    /// Where the file is looked for: `$XDG_CONFIG_HOME/quarterdeck/config.toml`, else below `~/.config`.
    public static func usualPath(_ environment: [String: String]) -> String {
        let home = environment["HOME"] ?? "/"
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.config"
        return base + "/quarterdeck/config.toml"
    }

    /// Reads a file.
    /// - Throws: `SettingsError` with every problem; `ConfigurationProblem` when there is no file.
    public init(path: String) throws {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw ConfigurationProblem(
                """
                there is no configuration at '\(path)'; run 'quarterdeck demo' to see a farm, or begin with
                    [[contexts.home.clusters]]
                    name = "my-cluster"
                    endpoints = ["http://127.0.0.1:2379"]
                """)
        }
        try self.init(text: String(decoding: data, as: UTF8.self), file: path)
    }

    /// Reads a text.
    public init(text: String, file: String) throws {
        var reader = TOMLReader(file: file, text: text)
        contexts = []
        guard let document = reader.document(text) else { throw reader.failure() }
        let top = TOMLReader.Place(header: "")
        reader.allow(["context", "theme", "contexts"], in: document, top)
        current = reader.string("context", in: document, top)
        theme = reader.string("theme", in: document, top)
        if let table = document["contexts"]?.table {
            for name in table.keys.sorted() {
                if let one = table[name]?.table { contexts.append(Self.context(name, one, &reader)) }
            }
        }
        if !reader.problems.isEmpty { throw reader.failure() }
    }

    private static func context(_ name: String, _ table: TOMLTable, _ reader: inout TOMLReader) -> Context {
        let place = TOMLReader.Place(header: "contexts.\(name)")
        reader.allow(["locked", "read-only", "theme", "clouds", "clusters"], in: table, place)
        let clouds = reader.tables("clouds", in: table, place).enumerated().compactMap { index, one in
            cloud(one, TOMLReader.Place(header: place.header + ".clouds", index: index), &reader)
        }
        let clusters = reader.tables("clusters", in: table, place).enumerated().compactMap { index, one in
            cluster(one, TOMLReader.Place(header: place.header + ".clusters", index: index), &reader)
        }
        return Context(
            name: SafeText.name(name), isLocked: reader.flag("locked", in: table, place) ?? true,
            isReadOnly: reader.flag("read-only", in: table, place) ?? false,
            theme: reader.string("theme", in: table, place), clouds: clouds, clusters: clusters)
    }

    private static func cloud(_ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader) -> CloudEntry?
    {
        reader.allow(["name", "kind", "endpoint"], in: table, place)
        guard let name = reader.string("name", in: table, place), let kind = reader.string("kind", in: table, place)
        else {
            reader.complain(reader.line(of: "name", place), "\(place.name) needs name and kind")
            return nil
        }
        guard kind == "local" else {
            reader.complain(
                reader.line(of: "kind", place),
                "kind '\(SafeText.name(kind))' of \(place.name) is unknown; use \"local\"")
            return nil
        }
        guard let endpoint = reader.string("endpoint", in: table, place) else {
            reader.complain(
                reader.line(of: "name", place), "\(place.name) needs endpoint, such as \"http://127.0.0.1:8777\"")
            return nil
        }
        return CloudEntry(name: SafeText.name(name), kind: kind, endpoint: endpoint)
    }

    private static func cluster(
        _ table: TOMLTable, _ place: TOMLReader.Place, _ reader: inout TOMLReader
    ) -> ClusterEntry? {
        let keys = [
            "name", "endpoints", "ca", "cert", "key", "user", "password-file", "protected", "agent-ca", "agent-cert",
            "agent-key", "agent-token-file", "ssh-user",
        ]
        reader.allow(keys, in: table, place)
        guard let name = reader.string("name", in: table, place),
            let endpoints = reader.strings("endpoints", in: table, place), !endpoints.isEmpty
        else {
            reader.complain(reader.line(of: "name", place), "\(place.name) needs name and endpoints")
            return nil
        }
        return ClusterEntry(
            name: SafeText.name(name), endpoints: endpoints, ca: reader.string("ca", in: table, place),
            cert: reader.string("cert", in: table, place), key: reader.string("key", in: table, place),
            user: reader.string("user", in: table, place),
            passwordFile: reader.string("password-file", in: table, place),
            agentCA: reader.string("agent-ca", in: table, place),
            agentCert: reader.string("agent-cert", in: table, place),
            agentKey: reader.string("agent-key", in: table, place),
            agentTokenFile: reader.string("agent-token-file", in: table, place),
            sshUser: reader.string("ssh-user", in: table, place),
            isProtected: reader.flag("protected", in: table, place) ?? false)
    }
}

/// A sentence about the configuration as a whole.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
