import Model
import Screen
import Testing

@testable import Console

@Suite struct `A caption` {
    private static let text =
        "server2 is switched off now. Look at triage: one line says what happened, and beneath it stand the VMs and "
        + "units that went with it."

    @Test func `stands below everything and takes no key away`() throws {
        var deck = Deck()
        _ = deck.console.handle(.caption(Self.text), at: deck.now)
        try expect(deck.text(80, 24), isFile: "caption-80x24")
        deck.press(.character("?"))
        #expect(deck.text(80, 24).contains("Help"))
        #expect(deck.text(80, 24).contains("▶ server2 is switched off now."))
    }

    @Test func `goes when there is nothing more to say`() {
        var deck = Deck()
        let before = deck.text(80, 24)
        _ = deck.console.handle(.caption(Self.text), at: deck.now)
        #expect(deck.text(80, 24) != before)
        _ = deck.console.handle(.caption(nil), at: deck.now)
        #expect(deck.text(80, 24) == before)
    }

    @Test func `takes no room where there is none`() {
        var deck = Deck()
        let before = deck.text(40, 10)
        _ = deck.console.handle(.caption(Self.text), at: deck.now)
        #expect(deck.text(40, 10) == before)
    }
}
