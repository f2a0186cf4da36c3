import Screen
import Testing

@testable import Curses

@Suite struct `What comes from a terminal` {
    private typealias Input = KeyParser.Input

    /// What pieces mean that come so many milliseconds after one another; an Esc at a piece's end is decided on.
    private static func read(
        _ pieces: [[UInt8]], apart: Int = 5, mouse: Bool = true, described: [String: Key] = [:]
    ) -> [KeyParser.Input] {
        var parser = KeyParser(mouse: mouse) { described[$0] }
        return pieces.enumerated().flatMap { index, piece in
            let now = index * apart
            return parser.take(piece, now: now) + parser.decide(now: now + 25)
        }
    }

    private static func read(_ text: String, mouse: Bool = true, described: [String: Key] = [:]) -> [KeyParser.Input] {
        read([Array(text.utf8)], mouse: mouse, described: described)
    }

    private static func keys(_ keys: Key...) -> [KeyParser.Input] { keys.map { .key($0) } }

    @Test func `is keys: characters, controls, and what the terminal's description names`() {
        #expect(
            Self.read("aé€😀\t\r\u{7F}\u{3}")
                == Self.keys(
                    .character("a"), .character("é"), .character("€"), .character("😀"), .tab, .enter, .backspace,
                    .control("c")))
        #expect(
            Self.read("\u{1B}OP\u{1B}[A\u{1B}OB\u{1B}[3~\u{1B}[Z", described: ["\u{1B}OP": .function(1)])
                == Self.keys(.function(1), .up, .down, .delete, .backtab))
        #expect(Self.read("\u{1B}") == Self.keys(.escape))
        #expect(Self.read("\u{1B}x") == Self.keys(.escape, .character("x")))
        #expect(Self.read("\u{1B}\u{1B}[A") == Self.keys(.escape, .up))
        // F1 of Linux's own console, and what nobody knows.
        #expect(
            Self.read("\u{1B}[[Ax", described: ["\u{1B}[[A": .function(1)]) == Self.keys(.function(1), .character("x")))
        #expect(Self.read("\u{1B}[1;5Ax\u{1B}[?62;22cy") == Self.keys(.character("x"), .character("y")))
    }

    @Test func `is the mouse: clicks, two of them, and the wheel`() {
        let point = Point(x: 11, y: 4)
        #expect(
            Self.read("\u{1B}[<0;12;5M\u{1B}[<0;12;5m") == Self.keys(.mouse(Key.Mouse(.press, at: point))))
        #expect(
            Self.read("\u{1B}[<64;12;5M\u{1B}[<65;12;5M")
                == Self.keys(
                    .mouse(Key.Mouse(.wheelUp, at: point)), .mouse(Key.Mouse(.wheelDown, at: point))))
        let click = Array("\u{1B}[<0;12;5M\u{1B}[<0;12;5m".utf8)
        let (press, double) = (Key.mouse(Key.Mouse(.press, at: point)), Key.mouse(Key.Mouse(.doubleClick, at: point)))
        #expect(Self.read([click, click, click], apart: 200) == Self.keys(press, double, press))
        #expect(Self.read([click, click], apart: 900) == Self.keys(press, press))
        // The old way, one byte a number; and moving, other buttons, nonsense.
        #expect(Self.read("\u{1B}[M ,%q") == Self.keys(press, .character("q")))
        #expect(
            Self.read([[0x1B, 0x5B, 0x4D, 0x60, 0xF0, 0x25]])
                == Self.keys(
                    .mouse(Key.Mouse(.wheelUp, at: Point(x: 207, y: 4)))))
        #expect(Self.read("\u{1B}[<35;1;1M\u{1B}[<2;1;1M\u{1B}[<0;0;1M\u{1B}[<0;1MX") == Self.keys(.character("X")))
        #expect(Self.read("\u{1B}[Mj", mouse: false) == Self.keys(.character("j")))
    }

    @Test func `is news of focus, and answers`() {
        #expect(Self.read("\u{1B}[O\u{1B}[I") == [.focus(false), .focus(true)])
        #expect(Self.read("\u{1B}[0n\u{1B}[3n") == [.status, .status])
        for (setting, does) in [(0, false), (1, true), (2, true), (3, true), (4, false)] {
            #expect(Self.read("\u{1B}[?2026;\(setting)$y") == [.synchronizes(does)])
        }
    }

    @Test func `is one paste, wherever the line cuts it, and none of it is a key`() {
        let text = "q\ny\u{1B}[A:delete all\r\nü\u{3}\u{1B}[0n\u{1B}q\u{7F}"
        let bytes = Array("\u{1B}[200~\(text)\u{1B}[201~j".utf8)
        let expected: [KeyParser.Input] = [.status, .key(.paste("q\ny:delete all\nüq")), .key(.character("j"))]
        for cut in 0...bytes.count {
            let read = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])], apart: 700)
            // An Esc that nothing follows in time is the key, and what comes then is no text nevertheless.
            #expect(read == (cut == 1 ? [.key(.escape)] : []) + expected, "cut at \(cut)")
        }
        let single = [Array(bytes[..<2])] + bytes[2...].map { [$0] }
        #expect(Self.read(single, apart: 900) == expected)
    }

    @Test func `is no more of a paste than can be kept, and keys again after it`() {
        let long = String(repeating: "0123456789abcdé", count: 20_000)
        let read = Self.read("\u{1B}[200~" + long + "\u{1B}[201~x")
        guard case .key(.paste(let text))? = read.first else {
            Issue.record("no paste")
            return
        }
        #expect((KeyParser.pasteMax - 4...KeyParser.pasteMax).contains(text.utf8.count))
        #expect(long.hasPrefix(text))
        #expect(read.dropFirst() == Self.keys(.character("x"))[...])
        #expect(Self.read("\u{1B}[201~y") == Self.keys(.character("y")))
    }

    @Test func `is never lost behind a sequence that does not end`() {
        for beginning in ["\u{1B}[", "\u{1B}O", "\u{1B}[20", "\u{1B}[<0;1", "\u{1B}[M ", "\u{1B}[[", "\u{E9}"] {
            let bytes = beginning == "\u{E9}" ? [0xE2, 0x82] : Array(beginning.utf8)
            #expect(Self.read([bytes, Array("j".utf8)], apart: 1_500) == Self.keys(.character("j")), "\(bytes)")
            #expect(Self.read([bytes, Array("\r".utf8)]) == Self.keys(.enter), "\(bytes)")
            #expect(Self.read([bytes, Array("\u{1B}[B".utf8)]) == Self.keys(.down), "\(bytes)")
        }
        let endless = "\u{1B}[" + String(repeating: "1;", count: 5_000) + "Hj"
        #expect(Self.read(endless) == Self.keys(.character("j")))
    }

    /// Deterministic, so that what fails once fails again.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test func `may be anything, cut anywhere, and is understood again afterwards`() {
        var dice = Dice(state: 7)
        let words = [
            "\u{1B}", "\u{1B}[", "\u{1B}O", "[200~", "\u{1B}[200~", "\u{1B}[201~", "[<0;3;4M", "[M", "\u{1B}[I", "$y",
            "é", "😀", "0;", "\r", "[[", "\u{1B}[?2026;2$y",
        ].map { Array($0.utf8) }
        for _ in 0..<2_000 {
            var parser = KeyParser(mouse: Bool.random(using: &dice))
            var now = 0
            for _ in 0..<Int.random(in: 1...30, using: &dice) {
                let isWord = Bool.random(using: &dice)
                let noise = (0..<Int.random(in: 0...5, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice)
                }
                let piece = isWord ? words.randomElement(using: &dice) ?? [] : noise
                for input in parser.take(piece, now: now) {
                    if case .key(.paste(let text)) = input { #expect(!text.contains("\u{1B}")) }
                }
                now += Int.random(in: 0...1_200, using: &dice)
                if Bool.random(using: &dice) { _ = parser.decide(now: now) }
            }
            // Whatever came: a paste that was begun ends, a sequence is given up, and a key is a key.
            _ = parser.take(Array("\u{1B}\\\u{1B}[201~".utf8), now: now + 2_000)
            #expect(parser.take([0x6A], now: now + 4_000) == Self.keys(.character("j")))
        }
    }

    @Test func `means the same in one piece and byte by byte`() {
        var dice = Dice(state: 11)
        let parts = [
            "\u{1B}[A", "x", "\u{1B}[200~a\u{1B}[Bq\rb\u{1B}[201~", "\u{1B}[<0;3;4M", "é", "\u{1B}[0n", "\u{1B}OC",
            "\u{1B}[I", "\r", "\u{1B}[?2026;2$y", "\u{1B}[99;99u",
        ]
        for _ in 0..<300 {
            let bytes = Array((0..<8).map { _ in parts.randomElement(using: &dice) ?? "" }.joined().utf8)
            var whole = KeyParser(mouse: true)
            var single = KeyParser(mouse: true)
            #expect(whole.take(bytes, now: 0) == bytes.flatMap { single.take([$0], now: 0) })
        }
    }
}
