internal import CCurses
internal import Glibc
internal import Screen

/// Reads what has come on the keyboard's line, without waiting for more.
///
/// Curses only tells what the keys of this terminal send: it would take a sequence that the line cut in two for the
/// keys of its bytes.
@Terminal
final class KeyReader {
    /// Bytes taken in one turn; the rest waits for the next one.
    private static let bytesMax = 16_384
    /// How many milliseconds a lone Esc is waited upon: what it begins nearly always comes with it.
    private static let escapeDelay: Int32 = 25

    private let input: Int32
    private let mouse: Bool
    private let pad: UnsafeMutablePointer<WINDOW>?
    private var parser: KeyParser
    private var buffer: [UInt8] = Array(repeating: 0, count: 4_096)

    init(mouse: Bool, input: Int32 = 0) {
        self.input = input
        self.mouse = mouse
        pad = newpad(1, 1)
        parser = Self.parser(mouse)
        if mouse {
            mousemask(CX_MOUSE_PRESSED | CX_WHEEL_UP | CX_WHEEL_DOWN, nil)
            mouseinterval(0)
        }
    }

    private static func parser(_ mouse: Bool) -> KeyParser {
        KeyParser(mouse: mouse) { sequence in key(key_defined(sequence)) }
    }

    /// The terminal is ours from now on: its keys send what its description says, and what came before is forgotten.
    func begin() {
        _ = keypad(pad, true)
        parser = Self.parser(mouse)
    }

    /// Everything that is waiting.
    func drain() -> [KeyParser.Input] {
        var inputs: [KeyParser.Input] = []
        var taken = 0
        while taken < Self.bytesMax, let count = read() {
            taken += count
            inputs += parser.take(Array(buffer[..<count]), now: Clock.milliseconds)
            if parser.isUndecided, !isReadable(within: Self.escapeDelay) {
                inputs += parser.decide(now: Clock.milliseconds)
            }
        }
        return inputs
    }

    /// Reads what is there; nil when that is nothing.
    private func read() -> Int? {
        guard isReadable(within: 0) else { return nil }
        let count = Glibc.read(input, &buffer, buffer.count)
        return count > 0 ? count : nil
    }

    private func isReadable(within milliseconds: Int32) -> Bool {
        var file = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        return poll(&file, 1, milliseconds) > 0 && Int32(file.revents) & POLLIN != 0
    }

    /// The key of a code of curses; nil for one that is none of ours.
    private nonisolated static func key(_ code: Int32) -> Key? {
        if (KEY_F0 + 1...KEY_F0 + 12).contains(code) { return .function(Int(code - KEY_F0)) }
        return named[code]
    }

    private nonisolated static let named: [Int32: Key] = [
        KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right, KEY_HOME: .home, KEY_END: .end,
        KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown, KEY_BTAB: .backtab, KEY_BACKSPACE: .backspace, KEY_DC: .delete,
        KEY_IC: .insert, KEY_ENTER: .enter,
    ]
}
