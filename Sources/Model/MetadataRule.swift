/// What a machine's metadata must be, beyond fleet's `key=value`.
///
/// Written as `zone=a`, `zone!=a`, `zone in (a, b)`, `zone not in (a, b)`, `cores>=4` (and `>`, `<`, `<=`), `gpu` (has
/// the key) or `!gpu` (has it not). A machine without the key meets `!=` and `not in`, and no comparison of numbers.
public struct MetadataRule: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What is asked of the value.
    public enum Test: Hashable, Sendable {
        /// It is one of these.
        case isOne(of: [String])
        /// It is none of these, or there is none.
        case isNone(of: [String])
        /// There is a value, whichever.
        case isThere
        /// There is none.
        case isMissing
        /// It is a number that compares so with this one.
        case compares(Comparison, Double)
    }

    /// How two numbers compare.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
    }

    /// The key.
    public let key: String
    /// What is asked of its value.
    public let test: Test

    /// A rule.
    public init(key: String, test: Test) {
        self.key = key
        self.test = test
    }

    /// Reads a rule; nil when the text is none.
    public init?(_ text: String) {
        let text = text.trimmingBlanks
        let key = String(text.drop { $0 == "!" }.prefix { Self.isKey($0) })
        guard !key.isEmpty else { return nil }
        if text.hasPrefix("!") {
            guard text.dropFirst() == key else { return nil }
            self.init(key: key, test: .isMissing)
            return
        }
        let rest = text.dropFirst(key.count).trimmingBlanks
        guard let test = Self.test(rest) else { return nil }
        self.init(key: key, test: test)
    }

    private static func test(_ text: String) -> Test? {
        if text.isEmpty { return .isThere }
        for word in ["not in", "in"] where text.hasPrefix(word) {
            let list = text.dropFirst(word.count).trimmingBlanks
            guard list.hasPrefix("("), list.hasSuffix(")") else { return nil }
            let values = list.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingBlanks }
            guard values.allSatisfy(isValue) else { return nil }
            let sorted = Array(Set(values)).sorted()
            return word == "in" ? .isOne(of: sorted) : .isNone(of: sorted)
        }
        if text.hasPrefix("!=") { return value(text, 2).map { .isNone(of: [$0]) } }
        for comparison in Comparison.allCases where text.hasPrefix(comparison.rawValue) {
            guard let number = value(text, comparison.rawValue.count).flatMap(Double.init), number.isFinite else {
                return nil
            }
            return .compares(comparison, number)
        }
        guard text.hasPrefix("=") else { return nil }
        return value(text, 1).map { .isOne(of: [$0]) }
    }

    private static func value(_ text: String, _ start: Int) -> String? {
        let value = text.dropFirst(start).trimmingBlanks
        return isValue(value) ? value : nil
    }

    private static func isKey(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_.-".contains(character))
    }

    private static func isValue(_ text: String) -> Bool {
        !text.isEmpty && !text.contains { " \t=!<>(),".contains($0) }
    }

    /// Whether metadata is so.
    public func holds(for metadata: [String: String]) -> Bool {
        let value = metadata[key]
        switch test {
        case .isOne(let values): return value.map(values.contains) ?? false
        case .isNone(let values): return value.map { !values.contains($0) } ?? true
        case .isThere: return value != nil
        case .isMissing: return value == nil
        case .compares(let comparison, let number):
            guard let found = value.flatMap(Double.init), found.isFinite else { return false }
            switch comparison {
            case .atLeast: return found >= number
            case .atMost: return found <= number
            case .above: return found > number
            case .below: return found < number
            }
        }
    }

    /// The rule as it is written: the same text for rules that mean the same.
    public var description: String {
        switch test {
        case .isOne(let values):
            values.count == 1 ? "\(key)=\(values[0])" : "\(key) in (\(values.joined(separator: ", ")))"
        case .isNone(let values):
            values.count == 1 ? "\(key)!=\(values[0])" : "\(key) not in (\(values.joined(separator: ", ")))"
        case .isThere: key
        case .isMissing: "!\(key)"
        case .compares(let comparison, let number):
            key + comparison.rawValue + (Int64(exactly: number).map { String($0) } ?? String(number))
        }
    }

    /// By text.
    public static func < (left: MetadataRule, right: MetadataRule) -> Bool { left.description < right.description }
}
