/// How many colours a terminal has, and the nearest of them to a wanted one.
public enum ColorDepth: String, CaseIterable, Sendable {
    case mono
    case eight = "8"
    case sixteen = "16"
    case palette = "256"
    case truecolor

    /// The colour that stands for another one here; nil where there are none.
    public func nearest(to color: Color) -> Color? {
        switch (self, color) {
        case (.mono, _): nil
        case (.eight, _): ColorDepth.sixteen.nearest(to: color).map(Self.withoutBright)
        case (_, .standard), (.truecolor, _), (.palette, .indexed): color
        case (.palette, .rgb(let red, let green, let blue)): .indexed(Self.paletteIndex(red, green, blue))
        case (.sixteen, .indexed(let index)) where index < 16: color
        case (.sixteen, .indexed(let index)):
            Self.nearestOfSixteen(to: Self.components(of: index))
        case (.sixteen, .rgb(let red, let green, let blue)):
            Self.nearestOfSixteen(to: (Int(red), Int(green), Int(blue)))
        }
    }

    /// Greys become the terminal's own colour: the dark one of the eight would be unreadable on black.
    private static func withoutBright(_ color: Color) -> Color {
        guard case .indexed(let index) = color, index >= 8 else { return color }
        return index == 8 ? .standard : .indexed(index - 8)
    }

    private static let levels = [0, 95, 135, 175, 215, 255]

    /// What a terminal usually shows for the first sixteen.
    private static let usual: [(Int, Int, Int)] = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
        (255, 255, 255),
    ]

    /// Red, green and blue of an index of xterm's 256 colours.
    private static func components(of index: UInt8) -> (Int, Int, Int) {
        let value = Int(index)
        if value < 16 { return usual[value] }
        if value >= 232 {
            let grey = 8 + 10 * (value - 232)
            return (grey, grey, grey)
        }
        let cube = value - 16
        return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }

    private static func paletteIndex(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let wanted = (Int(red), Int(green), Int(blue))
        let nearest = (16...255).min { first, second in
            distance(components(of: UInt8(first)), wanted) < distance(components(of: UInt8(second)), wanted)
        }
        return UInt8(nearest ?? 16)
    }

    private static func nearestOfSixteen(to wanted: (Int, Int, Int)) -> Color {
        let nearest = usual.indices.min { distance(usual[$0], wanted) < distance(usual[$1], wanted) }
        return .indexed(UInt8(truncatingIfNeeded: nearest ?? 7))
    }

    private static func distance(_ one: (Int, Int, Int), _ other: (Int, Int, Int)) -> Int {
        let red = one.0 - other.0
        let green = one.1 - other.1
        let blue = one.2 - other.2
        return 3 * red * red + 4 * green * green + 2 * blue * blue
    }
}
