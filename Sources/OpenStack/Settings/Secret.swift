/// A password, a token or the like: no message, log or mirror shows it.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    /// A secret.
    public init(_ text: String) {
        self.text = text
    }

    /// What stands where it must not be read.
    public var description: String { "•••" }
    /// The same.
    public var debugDescription: String { description }
    /// Nothing of it.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// A text without it, should a service have sent it back.
    func redacted(from words: String) -> String {
        text.utf8.count < 4 || !words.contains(text) ? words : words.replacing(text, with: description)
    }
}
