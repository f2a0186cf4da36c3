import CCurses
import Glibc
import Screen
import Testing

@testable import Curses

/// On the terminal's thread all of them: curses has one screen.
@Suite(.serialized) struct `A terminal's line` {
    /// Works with a reader of a pipe, as one of a terminal of that kind.
    @Terminal
    private static func with(
        _ term: String, mouse: Bool = false, _ work: (KeyReader, (String) -> Void) throws -> Void
    ) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { _ = close($0) } }
        let curses = try #require(cx_open(term, ends[0]))
        defer { cx_close(curses) }
        let reader = KeyReader(mouse: mouse, input: ends[0])
        reader.begin()
        try work(reader) { text in
            let bytes = Array(text.utf8)
            _ = write(ends[1], bytes, bytes.count)
        }
    }

    @Test(arguments: ["xterm-256color", "screen-256color", "tmux-256color", "linux"])
    func `is read by what the terminal's description says`(term: String) async throws {
        try await Self.keys(of: term)
    }

    @Terminal
    private static func keys(of term: String) throws {
        try with(term) { reader, write in
            #expect(reader.drain() == [])
            let capabilities: [(String, Key)] = [
                ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home),
                ("kend", .end), ("kpp", .pageUp), ("knp", .pageDown), ("kcbt", .backtab), ("kdch1", .delete),
                ("kich1", .insert), ("kf1", .function(1)), ("kf5", .function(5)), ("kf12", .function(12)),
            ]
            for (capability, key) in capabilities {
                guard let sequence = cx_string(capability) else { continue }
                write(String(cString: sequence))
                #expect(reader.drain() == [.key(key)], "\(capability)")
            }
            write("a\u{1B}[I\u{1B}[0n\u{1B}")
            #expect(reader.drain() == [.key(.character("a")), .focus(true), .status, .key(.escape)])
        }
    }

    @Test func `carries the mouse and a paste`() async throws {
        try await Self.mouseAndPaste()
    }

    @Terminal
    private static func mouseAndPaste() throws {
        try with("xterm-256color", mouse: true) { reader, write in
            write("\u{1B}[<65;3;4M\u{1B}[<0;3;4M\u{1B}[<0;3;4m")
            let point = Point(x: 2, y: 3)
            #expect(
                reader.drain() == [
                    .key(.mouse(Key.Mouse(.wheelDown, at: point))), .key(.mouse(Key.Mouse(.press, at: point))),
                ])
            write("\u{1B}[20")
            #expect(reader.drain() == [])
            write("0~q\u{1B}")
            #expect(reader.drain() == [])
            write("[201~")
            #expect(reader.drain() == [.key(.paste("q"))])
        }
    }

    @Test func `is frames too, in brackets only for a terminal that said it has them`() async throws {
        try await Self.brackets()
    }

    @Terminal
    private static func brackets() throws {
        try with("xterm-256color") { reader, write in
            let painter = Painter(theme: Theme(name: "plain", styles: [:]), depth: .mono, ascii: false)
            painter.resize(Size(width: 10, height: 2))
            @Terminal func frame(_ text: String) -> String {
                var screen = Screen(Size(width: 10, height: 2))
                screen.put(text, .text, in: Rect(x: 0, y: 0, width: 10))
                let painted = painter.paint(screen, budget: nil, isAnswer: false)
                return String(decoding: painted?.bytes ?? [], as: UTF8.self)
            }
            #expect(frame("one").contains("one") && !frame("two").contains("?2026"))
            write("\u{1B}[?2026;0$y")
            #expect(reader.drain() == [.synchronizes(false)])
            write("\u{1B}[?2026;2$y")
            #expect(reader.drain() == [.synchronizes(true)])
            painter.synchronizes = true
            let wrapped = frame("six")
            #expect(wrapped.hasPrefix("\u{1B}[?2026h") && wrapped.hasSuffix("\u{1B}[?2026l"))
            #expect(frame("six") == "")
        }
    }
}
