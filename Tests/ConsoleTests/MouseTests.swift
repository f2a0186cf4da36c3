import Model
import Screen
import Testing

@testable import Console

@Suite struct `The mouse` {
    @Test func `does what the hint under it says`() throws {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        try click("S stop", &deck)
        #expect(deck.text().contains("Stop unit api@2.service?"))

        try click("[N]", &deck)
        #expect(deck.console.dialog == nil)
        try click("S stop", &deck)
        try click("y stop", &deck)
        #expect(deck.orders == [.want("customer-a", "api@2.service", .loaded)])
    }

    @Test func `chooses in lists of questions, and two clicks take the choice`() throws {
        var deck = Deck()
        deck.put(cursorOn: "flaky.service", in: "customer-a")
        _ = deck.console.askMove()
        try click("a-1  ", &deck, .doubleClick)
        try click("y move", &deck)

        #expect(deck.orders == [.move("customer-a", "flaky.service", to: Farm.machineID(0))])
    }

    @Test func `chooses commands in the palette, and fields of a scale-out`() throws {
        var deck = Deck()
        deck.press(.character(":"))
        deck.type("scale out")
        try click("more VMs for", &deck, .doubleClick)
        try click("flavor", &deck)
        #expect(try scale(deck).row == 0)
        try click("more VMs ", &deck)
        try click("+ - how many", &deck)
        #expect(try scale(deck).delta == 2)
    }

    @Test func `reaches nothing behind a question`() throws {
        var deck = Deck()
        deck.press(.character("S"))
        let last = Point(x: 2, y: 39)
        deck.press(.mouse(Key.Mouse(.press, at: last)), .mouse(Key.Mouse(.press, at: Point(x: 3, y: 30))))

        #expect(deck.console.dialog != nil)
        #expect(deck.orders.isEmpty)
    }

    @Test func `hits what is shown above a caption too`() throws {
        var deck = Deck()
        _ = deck.console.handle(.caption("a server is switched off now", waits: true), at: deck.now)
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        try click("S stop", &deck)
        try click("y stop", &deck)
        #expect(deck.orders == [.want("customer-a", "api@2.service", .loaded)])
        deck.press(.character("W"))
        let written = deck.effects.compactMap { if case .write(_, let text) = $0 { text } else { nil } }
        #expect(written == [deck.text() + "\n"])
    }

    @Test func `scrolls what is under its wheel, and not what has the focus`() throws {
        var deck = Deck()
        deck.press(.character("3"))
        let units = try #require(deck.console.layout.panes[.units])
        let before = deck.console.panes[PaneID.units.rawValue].cursor
        let down = Key.Mouse(.wheelDown, at: Point(x: units.x + 3, y: units.y + 3))
        deck.press(.mouse(down))
        let after = deck.console.panes[PaneID.units.rawValue].cursor
        #expect(after != before && deck.console.focus == .clusters)
        deck.press(.mouse(Key.Mouse(.wheelUp, at: down.point)))
        #expect(deck.console.panes[PaneID.units.rawValue].cursor == before)
        #expect(deck.effects.isEmpty)
    }

    @Test func `goes through the past by its banner`() throws {
        var deck = Deck()
        deck.now = Farm.start + .seconds(30)
        deck.press(.character("p"))
        try click("[ 10 s back", &deck)
        #expect(deck.console.past?.at == Farm.start + .seconds(20))
        try click("0 now", &deck)
        #expect(deck.console.past == nil)
    }

    private func scale(_ deck: Deck) throws -> ScaleDialog {
        guard case .scale(let scale) = deck.console.dialog else { throw Missing() }
        return scale
    }

    private struct Missing: Error {}

    /// Clicks on the first place of the screen where a text stands.
    private func click(_ text: String, _ deck: inout Deck, _ action: Key.Mouse.Action = .press) throws {
        let rows = deck.text().split(separator: "\n", omittingEmptySubsequences: false)
        // What lies over the deck is in the middle: the last such text from below is a hint, the first from above a row.
        let row = try #require(rows.indices.last { rows[$0].contains(text) })
        let start = try #require(rows[row].firstRange(of: text)?.lowerBound)
        let x = Screen.columns(of: String(rows[row][..<start]))
        deck.press(.mouse(Key.Mouse(action, at: Point(x: x, y: row))))
    }
}
