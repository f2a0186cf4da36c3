import Foundation
import Screen
import Testing

@testable import Curses

/// Whether what is written can be read, by arithmetic.
@Suite struct `A bundled theme` {
    /// Words that tell a state or a name; they must be readable wherever they stand.
    private static let words: [Face] = [
        .text, .good, .warning, .critical, .changing, .accent, .hintKey, .title, .titleFocused, .header, .clusterA,
        .clusterB, .clusterC, .clusterD, .clusterE, .clusterF,
    ]
    private static let soft: [Face] = [.dim, .hint, .stale]
    private static let grounds: [Face] = [.text, .status, .dialog, .past, .linked, .cursorUnfocused, .marked]

    /// The contrast that a theme promises: for words, and for what is soft on purpose.
    private static func promise(_ name: String) -> (words: Double, soft: Double) {
        switch name {
        case "high-contrast": (7, 7)
        case "solarized": (4, 3.5)
        default: (4.5, 3.5)
        }
    }

    @Test(arguments: BundledThemes.names.filter { $0 != "mono" })
    func `is readable on every ground`(_ name: String) throws {
        let theme = try Self.theme(name)
        let promise = Self.promise(name)
        for ground in Self.grounds {
            for face in Self.words { Self.expect(theme, face, ground, promise.words) }
            for face in Self.soft { Self.expect(theme, face, ground, promise.soft) }
        }
        for face: Face in [.text, .good, .warning, .critical, .changing] {
            Self.expect(theme, face, .cursor, promise.words)
        }
        for face: Face in [.input, .match, .banner] { Self.expect(theme, face, .text, promise.words) }
    }

    @Test(arguments: ["quarterdeck", "colorblind", "high-contrast"], Deficiency.allCases)
    func `keeps good apart from bad for eyes that see fewer colours`(_ name: String, _ eyes: Deficiency) throws {
        let theme = try Self.theme(name)
        let pairs: [(Face, Face)] = [(.good, .critical), (.good, .warning), (.changing, .critical)]
        for (one, other) in pairs {
            let colors = [one, other].map { face in
                let (front, back) = Self.colors(theme, face, .text)
                // What is told by the ground is seen by the ground.
                return eyes.seen(back == Self.ground(theme) ? front : back)
            }
            let distance = colors[0].distance(to: colors[1])
            #expect(distance >= 20, "\(one) and \(other) are \(distance) apart in \(name) with \(eyes)")
        }
    }

    private static func theme(_ name: String) throws -> Theme {
        var faces: [String: String] = [:]
        for line in try #require(BundledThemes.texts[name]).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != "\"" } }
            guard parts.count == 2, !parts[0].hasPrefix("#"), !parts[0].contains("name") else { continue }
            faces[String(parts[0].filter { $0 != " " })] = parts[1]
        }
        return try Theme(name: name, faces: faces)
    }

    private static func expect(_ theme: Theme, _ face: Face, _ ground: Face, _ least: Double) {
        let (front, back) = colors(theme, face, ground)
        let contrast = front.contrast(with: back)
        #expect(contrast >= least, "\(face) on \(ground) of \(theme.name): \(contrast)")
    }

    private static func ground(_ theme: Theme) -> Light { colors(theme, .text, .text).back }

    /// A theme on the terminal's own colours is for dark terminals.
    private static func colors(_ theme: Theme, _ face: Face, _ ground: Face) -> (front: Light, back: Light) {
        let style = theme.style(face, on: ground, depth: .truecolor)
        let front = Light(style.foreground) ?? Light(0xDC, 0xDC, 0xDC)
        let back = Light(style.background) ?? Light(0, 0, 0)
        return style.attributes.contains(.reverse) ? (back, front) : (front, back)
    }
}

/// A colour as light: red, green and blue from 0 to 1, linear.
struct Light: Equatable {
    var red: Double
    var green: Double
    var blue: Double

    init(red: Double, green: Double, blue: Double) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.init(red: Self.linear(red), green: Self.linear(green), blue: Self.linear(blue))
    }

    init?(_ color: Color?) {
        switch color {
        case .rgb(let red, let green, let blue): self.init(red, green, blue)
        case .indexed(let index) where index >= 232:
            let level = 8 + 10 * (index - 232)
            self.init(level, level, level)
        case .indexed(let index) where index >= 16:
            let level = { (step: UInt8) in step == 0 ? UInt8(0) : 55 + 40 * step }
            let cube = index - 16
            self.init(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        case .indexed, .standard, nil: return nil
        }
    }

    /// - Source: IEC 61966-2-1.
    private static func linear(_ value: UInt8) -> Double {
        let part = Double(value) / 255
        guard part > 0.04045 else { return part / 12.92 }
        return pow((part + 0.055) / 1.055, 2.4)
    }

    /// Relative luminance.
    ///
    /// - Source: WCAG 2.1.
    var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

    /// From 1, none at all, to 21, black on white.
    ///
    /// - Source: WCAG 2.1, success criterion 1.4.3.
    func contrast(with other: Light) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }

    /// How different two colours look, in the space CIE L*a*b*; 2 can just be seen.
    func distance(to other: Light) -> Double {
        let (one, two) = (lab, other.lab)
        return pow(zip(one, two).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }, 0.5)
    }

    private var lab: [Double] {
        let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
        let y = luminance
        let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
        let shaped = [x, y, z].map { $0 > 0.008856 ? pow($0, 1.0 / 3) : 7.787 * $0 + 16.0 / 116 }
        return [116 * shaped[1] - 16, 500 * (shaped[0] - shaped[1]), 200 * (shaped[1] - shaped[2])]
    }
}

/// Eyes that see fewer colours than others.
enum Deficiency: CaseIterable {
    case protanopia, deuteranopia, tritanopia

    /// What such eyes see of a colour.
    ///
    /// - Source: Machado, Oliveira and Fernandes, 2009, severity 1.0.
    func seen(_ light: Light) -> Light {
        let rows: [[Double]] =
            switch self {
            case .protanopia:
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
            case .deuteranopia:
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
            case .tritanopia:
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
            }
        let mixed = rows.map { row in
            min(1, max(0, row[0] * light.red + row[1] * light.green + row[2] * light.blue))
        }
        return Light(red: mixed[0], green: mixed[1], blue: mixed[2])
    }
}
