/// Stand-ins in ASCII for the glyphs our views use; everything else becomes a question mark.
enum ASCII {
    /// The stand-in of a scalar.
    static func standIn(for scalar: UInt32) -> UInt32 {
        if scalar >= 0x20, scalar < 0x7F { return scalar }
        if (0x2800...0x28FF).contains(scalar) { return level((scalar - 0x2800).nonzeroBitCount) }
        if (0x2581...0x2588).contains(scalar) { return level(Int(scalar) - 0x2580) }
        return table[scalar] ?? 0x3F
    }

    private static func level(_ height: Int) -> UInt32 {
        let ramp: [Unicode.Scalar] = [" ", "_", ".", "-", "=", "+", "*", "#", "#"]
        return ramp[min(max(0, height), ramp.count - 1)].value
    }

    private static let table: [UInt32: UInt32] = {
        let pairs: [(String, Unicode.Scalar)] = [
            ("─━┄┈╌", "-"), ("│┃┆┊╎▌▐", "|"), ("┌┐└┘├┤┬┴┼╭╮╰╯", "+"), ("…", "~"), ("·•", "."), ("●◉■▪", "*"),
            ("○◌□▫", "o"), ("✖✗", "X"), ("×", "x"), ("✓✔", "v"), ("▲↑⇡", "^"), ("▼↓⇣", "v"), ("→⇒▶❯›»", ">"),
            ("←⇐◀‹«", "<"),
            ("–—−", "-"), ("≥", ">"), ("≤", "<"), ("⏎↵", "<"), ("“”", "\""), ("‘’", "'"), ("◐◑◒◓⟳↻", "~"), ("±", "+"),
            ("\u{A0}", " "), ("µ", "u"), ("°", "o"),
        ]
        var table: [UInt32: UInt32] = [:]
        for (glyphs, standIn) in pairs {
            for glyph in glyphs.unicodeScalars { table[glyph.value] = standIn.value }
        }
        return table
    }()
}
