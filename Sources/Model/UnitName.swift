/// The name of a unit, checked: `web.service`, `api@1.service`, the template `api@.service`.
///
/// - Source: fleet's name rule (1…256 bytes of `[0-9a-zA-Z:\-_.\\@]`, a known type, no leading `@`).
public struct UnitName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The full name.
    public let text: String

    /// The types of unit that can be carried out on a machine.
    public static let types = [
        "service", "socket", "timer", "path", "mount", "automount", "device", "target", "swap", "slice", "scope",
    ]
    private static let templated = ["path", "service", "socket", "target", "timer"]

    /// Checks a name; says what is wrong with it when it is none.
    public init(_ text: String) throws(UnitNameError) {
        if let problem = Self.problem(with: text) { throw UnitNameError(name: SafeText.name(text), problem: problem) }
        self.text = text
    }

    /// A name as people type it: without a known type it gets `.service`; a path gives its last part.
    public init(typed: String) throws(UnitNameError) {
        let last = typed.split(separator: "/").last.map(String.init) ?? typed
        let type = last.split(separator: ".").last.map(String.init) ?? ""
        try self.init(last.contains(".") && Self.types.contains(type) ? last : last + ".service")
    }

    /// What is left of a name that was checked is one, too.
    private init(valid text: String) { self.text = text }

    private static func problem(with text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= 256 else { return "it must have 1 to 256 bytes" }
        guard let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")), dot != text.startIndex else {
            return "it needs a type such as .service"
        }
        let type = String(text[text.utf8.index(after: dot)...])
        guard types.contains(type) else { return "its type must be one of \(types.joined(separator: ", "))" }
        guard !text.hasPrefix("@"), !text.hasPrefix("-"), !text.hasPrefix(".") else {
            return "it must not begin with '\(text.prefix(1))'"
        }
        guard text.utf8.allSatisfy(isAllowed) else { return "only letters, digits and : - _ . \\ @ are allowed" }
        if text.utf8.contains(UInt8(ascii: "@")), !templated.contains(type) {
            return "only \(templated.joined(separator: ", ")) have instances"
        }
        return nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
            true
        default: false
        }
    }

    /// Where the type's dot stands; every name has one.
    private var dot: String.Index { text.utf8.lastIndex(of: UInt8(ascii: ".")) ?? text.endIndex }

    /// Where the first `@` stands before the type.
    private var at: String.Index? { text.utf8[..<dot].firstIndex(of: UInt8(ascii: "@")) }

    /// The type after the last dot: `service`.
    public var type: String { String(text[dot...].dropFirst()) }

    /// The name without its type: `%N`.
    public var stem: String { String(text[..<dot]) }

    /// What stands before the first `@`, or the whole stem: `%p`.
    public var prefix: String { String(text[..<(at ?? dot)]) }

    /// What stands after the first `@`; nil for a name without one, empty for a template: `%i`.
    public var instance: String? { at.map { String(text[text.utf8.index(after: $0)..<dot]) } }

    /// A template such as `api@.service`, which is never started itself.
    public var isTemplate: Bool { at.map { text.utf8.index(after: $0) == dot } ?? false }

    /// The template that this is an instance of.
    public var template: UnitName? {
        guard let at, case let start = text.utf8.index(after: at), start != dot else { return nil }
        return UnitName(valid: String(text[..<start] + text[dot...]))
    }

    /// The name.
    public var description: String { text }

    /// Byte order of the names.
    public static func < (left: UnitName, right: UnitName) -> Bool { left.text < right.text }
}

/// Why a text is no unit name.
public struct UnitNameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text, sanitised.
    public let name: String
    /// What is wrong with it.
    public let problem: String

    /// The whole sentence, ready to be shown.
    public var description: String { "'\(name)' is no unit name: \(problem)" }
}

extension UnitName: ExpressibleByStringLiteral {
    /// A literal, for tests and tables; a wrong one is a programmer's mistake.
    public init(stringLiteral value: String) {
        if let problem = Self.problem(with: value) { preconditionFailure("'\(value)' is no unit name: \(problem)") }
        text = value
    }
}
