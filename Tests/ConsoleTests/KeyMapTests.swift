import Model
import Screen
import Testing

@testable import Console

@Suite struct `Keys of one's own` {
    @Test func `do what the usual ones did, and are named everywhere`() throws {
        var setup = Setup(context: "demo", startsLocked: false)
        setup.keys = try KeyMap(["stop": ["F9"], "scale-out": ["^a"], "unlock": ["J"]])
        var deck = Deck(setup)
        deck.put(cursorOn: "api@2.service", in: "customer-a")

        deck.press(.character("S"))
        #expect(deck.console.dialog == nil)
        deck.press(.function(9))
        #expect(deck.text().contains("Stop unit api@2.service?"))
        deck.press(.escape, .character("?"))
        #expect(deck.text(200, 60).contains("F9          stop units"))
        #expect(deck.text(200, 60).contains("^A          more VMs"))
    }

    @Test func `are told where something is locked`() throws {
        var setup = Setup(context: "demo")
        setup.keys = try KeyMap(["unlock": ["J"]])
        var deck = Deck(setup)
        deck.press(.character("S"))

        #expect(deck.lastLine().contains("locked: J unlocks"))
    }

    @Test func `can be none: the palette still has the command`() throws {
        var setup = Setup(context: "demo", startsLocked: false)
        setup.keys = try KeyMap(["destroy": []])
        var deck = Deck(setup)
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        deck.press(.character("D"))
        #expect(deck.console.dialog == nil)

        deck.press(.character(":"))
        deck.type("destroy")
        deck.press(.enter)
        #expect(deck.text().contains("Destroy unit api@2.service?"))
    }

    @Test func `that clash are named with both commands`() {
        #expect(throws: KeyMapError.clash("s", "stop", "start", "deck")) { try KeyMap(["stop": ["s"]]) }
        // Given to both, or taken from the other one, it is no clash.
        #expect(throws: Never.self) { try KeyMap(["stop": ["s"], "start": ["S"]]) }
    }

    @Test func `that are none, or of no command, are named`() {
        #expect(throws: KeyMapError.command("halt")) { try KeyMap(["halt": ["x"]]) }
        #expect(throws: KeyMapError.key("super+x", "stop")) { try KeyMap(["stop": ["super+x"]]) }
        #expect(throws: KeyMapError.typed("x", "accept")) { try KeyMap(["accept": ["x"]]) }
    }

    @Test func `can be every key that help names`() {
        for key in Set(Command.all.flatMap(\.keys)) { #expect(Key(name: key.name) == key) }
    }
}
