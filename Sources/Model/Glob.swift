/// A pattern for unit names: `*`, `?`, `[a-c]`, `[^…]`, `\` escapes; it matches the whole name.
///
/// A malformed pattern matches nothing.
/// - Source: Go's path.Match, which fleet uses.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as written.
    public let pattern: String
    private let parts: [Part]?

    fileprivate enum Part: Hashable, Sendable {
        case exactly(UInt8)
        case anyOne
        case anyRun
        case oneOf([ClosedRange<UInt8>], negated: Bool)
    }

    /// Reads a pattern.
    public init(_ pattern: String) {
        self.pattern = pattern
        parts = Self.parse(Array(pattern.utf8))
    }

    /// The one name it can match, where it has no wildcard.
    public var literal: String? {
        guard let parts else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard case .exactly(let byte) = part else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether it could be read at all.
    public var isWellFormed: Bool { parts != nil }

    /// Equal when written alike.
    public static func == (left: Glob, right: Glob) -> Bool { left.pattern == right.pattern }

    /// Hashes what was written.
    public func hash(into hasher: inout Hasher) { hasher.combine(pattern) }

    /// The pattern.
    public var description: String { pattern }

    /// Whether the whole name fits the pattern.
    public func matches(_ name: UnitName) -> Bool { matches(name.text) }

    /// Whether the whole text fits the pattern.
    public func matches(_ text: String) -> Bool {
        guard let parts else { return false }
        var text = text
        return text.withUTF8 { Self.match(parts, $0) }
    }

    private static func match(_ parts: [Part], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var part = 0
        var at = 0
        var retry: (part: Int, at: Int)?
        while at < text.count {
            if part < parts.count, case .anyRun = parts[part] {
                retry = (part + 1, at)
                part += 1
            } else if part < parts.count, parts[part].accepts(text[at]) {
                part += 1
                at += 1
            } else if let last = retry, text[last.at] != UInt8(ascii: "/") {
                retry = (last.part, last.at + 1)
                part = last.part
                at = last.at + 1
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { $0 == .anyRun }
    }

    private static func parse(_ bytes: [UInt8]) -> [Part]? {
        var parts: [Part] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): parts.append(.anyRun)
            case UInt8(ascii: "?"): parts.append(.anyOne)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                parts.append(.exactly(escaped))
            case UInt8(ascii: "["):
                guard let set = parseSet(&rest) else { return nil }
                parts.append(set)
            default: parts.append(.exactly(byte))
            }
        }
        return parts
    }

    private static func parseSet(_ rest: inout ArraySlice<UInt8>) -> Part? {
        var ranges: [ClosedRange<UInt8>] = []
        let negated = rest.first == UInt8(ascii: "^")
        if negated { rest.removeFirst() }
        while true {
            guard let byte = rest.popFirst() else { return nil }
            if byte == UInt8(ascii: "]"), !ranges.isEmpty { return .oneOf(ranges, negated: negated) }
            guard let low = unescaped(byte, &rest) else { return nil }
            var high = low
            if rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
                guard let next = rest.popFirst(), let end = unescaped(next, &rest), end >= low else { return nil }
                high = end
            }
            ranges.append(low...high)
        }
    }

    private static func unescaped(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> UInt8? {
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "-") { return nil }
        return byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
    }
}

extension Glob.Part {
    fileprivate func accepts(_ byte: UInt8) -> Bool {
        switch self {
        case .exactly(let own): own == byte
        case .anyOne: byte != UInt8(ascii: "/")
        case .anyRun: false
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
        }
    }
}
