/// Splits a value into words as systemd does: blanks separate, `"…"` and `'…'` keep together, `\` escapes.
public enum QuotedWords {
    /// Why a value cannot be split.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// A quote was never closed.
        case openQuote
        /// A `\` escape that means nothing.
        case badEscape(String)

        /// The problem in words.
        public var description: String {
            switch self {
            case .openQuote: "a quote is never closed"
            case .badEscape(let text): "'\\\(text)' is no escape"
            }
        }
    }

    /// The words of a value.
    ///
    /// - Source: systemd.syntax(7), "Quoting"; the escapes are `\a \b \f \n \r \t \v \\ \" \' \s \xHH \nnn \uHHHH`.
    public static func split(_ value: String) throws(Problem) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Unicode.Scalar?
        var rest = Substring(value).unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "\\" {
                word = (word ?? "") + String(try escape(&rest))
            } else if let open = quote {
                if scalar == open { quote = nil } else { word?.unicodeScalars.append(scalar) }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
                word = word ?? ""
            } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(scalar)
            }
        }
        if quote != nil { throw .openQuote }
        if let done = word { words.append(done) }
        return words
    }

    private static func escape(_ rest: inout Substring.UnicodeScalarView) throws(Problem) -> Character {
        guard let next = rest.popFirst() else { throw .badEscape("") }
        let simple: [Unicode.Scalar: Character] = [
            "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{B}", "\\": "\\",
            "\"": "\"", "'": "'", "s": " ", "$": "$", "%": "%", ";": ";", " ": " ",
        ]
        if let character = simple[next] { return character }
        let (digits, radix): (Int, Int) =
            switch next {
            case "x": (2, 16)
            case "u": (4, 16)
            case "U": (8, 16)
            default: (2, 8)
            }
        var text = radix == 8 ? String(next) : ""
        for _ in 0..<digits {
            guard let digit = rest.popFirst() else { break }
            text.unicodeScalars.append(digit)
        }
        guard text.utf8.count == (radix == 8 ? 3 : digits), let value = UInt32(text, radix: radix), value != 0,
            let scalar = Unicode.Scalar(value)
        else { throw .badEscape(String(next) + (radix == 8 ? "" : text)) }
        return Character(scalar)
    }
}
