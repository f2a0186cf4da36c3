import Screen

/// A piece of text with its meaning, and the figure behind it where there is one to sort by.
struct Word: Hashable, Sendable {
    var text: String
    var face: Face
    var number: Double?
    /// The key that a click on it stands for.
    var press: Key?

    init(_ text: String, _ face: Face = .text, number: Double? = nil, press: Key? = nil) {
        self.press = press
        self.text = text
        self.face = face
        self.number = number
    }

    static let none = Word("–")
    static let empty = Word("")

    /// Orders by figure where both have one, else by text; what is unknown comes last.
    static func precedes(_ left: Word, _ right: Word) -> Bool? {
        if let first = left.number, let second = right.number { return first == second ? nil : first < second }
        if (left.number == nil) != (right.number == nil) { return left.number != nil }
        return left.text == right.text ? nil : left.text < right.text
    }
}

/// One line of words, drawn one behind the other.
typealias Line = [Word]

/// Figures as people read them.
enum Figure {
    /// `7%`, rounded down: tenths would change with every measurement and tell nothing.
    static func percent(_ value: Double?) -> Word {
        guard let value, value.isFinite else { return .none }
        let bounded = min(max(0, value), 99_999)
        return Word("\(Int(bounded))%", bounded >= 90 ? .warning : .text, number: bounded)
    }

    /// `48M`, `1.2G`.
    static func bytes(_ value: Int64?) -> Word {
        guard let value, value >= 0 else { return .none }
        let units: [(String, Int64)] = [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]
        guard let (suffix, size) = units.first(where: { value >= $0.1 }) else {
            return Word("\(value)B", number: Double(value))
        }
        let tenths = value / (size / 10 == 0 ? 1 : size / 10)
        let isSmall = tenths < 100 && suffix != "M" && suffix != "K"
        return Word(
            isSmall ? "\(tenths / 10).\(tenths % 10)\(suffix)" : "\(value / size)\(suffix)", number: Double(value))
    }

    /// `6/16`, or `6` where the whole is unknown.
    static func share(_ part: Int?, _ whole: Int?) -> Word {
        guard let part else { return whole.map { Word("–/\($0)", .dim, number: nil) } ?? .none }
        guard let whole, whole > 0 else { return Word("\(part)", number: Double(part)) }
        return Word("\(part)/\(whole)", part > whole ? .warning : .text, number: Double(part) / Double(whole))
    }
}
