import FoundationEssentials
import Model
import TOMLKit

/// What the configuration file says.
public struct Configuration: Hashable, Sendable {
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
    /// The file that orders are noted in; nil for the usual one.
    public var ordersLog: String?
    /// Keys of commands that are not the usual ones: the command's name as the file has it, and the keys' names.
    public var keys: [String: [String]] = [:]
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

    /// One context, `fleet`, of one cluster that fleet drives.
    public init(fleet entry: ClusterEntry) {
        contexts = [
            Context(
                name: entry.name, isLocked: true, isReadOnly: false, theme: nil, clouds: [], clusters: [entry])
        ]
    }

    /// Reads a text.
    public init(text: String, file: String) throws {
        var reader = TOMLReader(file: file, text: text)
        contexts = []
        guard let document = reader.document(text) else { throw reader.failure() }
        let top = TOMLReader.Place(header: "")
        reader.allow(["context", "theme", "orders-log", "keys", "contexts"], in: document, top)
        current = reader.string("context", in: document, top)
        theme = reader.string("theme", in: document, top)
        ordersLog = reader.string("orders-log", in: document, top)
        if let table = document["keys"]?.table { keys = Self.keys(table, &reader) }
        if let table = document["contexts"]?.table {
            for name in table.keys.sorted() {
                if let one = table[name]?.table { contexts.append(Self.context(name, one, &reader)) }
            }
        }
        if !reader.problems.isEmpty { throw reader.failure() }
    }

    private static func keys(_ table: TOMLTable, _ reader: inout TOMLReader) -> [String: [String]] {
        let place = TOMLReader.Place(header: "keys")
        var keys: [String: [String]] = [:]
        for name in table.keys.sorted() {
            let one = table[name]?.string.map { [$0] }
            keys[name] = one ?? reader.strings(name, in: table, place)
        }
        return keys
    }

    /// Where orders are noted unless the file says otherwise: below `$XDG_STATE_HOME`, else `~/.local/state`.
    public static func usualOrdersLog(_ environment: [String: String]) -> String {
        let home = environment["HOME"] ?? "/"
        let base = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/state"
        return base + "/quarterdeck/orders.log"
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
}

/// A sentence about the configuration as a whole.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
