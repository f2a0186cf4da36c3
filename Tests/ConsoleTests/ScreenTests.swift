import Model
import Screen
import Testing

@testable import Console

@Suite struct `The deck as a picture` {
    @Test(arguments: [(200, 50), (120, 40), (80, 24), (40, 10)])
    func `is as it was`(_ width: Int, _ height: Int) throws {
        var deck = Deck()

        try expect(deck.text(width, height), isFile: "deck-\(width)x\(height)")
    }

    @Test func `has its meanings in the faces`() throws {
        var deck = Deck()
        let screen = deck.screen(80, 24)

        try expect(screen.faces, isFile: "deck-80x24-faces")
        try expect(screen.grounds, isFile: "deck-80x24-grounds")
    }

    @Test(arguments: [(1, 1), (2, 2), (0, 0), (3, 1), (1, 9), (10, 4), (20, 5), (69, 14), (300, 90), (71, 12)])
    func `draws at any size without harm`(_ width: Int, _ height: Int) {
        var deck = Deck()
        let keys: [Key] = [
            .character("z"), .character("z"), .enter, .tab, .escape, .character("?"), .escape, .character("e"), .escape,
            .character("S"), .escape, .character("+"), .escape, .character("M"), .escape, .character(":"), .escape,
            .character("/"), .escape,
        ]
        for key in keys {
            deck.press(key)

            #expect(deck.screen(width, height).size == Size(width: width, height: height))
        }
    }

    @Test func `says what is missing before anything is known`() throws {
        var deck = Deck(empty: Setup(context: "demo"))
        _ = deck.console.handle(.expect(.cloud("local")), at: deck.now)

        try expect(deck.text(80, 24), isFile: "empty-80x24")
    }

    @Test func `says since when and why a source is silent, and dims its rows`() throws {
        var deck = Deck()
        deck.tell(Farm.report(.cluster("customer-b"), .silent("connection refused")))
        deck.now = Farm.start + .seconds(47)
        for report in Farm.reports where report.source != .cluster("customer-b") {
            deck.tell(Report(source: report.source, observedAt: deck.now, body: .quiet))
        }

        let screen = deck.screen(120, 40)

        #expect(screen.text.contains("customer-b SILENT 47s"))
        #expect(screen.text.contains("customer-b silent 47s: connection refused"))
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        let row = try #require(rows.firstIndex { $0.contains("web@1.service") })
        #expect(screen[Point(x: 2, y: row)].text == "?")
        #expect(screen[Point(x: 4, y: row)].face == .stale)
    }
}

@Suite struct `Other pictures` {
    @Test func `of a unit's details are as they were`() throws {
        var deck = Deck()
        deck.press(.enter)
        deck.effects += deck.console.handle(.log(Self.lines), at: deck.now)

        try expect(deck.text(80, 24), isFile: "details-log-80x24")
        deck.press(.tab)
        try expect(deck.text(80, 24), isFile: "details-file-80x24")
        deck.press(.tab)
        try expect(deck.text(80, 24), isFile: "details-placement-80x24")
    }

    static let lines = (0..<40).map {
        LogLine(at: Farm.start + .seconds($0), level: $0 == 30 ? .error : .info, text: "line \($0) of the log")
    }

    @Test func `of help are as they were`() throws {
        var deck = Deck(Setup(context: "demo"))
        for report in Farm.reports { deck.tell(report) }
        deck.press(.character("?"))

        try expect(deck.text(200, 50), isFile: "help-200x50")
    }

    @Test func `of the questions are as they were`() throws {
        var deck = Deck()
        deck.press(.character("S"))
        try expect(deck.text(80, 24), isFile: "stop-80x24")
        deck.press(.escape, .character("3"), .character("+"), .character("3"))
        try expect(deck.text(80, 24), isFile: "scale-80x24")
        deck.press(.escape, .character("4"), .character("M"))
        try expect(deck.text(80, 24), isFile: "move-80x24")
    }
}

@Suite struct `The line to the terminal` {
    @Test(arguments: [
        (nil, nil), (0, nil), (49, nil), (50, "line 50 ms"), (210, "line 200 ms"), (226, "line 250 ms"),
        (1_900, "line 2.0s"),
    ])
    func `is told where it can be felt, rounded`(_ milliseconds: Int?, _ words: String?) {
        var deck = Deck()
        _ = deck.console.handle(.link(milliseconds), at: deck.now)
        let status = String(deck.text().prefix { $0 != "\n" })
        #expect(status.contains("line") == (words != nil))
        if let words { #expect(status.contains("· \(words)")) }
    }

    @Test func `has the status and what is wrong drawn first`() {
        var deck = Deck()
        #expect(deck.screen(200, 50).urgentRows == [0, 47, 48])
        #expect(deck.screen(80, 24).urgentRows == [0, 22])
        deck.press(.character("e"))
        #expect(deck.screen(80, 24).urgentRows == [0])
    }
}
