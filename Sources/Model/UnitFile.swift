/// A unit file: sections and options in the order they were written, unknown ones kept verbatim.
///
/// A unit file is immutable: a change is a new file with a new hash.
public struct UnitFile: Hashable, Sendable {
    /// One line `name=value` of one section.
    public struct Option: Hashable, Sendable {
        /// The section, without brackets.
        public let section: String
        /// The name, as written.
        public let name: String
        /// The value, as written; a continued line keeps its backslash and line end.
        public let value: String
        /// Where it stood, from 1; 0 when it never stood in a file. Not part of the identity.
        public let line: Int

        /// One option.
        public init(section: String, name: String, value: String, line: Int = 0) {
            self.section = section
            self.name = name
            self.value = value
            self.line = line
        }

        /// The value with continued lines joined by a space and comments between them left out.
        public var joined: String {
            guard value.contains("\\\n") || value.hasSuffix("\\") else { return value }
            return value.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.trimmingBlanks }
                .filter { !$0.hasPrefix("#") && !$0.hasPrefix(";") }
                .map { $0.hasSuffix("\\") ? String($0.dropLast()).trimmingBlanks : $0 }
                .filter { !$0.isEmpty }
                .joined(separator: " ")
        }

        /// Equal when section, name and value are.
        public static func == (left: Option, right: Option) -> Bool {
            left.section == right.section && left.name == right.name && left.value == right.value
        }

        /// Hashes section, name and value.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(section)
            hasher.combine(name)
            hasher.combine(value)
        }
    }

    /// All options in order.
    public let options: [Option]

    /// A file of these options.
    public init(options: [Option]) {
        self.options = options
    }

    /// The sections in order of first appearance.
    public var sections: [String] {
        var seen: Set<String> = []
        return options.map(\.section).filter { seen.insert($0).inserted }
    }

    /// The file written out: sections merged in order of first appearance, comments and blank lines gone.
    ///
    /// Read again it is the same file: after a backslash that is the last of a value stands a blank, or the next line
    /// would be the value's too.
    public var text: String { written(after: " ") }

    private func written(after backslash: String) -> String {
        var lines: [String: String] = [:]
        for option in options {
            let end = option.value.utf8.last == UInt8(ascii: "\\") ? backslash : ""
            lines[option.section, default: "[\(option.section)]\n"] += option.name + "=" + option.value + end + "\n"
        }
        return sections.compactMap { lines[$0] }.joined(separator: "\n")
    }

    /// What identifies the content: SHA-1 over ``text``, without blanks after backslashes.
    ///
    /// - Source: fleet's unit hash; its test vectors are our tests.
    public var hash: UnitHash { UnitHash(of: written(after: "")) }

    /// The file with drop-ins, in their order: what they assign is added, as systemd reads them.
    ///
    /// - Source: systemd.unit(5): a drop-in is parsed after the unit's own file; an empty assignment resets a list.
    public func with(dropIns: [UnitFile]) -> UnitFile {
        dropIns.isEmpty ? self : UnitFile(options: options + dropIns.flatMap(\.options))
    }

    /// Every value of an option in order, after an empty assignment has thrown away what stood before it.
    public func values(_ section: String, _ name: String) -> [String] {
        assigned(section, name).map(\.joined)
    }

    /// The options themselves behind ``values(_:_:)``.
    public func assigned(_ section: String, _ name: String) -> [Option] {
        let all = options.filter { $0.section == section && $0.name == name }
        guard let reset = all.lastIndex(where: { $0.joined.isEmpty }) else { return all }
        return Array(all[(reset + 1)...])
    }

    /// The last value of an option that holds only one.
    public func value(_ section: String, _ name: String) -> String? {
        values(section, name).last
    }

    /// Whether an option says yes: `1 yes true on t`, whatever their case; nil when it says something else.
    public func flag(_ section: String, _ name: String) -> Bool? {
        guard let value = value(section, name) else { return nil }
        return Self.flag(value)
    }

    /// A text as systemd's yes or no.
    public static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "yes", "y", "true", "t", "on": true
        case "0", "no", "n", "false", "f", "off": false
        default: nil
        }
    }

    /// The description, for panes and lists.
    public var unitDescription: String? { value("Unit", "Description") }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmingBlanks: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !blank($0) }), let last = lastIndex(where: { !blank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
