import Screen
import Testing

private func drawn(_ width: Int, _ height: Int = 1, _ draw: (inout Screen) -> Void) -> Screen {
    var screen = Screen(Size(width: width, height: height))
    draw(&screen)
    return screen
}

private func put(_ text: String, width: Int, fit: Screen.Fit) -> String {
    drawn(20) { $0.put(text, in: Rect(x: 0, y: 0, width: width), fit: fit) }.text
}

@Suite struct `Text on a screen` {
    @Test func `is cut at the field's end with an ellipsis`() {
        #expect(put("customer-a", width: 6, fit: .left) == "custo…")
        #expect(put("customer-a", width: 10, fit: .left) == "customer-a")
    }

    @Test func `loses its middle where it is a name`() {
        #expect(put("flaky-worker@12.service", width: 11, fit: .middle) == "flaky…rvice")
        #expect(put("ab", width: 1, fit: .middle) == "…")
    }

    @Test func `stands at the right or in the middle when asked`() {
        #expect(put("42", width: 5, fit: .right) == "   42")
        #expect(put("ab", width: 6, fit: .center) == "  ab")
    }

    @Test func `keeps wide glyphs whole and in step`() {
        let screen = drawn(6) { $0.put("日本語日", at: Point(x: 0, y: 0)) }

        #expect(screen.text == "日本語")
        #expect(put("日本語", width: 5, fit: .left) == "日本…")
        #expect(put("日本語", width: 4, fit: .left) == "日…")
    }

    @Test func `mends the other half when half a wide glyph is overwritten`() {
        let screen = drawn(4) {
            $0.put("日本", at: Point(x: 0, y: 0))
            $0.put("x", at: Point(x: 1, y: 0))
        }

        #expect(screen.text == " x本")
    }

    @Test func `outside of the screen does nothing`() {
        let screen = drawn(3, 2) {
            $0.put("abcdef", at: Point(x: -2, y: 0))
            $0.put("x", at: Point(x: 0, y: 9))
            $0.put("x", at: Point(x: 9, y: 0))
            $0.put("x", at: Point(x: 0, y: -1))
            $0.frame(Rect(x: -5, y: -5, width: 100, height: 100), .border)
            $0.fill(Rect(x: 2, y: 1, width: 9, height: 9), with: "#", .text)
            $0.lay(Rect(x: -3, y: -3, width: 4, height: 4), on: .cursor)
        }

        #expect(screen.text == "cde\n  #")
        #expect(screen.grounds == "C\n")
    }

    @Test func `fits a screen of no cells`() {
        let screen = drawn(0, 0) { $0.put("abc", at: Point(x: 0, y: 0)) }

        #expect(screen.text.isEmpty)
    }
}

@Suite struct `Hostile text on a screen` {
    static let hostile = [
        "\u{1B}[2J", "\u{1B}]0;title\u{7}", "\u{1B}]8;;http://x\u{1B}\\link", "\u{1B}]52;c;eA==\u{7}",
        "\u{1B}P$q\u{1B}\\",
        "\u{9B}2J", "\u{85}", "\r\n\u{8}\u{7}\u{0}", "\u{202E}abc\u{202C}", "a\u{200B}b", "\u{2066}x\u{2069}",
        "\u{FEFF}",
        "\u{E0041}", "\u{2028}\u{2029}", "\u{7F}", "\u{AD}", "\u{E000}", "\u{200E}\u{200F}", "\u{FFF9}",
    ]

    @Test(arguments: hostile) func `never reaches a cell`(_ text: String) {
        let screen = drawn(40) { $0.put(text, at: Point(x: 0, y: 0)) }

        for scalar in screen.text.unicodeScalars {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse].contains(category))
        }
        #expect(screen.text.contains("\u{FFFD}"))
    }

    @Test func `keeps the columns behind it in step`() {
        let screen = drawn(10) {
            let used = $0.put("a\u{1B}\u{202E}b", in: Rect(x: 0, y: 0, width: 8), fit: .clip)
            $0.put("|", at: Point(x: used, y: 0))
        }

        #expect(screen.text == "a\u{FFFD}\u{FFFD}b|")
        #expect(Screen.columns(of: "a\u{1B}\u{202E}b") == 4)
    }

    @Test func `cannot pile up marks`() throws {
        let flood = "e" + String(repeating: "\u{301}", count: 1_000) + "x"
        let screen = drawn(4) { $0.put(flood, at: Point(x: 0, y: 0)) }

        #expect(screen.text.unicodeScalars.count == 4)
        #expect(screen[Point(x: 1, y: 0)].text == "x")
    }

    @Test func `cannot put a mark onto what was there before`() {
        let screen = drawn(4) {
            $0.put("ab", at: Point(x: 0, y: 0))
            $0.put("\u{301}c", at: Point(x: 1, y: 0))
        }

        #expect(screen.text == "ac")
    }

    @Test func `loses its variation selectors only`() {
        #expect(drawn(4) { $0.put("❤\u{FE0F}x", at: Point(x: 0, y: 0)) }.text == "❤x")
    }
}

@Suite struct `A screen's meanings` {
    @Test func `are read as letters`() {
        let screen = drawn(8) {
            $0.put("ok", .good, at: Point(x: 0, y: 0))
            $0.put("no", .critical, at: Point(x: 3, y: 0))
            $0.lay(Rect(x: 0, y: 0, width: 4), on: .cursor)
        }

        #expect(screen.faces == "gg cc")
        #expect(screen.grounds == "CCCC")
    }

    @Test func `have a letter and a name each`() {
        #expect(Set(Face.allCases.map(\.letter)).count == Face.allCases.count)
        for face in Face.allCases { #expect(Face(name: face.name) == face) }
    }
}

@Suite struct `A screen without UTF-8` {
    @Test func `has its frames, marks and graphs in ASCII`() {
        let screen = drawn(8, 3) {
            $0.frame(Rect(x: 0, y: 0, width: 8, height: 3), .border)
            $0.put("●▁▄█日", at: Point(x: 1, y: 1))
        }

        #expect(screen.inASCII().text == "+------+\n|*_=#? |\n+------+")
    }
}

@Suite struct `A small graph` {
    @Test func `shows the newest figures at the right`() {
        #expect(Graph.blocks([0, 0.5, 1], width: 4, ceiling: 1) == " ▁▅█")
        #expect(Graph.braille([0, 1], width: 2, ceiling: 1) == "\u{2800}⣸")
        #expect(Graph.bar(0.5, width: 4) == "■■··")
    }

    @Test func `bears figures that are none`() {
        #expect(Graph.blocks([.nan, .infinity], width: 2, ceiling: 1) == "▁▁")
        #expect(Graph.bar(.nan, width: 2) == "··")
    }
}

@Suite struct `A screen laid over another` {
    @Test func `covers its part, and is cut where it would stick out`() {
        var under = Screen(Size(width: 6, height: 3))
        for y in 0..<3 { under.put("......", .dim, in: Rect(x: 0, y: y, width: 6)) }
        var over = Screen(Size(width: 3, height: 2))
        over.put("abc", .text, in: Rect(x: 0, y: 0, width: 3))
        over.put("def", .text, in: Rect(x: 0, y: 1, width: 3))

        var middle = under
        middle.put(over, at: Point(x: 1, y: 1))
        #expect(middle.text == "......\n.abc..\n.def..")
        var corner = under
        corner.put(over, at: Point(x: 4, y: 2))
        #expect(corner.text == "......\n......\n....ab")
        var outside = under
        outside.put(over, at: Point(x: -2, y: -1))
        #expect(outside.text == "f.....\n......\n......")
    }
}
