import Model

/// What `/` takes: words that must all hold; `!word` must not; `column:word` looks into one column only.
struct Filter: Hashable, Sendable {
    struct Term: Hashable, Sendable {
        var column: String?
        var text: String
        var isNegated: Bool
    }

    let text: String
    let terms: [Term]

    static let none = Filter("")

    init(_ text: String) {
        self.text = text
        terms = text.split(separator: " ").compactMap { word in
            var rest = word
            var isNegated = false
            if rest.first == "!" {
                isNegated = true
                rest = rest.dropFirst()
            }
            var column: String?
            if let colon = rest.firstIndex(of: ":") {
                column = rest[..<colon].lowercased()
                rest = rest[rest.index(after: colon)...]
            }
            guard !rest.isEmpty else { return nil }
            return Term(column: column, text: rest.lowercased(), isNegated: isNegated)
        }
    }

    var isEmpty: Bool { terms.isEmpty }

    /// Whether nothing passes that does not pass the other: its last word only became longer, or words were added.
    func isNarrower(than other: Filter) -> Bool {
        guard terms.count >= other.terms.count, text.hasPrefix(other.text) else { return false }
        return zip(terms, other.terms).allSatisfy { new, old in
            new.column == old.column && new.isNegated == old.isNegated
                && (new.text == old.text || (!new.isNegated && new.text.hasPrefix(old.text)))
        }
    }

    /// Whether the words of an object, found by the column's key, satisfy every term.
    func matches(_ columns: [String], _ word: (Int) -> String) -> Bool {
        terms.allSatisfy { term in
            let isFound = columns.indices.contains { index in
                if let column = term.column, !columns[index].hasPrefix(column) { return false }
                return Self.contains(word(index), term.text)
            }
            return isFound != term.isNegated
        }
    }

    /// Whether a text holds a word that is in lower case already.
    static func contains(_ text: String, _ word: String) -> Bool {
        var text = text
        var word = word
        return text.withUTF8 { text in
            word.withUTF8 { word in
                guard text.count >= word.count, let first = word.first else { return word.isEmpty }
                for start in 0...(text.count - word.count) where lower(text[start]) == first {
                    var length = 1
                    while length < word.count, lower(text[start + length]) == word[length] { length += 1 }
                    if length == word.count { return true }
                }
                return false
            }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}
