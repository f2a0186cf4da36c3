/// Small pictures of figures as text, one glyph a column; the newest figure is at the right.
public enum Graph {
    /// Columns of eight heights, one a figure.
    public static func blocks(_ values: [Double], width: Int, ceiling: Double) -> String {
        var text = String(repeating: " ", count: max(0, width - values.count))
        for value in values.suffix(max(0, width)) {
            text.unicodeScalars.append(scalar(0x2581, step(value, ceiling, of: 8)))
        }
        return text
    }

    /// Columns of four heights, two figures a glyph, in braille.
    public static func braille(_ values: [Double], width: Int, ceiling: Double) -> String {
        let wanted = max(0, width) * 2
        let shown = values.suffix(wanted)
        let heights = Array(repeating: 0, count: wanted - shown.count) + shown.map { step($0, ceiling, of: 4) + 1 }
        let left: [UInt32] = [0, 0x40, 0x44, 0x46, 0x47]
        let right: [UInt32] = [0, 0x80, 0xA0, 0xB0, 0xB8]
        var text = ""
        for index in stride(from: 0, to: wanted, by: 2) {
            text.unicodeScalars.append(scalar(0x2800, Int(left[heights[index]] | right[heights[index + 1]])))
        }
        return text
    }

    /// A bar from the left, filled to a share between 0 and 1.
    public static func bar(_ share: Double, width: Int) -> String {
        let bounded = share.isFinite ? min(max(0, share), 1) : 0
        let filled = Int((bounded * Double(max(0, width))).rounded())
        return String(repeating: "■", count: filled) + String(repeating: "·", count: max(0, width - filled))
    }

    private static func step(_ value: Double, _ ceiling: Double, of steps: Int) -> Int {
        guard value.isFinite, ceiling > 0 else { return 0 }
        return min(max(0, Int(value / ceiling * Double(steps))), steps - 1)
    }

    private static func scalar(_ base: UInt32, _ offset: Int) -> Unicode.Scalar {
        Unicode.Scalar(base + UInt32(offset)) ?? " "
    }
}
