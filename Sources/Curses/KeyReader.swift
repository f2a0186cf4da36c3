internal import CCurses
internal import Screen

/// Reads keys from curses until none is waiting.
@Terminal
final class KeyReader {
    /// What arrives on the keyboard's line.
    enum Input {
        case key(Key)
        case mouse
        case focus(Bool)
        case pasteBegin, pasteEnd
        case status
        case synchronizes(Bool)
    }

    /// Curses leaves codes above KEY_MAX to us.
    private enum Code {
        static let focusGained: Int32 = 0x2000
        static let focusLost: Int32 = 0x2001
        static let pasteBegin: Int32 = 0x2002
        static let pasteEnd: Int32 = 0x2003
        static let status: Int32 = 0x2004
        static let synchronizes: Int32 = 0x2005
        static let ignored: Int32 = 0x2006
    }

    /// Pasted text beyond this many characters is dropped.
    private static let pasteMax = 65_536
    /// Keys taken in one turn; the rest waits for the next one.
    private static let keysMax = 4_096

    private let pad: UnsafeMutablePointer<WINDOW>?
    private var pasted: String?
    /// What came behind an Esc and is read next. Curses would take the code of a key back as a character.
    private var unread: Raw?

    init(mouse: Bool) {
        pad = newpad(1, 1)
        set_escdelay(25)
        _ = keypad(pad, true)
        _ = nodelay(pad, true)
        if mouse {
            mousemask(CX_MOUSE_PRESSED | CX_MOUSE_DOUBLE | CX_WHEEL_UP | CX_WHEEL_DOWN, nil)
            mouseinterval(0)
        }
        let sequences: [(String, Int32)] = [
            ("\u{1B}[I", Code.focusGained), ("\u{1B}[O", Code.focusLost), ("\u{1B}[200~", Code.pasteBegin),
            ("\u{1B}[201~", Code.pasteEnd), ("\u{1B}[0n", Code.status), ("\u{1B}[3n", Code.status),
            ("\u{1B}[?2026;1$y", Code.synchronizes), ("\u{1B}[?2026;2$y", Code.synchronizes),
            ("\u{1B}[?2026;0$y", Code.ignored), ("\u{1B}[?2026;3$y", Code.synchronizes),
            ("\u{1B}[?2026;4$y", Code.ignored),
        ]
        for (sequence, code) in sequences { define_key(sequence, code) }
    }

    /// Everything that is waiting.
    func drain() -> [Input] {
        var inputs: [Input] = []
        var next = read()
        while let input = next, inputs.count < Self.keysMax {
            if let unread = skipUnknownSequence(after: input) {
                next = unread
                continue
            }
            if let meaning = meaning(of: input) { collect(meaning, into: &inputs) }
            next = read()
        }
        return inputs
    }

    private struct Raw {
        var isCode: Bool
        var value: UInt32
    }

    private func read() -> Raw? {
        if let one = unread {
            unread = nil
            return one
        }
        var value: wint_t = 0
        let result = wget_wch(pad, &value)
        if result == ERR { return nil }
        return Raw(isCode: result == KEY_CODE_YES, value: UInt32(value))
    }

    /// A sequence that curses does not know arrives as its characters; read as keys they would be anything.
    private func skipUnknownSequence(after first: Raw) -> Raw?? {
        guard !first.isCode, first.value == 0x1B, let second = read() else { return nil }
        guard !second.isCode, second.value == 0x5B || second.value == 0x4F else {
            unread = second
            return nil
        }
        while let next = read() {
            if next.isCode || (0x40...0x7E).contains(next.value) { break }
        }
        return .some(read())
    }

    private func meaning(of raw: Raw) -> Input? {
        raw.isCode ? Self.special(Int32(bitPattern: raw.value)) : Self.plain(raw.value)
    }

    private func collect(_ input: Input, into inputs: inout [Input]) {
        switch (input, pasted) {
        case (.pasteBegin, _):
            pasted = ""
        case (.pasteEnd, .some(let text)):
            pasted = nil
            inputs.append(.key(.paste(text)))
        case (.key(let key), .some(let text)):
            guard text.utf8.count < Self.pasteMax else { return }
            switch key {
            case .character(let character): pasted = text + String(character)
            case .enter: pasted = text + "\n"
            case .tab: pasted = text + "\t"
            default: break
            }
        case (.mouse, _):
            if let mouse = Self.mouse() { inputs.append(.key(.mouse(mouse))) }
        default:
            inputs.append(input)
        }
    }

    private static func plain(_ value: UInt32) -> Input? {
        switch value {
        case 0x1B: .key(.escape)
        case 0x09: .key(.tab)
        case 0x0A, 0x0D: .key(.enter)
        case 0x08, 0x7F: .key(.backspace)
        case 0x01...0x1A: Unicode.Scalar(value + 0x60).map { .key(.control(Character($0))) }
        case 0x20...: Unicode.Scalar(value).map { .key(.character(Character($0))) }
        default: nil
        }
    }

    private static func special(_ code: Int32) -> Input? {
        switch code {
        case Code.focusGained: .focus(true)
        case Code.focusLost: .focus(false)
        case Code.pasteBegin: .pasteBegin
        case Code.pasteEnd: .pasteEnd
        case Code.status: .status
        case Code.synchronizes: .synchronizes(true)
        case Code.ignored: .synchronizes(false)
        case KEY_MOUSE: .mouse
        case KEY_F0 + 1...KEY_F0 + 12: .key(.function(Int(code - KEY_F0)))
        default: named[code].map { .key($0) }
        }
    }

    private static let named: [Int32: Key] = [
        KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right, KEY_HOME: .home, KEY_END: .end,
        KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown, KEY_BTAB: .backtab, KEY_BACKSPACE: .backspace, KEY_DC: .delete,
        KEY_IC: .insert, KEY_ENTER: .enter,
    ]

    private static func mouse() -> Key.Mouse? {
        var event = MEVENT()
        guard getmouse(&event) == OK else { return nil }
        let point = Point(x: Int(event.x), y: Int(event.y))
        let actions: [(mmask_t, Key.Mouse.Action)] = [
            (CX_WHEEL_UP, .wheelUp), (CX_WHEEL_DOWN, .wheelDown), (CX_MOUSE_DOUBLE, .doubleClick),
            (CX_MOUSE_PRESSED, .press),
        ]
        return actions.first { event.bstate & $0.0 != 0 }.map { Key.Mouse($0.1, at: point) }
    }
}
