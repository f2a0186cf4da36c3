/// Names one object of one kind; IDs of different kinds do not mix.
public struct ID<Kind>: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The ID as its source wrote it, sanitised.
    public let text: String

    /// Takes the text as it is; doors sanitise before they call.
    public init(_ text: String) {
        self.text = text
    }

    /// A literal, for tests and tables.
    public init(stringLiteral value: String) {
        text = value
    }

    /// The first eight characters, as people recognise machine IDs.
    public var short: String {
        String(text.prefix(8))
    }

    /// The ID itself.
    public var description: String { text }

    /// Byte order of the text.
    public static func < (left: ID, right: ID) -> Bool {
        left.text < right.text
    }
}
