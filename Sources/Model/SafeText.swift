/// Makes text from outside harmless, once, at the door it comes in by.
public enum SafeText {
    /// How many characters of a name are kept.
    public static let nameLimit = 256
    /// How many characters of a log line are kept; longer lines end in `…`.
    public static let lineLimit = 4_096

    /// Text without control characters, escape sequences, bidi controls, zero-width characters or floods of
    /// combining marks: a terminal shows it as it is read.
    ///
    /// Tabs become spaces, colour sequences disappear, other control characters become `·`.
    public static func clean(_ raw: String, limit: Int = lineLimit) -> String {
        if raw.utf8.count <= limit, raw.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return raw }
        var result = String.UnicodeScalarView()
        var count = 0
        var marks = 0
        var scalars = raw.unicodeScalars.makeIterator()
        var pending: Unicode.Scalar?
        while let scalar = pending ?? scalars.next() {
            pending = nil
            if scalar == "\u{1B}" || scalar == "\u{9B}" {
                pending = skipColour(scalar, &scalars, into: &result)
                continue
            }
            let kept = harmless(scalar, marks: &marks)
            guard !kept.isEmpty else { continue }
            if count >= limit {
                result.append("…")
                break
            }
            result.append(contentsOf: kept)
            count += 1
        }
        return String(result)
    }

    /// A name from outside: cleaned, cut, and never empty.
    public static func name(_ raw: String) -> String {
        let cleaned = clean(raw, limit: nameLimit)
        return cleaned.isEmpty ? "(unnamed)" : cleaned
    }

    /// Text of several lines, each cleaned; line ends stay.
    public static func block(_ raw: String) -> String {
        raw.split(separator: "\n", omittingEmptySubsequences: false)
            .map { clean($0.hasSuffix("\r") ? String($0.dropLast()) : String($0)) }
            .joined(separator: "\n")
    }

    /// Drops `ESC [ … m`; anything else that begins with ESC loses just the ESC. Returns a scalar read too far.
    private static func skipColour(
        _ first: Unicode.Scalar, _ scalars: inout String.UnicodeScalarView.Iterator,
        into result: inout String.UnicodeScalarView
    ) -> Unicode.Scalar? {
        var seen: [Unicode.Scalar] = []
        if first == "\u{1B}" {
            guard let next = scalars.next() else {
                result.append("·")
                return nil
            }
            guard next == "[" else {
                result.append("·")
                return next
            }
        }
        while let next = scalars.next() {
            if next == "m" { return nil }
            guard seen.count < 32, next == ";" || (next.value >= 0x30 && next.value <= 0x39) else {
                result.append("·")
                result.append("[")
                result.append(contentsOf: seen)
                return next
            }
            seen.append(next)
        }
        result.append("·")
        return nil
    }

    private static func harmless(_ scalar: Unicode.Scalar, marks: inout Int) -> [Unicode.Scalar] {
        switch scalar.value {
        case 0x09: return [" ", " "]
        case 0x00...0x1F, 0x7F...0x9F: return ["·"]
        case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFE00...0xFE0F,
            0xFFF0...0xFFFB, 0xE0000...0xE0FFF:
            return []
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark:
                marks += 1
                return marks > 2 ? [] : [scalar]
            case .control, .privateUse, .surrogate, .unassigned:
                marks = 0
                return ["·"]
            default:
                marks = 0
                return [scalar]
            }
        }
    }
}
