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
        var cleaner = Cleaner(limit: limit)
        var scalars = raw.unicodeScalars.makeIterator()
        var pending: Unicode.Scalar?
        while !cleaner.isFull, let scalar = pending ?? scalars.next() {
            pending = nil
            if scalar == "\u{1B}" || scalar == "\u{9B}" {
                pending = cleaner.skipColour(scalar, &scalars)
            } else {
                cleaner.take(scalar)
            }
        }
        return String(cleaner.result)
    }

    /// A name from outside: cleaned, cut, and never empty.
    public static func name(_ raw: String) -> String {
        let cleaned = clean(raw, limit: nameLimit)
        return cleaned.isEmpty ? "(unnamed)" : cleaned
    }

    /// Text of several lines, each cleaned; line ends stay.
    public static func block(_ raw: String) -> String {
        raw.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { clean(String($0.last == "\r" ? $0.dropLast() : $0)) }
            .joined(separator: "\n")
    }
}

/// Text while it is made harmless.
private struct Cleaner {
    let limit: Int
    var result = String.UnicodeScalarView()
    private var count = 0
    private var marks = 0
    /// The limit was reached and more was to come.
    private(set) var isFull = false

    init(limit: Int) {
        self.limit = limit
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if isFull { return }
        isFull = count >= limit
        result.append(isFull ? "…" : scalar)
        count += 1
    }

    /// Drops `ESC [ … m`; anything else that begins with ESC loses just the ESC. Returns a scalar read too far.
    mutating func skipColour(
        _ first: Unicode.Scalar, _ scalars: inout String.UnicodeScalarView.Iterator
    ) -> Unicode.Scalar? {
        if first == "\u{1B}" {
            let next = scalars.next()
            guard next == "[" else {
                append("·")
                return next
            }
        }
        var seen: [Unicode.Scalar] = []
        var next = scalars.next()
        while let scalar = next, seen.count < 32, scalar == ";" || (0x30...0x39).contains(scalar.value) {
            seen.append(scalar)
            next = scalars.next()
        }
        if next == "m" { return nil }
        for scalar in ["·", "["] + seen { append(scalar) }
        return next
    }

    mutating func take(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x09:
            append(" ")
            append(" ")
        case 0x00...0x1F, 0x7F...0x9F: append("·")
        case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFE00...0xFE0F,
            0xFFF0...0xFFFB, 0xE0000...0xE0FFF:
            break
        default: takeByCategory(scalar)
        }
    }

    private mutating func takeByCategory(_ scalar: Unicode.Scalar) {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark:
            marks += 1
            if marks <= 2 { append(scalar) }
        case .control, .privateUse, .surrogate, .unassigned:
            marks = 0
            append("·")
        default:
            marks = 0
            append(scalar)
        }
    }
}
