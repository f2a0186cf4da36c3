import Model
import NodeAgent

/// A name or a pattern for the names of units, as people type it: for services where it names no type.
struct UnitPattern: Sendable {
    /// As it is matched.
    let text: String
    private let glob: Glob

    /// - Throws: for what is neither a name nor a pattern.
    init(_ typed: String) throws {
        guard Self.isPattern(typed) else {
            text = try UnitName(typed: typed).text
            glob = Glob(text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\"))
            return
        }
        let last = typed.contains(".") ? typed.split(separator: ".").last.map(String.init) ?? "" : ""
        let hasType = UnitName.types.contains(last) || last.contains { "*?[".contains($0) }
        text = hasType ? typed : typed + ".service"
        glob = Glob(text)
        guard glob.isWellFormed else {
            throw CommandFailure(.usage, "'\(SafeText.name(typed))' is no pattern: a '[' wants its ']'")
        }
    }

    /// Whether a text is a pattern, and no name and no file's.
    static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } && !text.contains("/") }

    func matches(_ name: UnitName) -> Bool { glob.matches(name) }
}
