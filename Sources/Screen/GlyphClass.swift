/// What becomes of a scalar on the screen: the pinned answer to "how wide is it".
enum GlyphClass: Equatable {
    /// One or two columns.
    case glyph(width: Int)
    /// Goes onto the glyph before it.
    case combining
    /// Shapes its neighbours and is left out: variation selectors.
    case omitted
    /// Would act on the terminal, hide or reorder text: shown as `GlyphClass.substitute`.
    case replaced

    /// The visible, harmless stand-in for what must not reach a terminal.
    static let substitute: UInt32 = 0xFFFD

    /// The class of a scalar.
    @inline(__always)
    init(_ scalar: UInt32) {
        if scalar < 0x7F {
            self = scalar >= 0x20 ? .glyph(width: 1) : .replaced
        } else if scalar < 0x300 {
            self = scalar < 0xA0 || scalar == 0xAD ? .replaced : .glyph(width: 1)
        } else if (scalar >= 0x2500 && scalar < 0x25FD) || (scalar >= 0x2800 && scalar < 0x2900) {
            self = .glyph(width: 1)
        } else {
            self = Self.looked(up: scalar)
        }
    }

    private static func looked(up scalar: UInt32) -> GlyphClass {
        if (0xFE00...0xFE0F).contains(scalar) || (0xE0100...0xE01EF).contains(scalar) { return .omitted }
        if scalar == substitute { return .glyph(width: 1) }
        if contains(GlyphTables.unprintable, scalar) { return .replaced }
        if contains(GlyphTables.combining, scalar) { return .combining }
        return .glyph(width: contains(GlyphTables.wide, scalar) ? 2 : 1)
    }

    private static func contains(_ ranges: [UInt32], _ scalar: UInt32) -> Bool {
        var low = 0
        var high = ranges.count / 2
        while low < high {
            let middle = (low + high) / 2
            if scalar < ranges[2 * middle] {
                high = middle
            } else if scalar > ranges[2 * middle + 1] {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }
}

extension Screen {
    /// How many columns a text takes on a screen, by the same rules as drawing it.
    public static func columns(of text: String) -> Int {
        if let count = asciiColumns(of: text) { return count }
        var columns = 0
        for scalar in text.unicodeScalars {
            switch GlyphClass(scalar.value) {
            case .glyph(let width): columns += width
            case .replaced: columns += 1
            case .combining, .omitted: break
            }
        }
        return columns
    }

    /// The number of bytes when all of them are ASCII: the usual case, decided without decoding.
    private static func asciiColumns(of text: String) -> Int? {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            var all: UInt8 = 0
            for byte in bytes { all |= byte }
            return all < 0x80 ? bytes.count : nil
        } ?? nil
    }
}
