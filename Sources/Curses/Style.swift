/// A colour as a theme names it; the terminal may have to come close with fewer.
public enum Color: Hashable, Sendable {
    /// The terminal's own.
    case standard
    /// One of the 256 of a terminal's palette; the first 16 are as its user set them.
    case indexed(UInt8)
    /// Red, green and blue.
    case rgb(UInt8, UInt8, UInt8)
}

/// How a face looks: colours and attributes, all optional.
public struct Style: Hashable, Sendable {
    /// What a glyph can have beside colours.
    public struct Attributes: OptionSet, Hashable, Sendable {
        /// One bit an attribute.
        public let rawValue: UInt8

        /// A set of attributes from its bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Heavier or brighter.
        public static let bold = Attributes(rawValue: 1)
        /// Fainter.
        public static let dim = Attributes(rawValue: 2)
        /// Foreground and background exchanged.
        public static let reverse = Attributes(rawValue: 4)
        /// Underlined.
        public static let underline = Attributes(rawValue: 8)
        /// Slanted.
        public static let italic = Attributes(rawValue: 16)
    }

    /// The glyph's colour; nil takes what it lies on.
    public var foreground: Color?
    /// The cell's colour; nil takes what it lies on.
    public var background: Color?
    /// Attributes, added to those of what it lies on.
    public var attributes: Attributes

    /// A style; everything left out is taken from what the cell lies on.
    public init(_ foreground: Color? = nil, on background: Color? = nil, _ attributes: Attributes = []) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }

    /// Reads a style as theme files write it: `bold #ff8800 on black`, `reverse`, `208 on default`.
    /// - Throws: `ThemeError.word` naming the word that is neither an attribute nor a colour.
    public init(parsing text: String) throws(ThemeError) {
        self.init()
        var expectsBackground = false
        for word in text.split(separator: " ").map({ $0.lowercased() }) {
            if let attribute = Self.attributeNames[word], !expectsBackground {
                attributes.insert(attribute)
            } else if word == "on", !expectsBackground, background == nil {
                expectsBackground = true
            } else if let color = Color(parsing: word) {
                if expectsBackground {
                    background = color
                    expectsBackground = false
                } else if foreground == nil {
                    foreground = color
                } else {
                    throw .word(word, in: text)
                }
            } else {
                throw .word(word, in: text)
            }
        }
        if expectsBackground { throw .word("on", in: text) }
    }

    /// This style on a ground: what it leaves open is taken from there.
    public func over(_ ground: Style) -> Style {
        Style(
            foreground ?? ground.foreground, on: background ?? ground.background,
            attributes.union(ground.attributes))
    }

    private static let attributeNames: [String: Attributes] = [
        "bold": .bold, "dim": .dim, "reverse": .reverse, "underline": .underline, "italic": .italic,
    ]
}

extension Color {
    /// The sixteen names, in the order of a terminal's palette.
    static let names = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black", "bright-red",
        "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
    ]

    /// Reads `default`, a name, a number below 256, or `#rrggbb`.
    init?(parsing word: String) {
        if word == "default" {
            self = .standard
        } else if let index = Self.names.firstIndex(of: word) {
            self = .indexed(UInt8(truncatingIfNeeded: index))
        } else if let number = UInt8(word) {
            self = .indexed(number)
        } else if word.hasPrefix("#"), word.utf8.count == 7, let value = UInt32(word.dropFirst(), radix: 16) {
            self = .rgb(
                UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
                UInt8(truncatingIfNeeded: value))
        } else {
            return nil
        }
    }
}
