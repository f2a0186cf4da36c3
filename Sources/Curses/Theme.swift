public import Screen

/// How each meaning looks.
public struct Theme: Equatable, Sendable {
    /// What the user calls it.
    public var name: String
    /// The look of faces; one that is missing looks like plain text.
    public var styles: [Face: Style]

    /// A theme of ready styles.
    public init(name: String, styles: [Face: Style]) {
        self.name = name
        self.styles = styles
    }

    /// A theme from the words of a theme file's table `[faces]`.
    /// - Throws: `ThemeError` naming the face or the word that is not known.
    public init(name: String, faces: [String: String]) throws(ThemeError) {
        var styles: [Face: Style] = [:]
        for (face, style) in faces.sorted(by: { $0.key < $1.key }) {
            guard let known = Face(name: face) else { throw .face(face) }
            styles[known] = try Style(parsing: style)
        }
        self.init(name: name, styles: styles)
    }

    /// The look of a face on a ground, in the colours the terminal has.
    ///
    /// A face's own background wins over the ground's; a ground's foreground is for plain text only.
    public func style(_ face: Face, on ground: Face, depth: ColorDepth) -> Style {
        let base = (styles[ground] ?? Style()).over(styles[.text] ?? Style())
        var style = face == .text ? base : (styles[face] ?? Style()).over(base)
        if depth == .mono || depth == .eight || depth == .sixteen {
            Self.replaceColors(of: &style, face, ground, depth)
        }
        style.foreground = style.foreground.flatMap(depth.nearest(to:))
        style.background = style.background.flatMap(depth.nearest(to:))
        return style
    }

    /// Few colours cannot carry shades of a background: what must be seen is reversed, underlined or bold instead.
    private static func replaceColors(of style: inout Style, _ face: Face, _ ground: Face, _ depth: ColorDepth) {
        let shades: [Face: Style.Attributes] = [
            .cursor: .reverse, .cursorUnfocused: .underline, .marked: .bold, .linked: [], .status: .reverse,
            .banner: .reverse, .past: .dim, .dialog: [],
        ]
        if let stand = shades[ground], style.background != nil {
            style.background = style.attributes.contains(.reverse) ? style.background : nil
            style.attributes.formUnion(stand)
            if stand == .reverse { style.foreground = nil }
        }
        guard depth == .mono else { return }
        switch face {
        case .match, .titleFocused: style.attributes.insert(.reverse)
        case .critical, .hintKey, .borderFocused, .warning: style.attributes.insert(.bold)
        case .input: style.attributes.insert(.underline)
        default: break
        }
    }
}

/// What a theme file got wrong.
public enum ThemeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no face of this name.
    case face(String)
    /// A style holds a word that is neither an attribute nor a colour, or one too many.
    case word(String, in: String)

    /// What is wrong and what would be right.
    public var description: String {
        switch self {
        case .face(let name):
            "there is no face '\(name)'; faces are \(Face.allCases.map(\.name).joined(separator: ", "))"
        case .word(let word, let style):
            "'\(word)' in the style '\(style)' is not understood; write for example 'bold #ff8800 on black'"
        }
    }
}
