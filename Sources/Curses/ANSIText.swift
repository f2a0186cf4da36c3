public import Screen

/// A screen as text with colours, for pipes and files: no cursor movement, every line complete.
public enum ANSIText {
    /// The screen's lines with SGR sequences; without any when `depth` is mono and the theme has no attributes.
    public static func render(_ screen: Screen, theme: Theme, depth: ColorDepth) -> String {
        var text = ""
        for y in 0..<screen.size.height {
            var current = Style()
            for cell in trimmed(screen.row(y)) where cell.width > 0 {
                let style = theme.style(cell.face, on: cell.ground, depth: depth)
                if style != current {
                    text += sequence(style)
                    current = style
                }
                text += cell.text
            }
            if current != Style() { text += "\u{1B}[0m" }
            text += "\n"
        }
        return text
    }

    /// The SGR sequence that sets exactly this style.
    static func sequence(_ style: Style) -> String {
        var codes = ["0"]
        let attributes: [(Style.Attributes, String)] = [
            (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.reverse, "7"),
        ]
        for (attribute, code) in attributes where style.attributes.contains(attribute) { codes.append(code) }
        if let color = style.foreground { codes += code(color, base: 30) }
        if let color = style.background { codes += code(color, base: 40) }
        return "\u{1B}[" + codes.joined(separator: ";") + "m"
    }

    private static func code(_ color: Color, base: Int) -> [String] {
        switch color {
        case .standard: ["\(base + 9)"]
        case .indexed(let index) where index < 8: ["\(base + Int(index))"]
        case .indexed(let index) where index < 16: ["\(base + 52 + Int(index))"]
        case .indexed(let index): ["\(base + 8)", "5", "\(index)"]
        case .rgb(let red, let green, let blue): ["\(base + 8)", "2", "\(red)", "\(green)", "\(blue)"]
        }
    }

    /// Without the blank cells at the end that look like nothing.
    private static func trimmed(_ row: ArraySlice<Cell>) -> ArraySlice<Cell> {
        let end = row.lastIndex { $0.scalar != 0x20 || $0.ground != .text }
        return end.map { row[row.startIndex...$0] } ?? []
    }
}
