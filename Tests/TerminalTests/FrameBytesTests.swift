import Testing

@testable import Curses

@Suite struct `A frame's bytes` {
    private func compacted(_ text: String) -> String {
        String(decoding: FrameBytes.compact(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `set neighbouring attributes with one sequence`() {
        #expect(compacted("\u{1B}[38;5;75m\u{1B}[48;5;24mab\u{1B}[1mc") == "\u{1B}[38;5;75;48;5;24mab\u{1B}[1mc")
    }

    @Test func `leave out what a reset undoes`() {
        #expect(compacted("x\u{1B}[39;49m\u{1B}(B\u{1B}[m y") == "x\u{1B}[m y")
        #expect(compacted("\u{1B}[39m\u{1B}(B\u{1B}[m\u{1B}[0;1m\u{1B}[38;5;203mz") == "\u{1B}[0;1;38;5;203mz")
    }

    @Test func `keep a reset before other attributes`() {
        #expect(compacted("\u{1B}[m\u{1B}[38;5;75mx") == "\u{1B}[0;38;5;75mx")
    }

    @Test func `keep every other sequence as it is`() {
        let text = "\u{1B}[4;2Hab\u{1B}[25X\u{1B}[13;17r\u{1B}M\u{1B}[?25l\u{1B}[>4m\u{1B}"
        #expect(compacted(text) == text)
    }

    @Test func `never put more parameters into one sequence than old terminals take`() {
        let long = "\u{1B}[38:2::1:2:3m\u{1B}[48:2::4:5:6m\u{1B}[1m\u{1B}[4m\u{1B}[7m"
        #expect(
            compacted(long + "x").split(separator: "\u{1B}").allSatisfy { $0.count { $0 == ";" || $0 == ":" } < 16 })
    }
}
