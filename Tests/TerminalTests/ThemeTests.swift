import Curses
import FoundationEssentials
import Screen
import Testing

/// Reads the simple form our own theme files have.
func themeWords(_ text: String) -> (name: String, faces: [String: String]) {
    var name = ""
    var faces: [String: String] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
        guard parts.count == 2 else { continue }
        let key = String(parts[0].prefix { $0 != " " })
        let value = String(parts[1].dropFirst().prefix { $0 != "\"" })
        if key == "name" { name = value } else { faces[key] = value }
    }
    return (name, faces)
}

func bundled(_ name: String) throws -> Theme {
    let words = themeWords(try #require(BundledThemes.texts[name]))
    return try Theme(name: words.name, faces: words.faces)
}

@Suite struct `A style in a theme file` {
    @Test func `is attributes, a colour, and a colour it lies on`() throws {
        #expect(try Style(parsing: "bold #ff8800 on black") == Style(.rgb(255, 136, 0), on: .indexed(0), .bold))
        #expect(try Style(parsing: "reverse") == Style(nil, on: nil, .reverse))
        #expect(try Style(parsing: "on 238") == Style(nil, on: .indexed(238)))
        #expect(try Style(parsing: "bright-red on default") == Style(.indexed(9), on: .standard))
        #expect(try Style(parsing: "") == Style())
    }

    @Test(arguments: ["purplish", "red blue", "red on", "#12345", "300", "red on blue on green", "#gggggg"])
    func `names the word that it cannot understand`(_ text: String) {
        #expect(throws: ThemeError.self) { try Style(parsing: text) }
    }
}

@Suite struct `A theme` {
    @Test(arguments: BundledThemes.names) func `that is bundled equals its file`(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try String(contentsOf: folder.appending(path: "Themes/\(name).toml"), encoding: .utf8)

        #expect(BundledThemes.texts[name] == file)
    }

    @Test(arguments: BundledThemes.names) func `that is bundled gives every face a style`(_ name: String) throws {
        let theme = try bundled(name)

        #expect(theme.name == name)
        #expect(Set(theme.styles.keys) == Set(Face.allCases))
    }

    @Test func `refuses a face there is none of`() {
        #expect(throws: ThemeError.face("goood")) { try Theme(name: "x", faces: ["goood": "red"]) }
    }

    @Test func `lays a face on a ground`() throws {
        let theme = try Theme(name: "x", faces: ["text": "white on black", "good": "green", "cursor": "bold on blue"])

        let style = theme.style(.good, on: .cursor, depth: .palette)

        #expect(style == Style(.indexed(2), on: .indexed(4), .bold))
        #expect(theme.style(.good, on: .text, depth: .palette) == Style(.indexed(2), on: .indexed(0)))
    }

    @Test(arguments: BundledThemes.names) func `shows the cursor without colours too`(_ name: String) throws {
        let theme = try bundled(name)

        for face in Face.allCases {
            #expect(theme.style(face, on: .cursor, depth: .mono).attributes.contains(.reverse))
            #expect(theme.style(face, on: .cursor, depth: .mono).background == nil)
        }
    }
}

@Suite struct `A colour` {
    @Test func `comes as near as the terminal can`() {
        #expect(ColorDepth.palette.nearest(to: .rgb(255, 135, 0)) == .indexed(208))
        #expect(ColorDepth.sixteen.nearest(to: .rgb(250, 10, 10)) == .indexed(9))
        #expect(ColorDepth.sixteen.nearest(to: .indexed(21)) == .indexed(4))
        #expect(ColorDepth.mono.nearest(to: .indexed(1)) == nil)
        #expect(ColorDepth.truecolor.nearest(to: .rgb(1, 2, 3)) == .rgb(1, 2, 3))
    }
}

@Suite struct `A screen printed with colours` {
    @Test func `sets and resets them line by line`() throws {
        let theme = try Theme(name: "x", faces: ["good": "green", "cursor": "on 24"])
        var screen = Screen(Size(width: 6, height: 2))
        screen.put("ok", .good, at: Point(x: 0, y: 0))
        screen.put("日", at: Point(x: 3, y: 1))

        let text = ANSIText.render(screen, theme: theme, depth: .palette)

        #expect(text == "\u{1B}[0;32mok\u{1B}[0m\n   日\n")
    }
}
