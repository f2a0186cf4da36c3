internal import CCurses
internal import Glibc
internal import Screen

/// Carries screens into curses, and curses' bytes out: only rows that changed since the last frame are touched.
@Terminal
final class Painter {
    private struct Look {
        var attributes: attr_t
        var pair: Int32
    }

    /// Whether frames go between the brackets of synchronized output.
    var synchronizes = false
    private var theme: Theme
    private let depth: ColorDepth
    private let ascii: Bool
    private var shadow: [Cell] = []
    private var size = Size(width: 0, height: 0)
    private var caret: Point?
    /// The row that comes first in a frame that has no room for all.
    private var turn = 0
    private var line: [cchar_t] = []
    private var looks: [Look?] = []
    private var agreed: [UInt32: Bool] = [:]
    private var frame: [UInt8] = Array(repeating: 0, count: 1 << 16)

    init(theme: Theme, depth: ColorDepth?, ascii: Bool) {
        self.theme = theme
        self.ascii = ascii
        start_color()
        use_default_colors()
        nonl()
        typeahead(-1)
        _ = leaveok(cx_stdscr(), true)
        curs_set(0)
        self.depth = depth ?? Self.depthOfTerminal()
        setTheme(theme)
    }

    /// What the terminal's description and the environment allow.
    private static func depthOfTerminal() -> ColorDepth {
        if Environment.value("NO_COLOR").map({ !$0.isEmpty }) ?? false || !has_colors() { return .mono }
        let colors = Int(cx_colors())
        return colors > 256 ? .truecolor : colors == 256 ? .palette : colors >= 16 ? .sixteen : .eight
    }

    func setTheme(_ theme: Theme) {
        self.theme = theme
        looks = Array(repeating: nil, count: Face.allCases.count * Face.allCases.count)
        shadow = []
    }

    func resize(_ size: Size) {
        guard size != self.size else { return }
        self.size = size
        resizeterm(Int32(size.height), Int32(size.width))
        wclear(cx_stdscr())
        wnoutrefresh(cx_stdscr())
        doupdate()
        let region = cx_whole_region(Int32(size.height)).map { Array(String(cString: $0).utf8) } ?? []
        pending += bytes() + region
        _ = clearok(cx_stdscr(), true)
        shadow = []
    }

    /// Bytes that go before the next frame: they set the terminal up for its size.
    private var pending: [UInt8] = []

    /// What the terminal shows is not known any more.
    func forget() {
        shadow = []
        wclear(cx_stdscr())
        _ = clearok(cx_stdscr(), true)
    }

    /// Lets curses believe that it gave the terminal back; the bytes are not needed.
    func rest() {
        endwin()
        _ = bytes()
    }

    /// The bytes that turn what is shown into this screen, or on a slow line a part of it; nil when they are the same.
    func paint(_ given: Screen, budget: Int?, isAnswer: Bool) -> (bytes: [UInt8], isComplete: Bool)? {
        let screen = ascii ? given.inASCII() : given
        let isFirst = shadow.count != screen.cells.count
        guard isFirst || screen.cells != shadow || screen.caret != caret else { return nil }
        let plan = FramePlan(screen, shown: shadow, budget: budget, isAnswer: isAnswer, turn: turn)
        turn = plan.next
        if isFirst { shadow = Array(repeating: .blank, count: screen.cells.count) }
        let width = screen.size.width
        for y in plan.rows where y < size.height {
            put(screen.row(y), y)
            shadow.replaceSubrange(y * width..<(y + 1) * width, with: screen.row(y))
        }
        if screen.caret != caret { curs_set(screen.caret == nil ? 0 : 1) }
        caret = screen.caret
        _ = leaveok(cx_stdscr(), caret == nil)
        if let caret { wmove(cx_stdscr(), Int32(caret.y), Int32(caret.x)) }
        wnoutrefresh(cx_stdscr())
        doupdate()
        // The first frame keeps all that its terminal's description asks for: it sets the terminal up.
        let bytes = isFirst ? pending + self.bytes() : FrameBytes.compact(pending + self.bytes())
        pending = []
        if bytes.isEmpty { return plan.isComplete ? nil : ([], false) }
        guard synchronizes else { return (bytes, plan.isComplete) }
        return (Array("\u{1B}[?2026h".utf8) + bytes + Array("\u{1B}[?2026l".utf8), plan.isComplete)
    }

    private func put(_ row: ArraySlice<Cell>, _ y: Int) {
        line.removeAll(keepingCapacity: true)
        for cell in row.prefix(size.width) where cell.width > 0 { append(cell) }
        line.withUnsafeBufferPointer { cells in
            guard let first = cells.baseAddress else { return }
            wmove(cx_stdscr(), Int32(y), 0)
            wadd_wchnstr(cx_stdscr(), first, Int32(cells.count))
        }
    }

    private func append(_ cell: Cell) {
        let look = look(cell.face, cell.ground)
        var out = cchar_t()
        out.attr = look.attributes | attr_t(UInt32(min(look.pair, 255)) << 8)
        out.ext_color = look.pair
        out.chars.0 = wchar_t(bitPattern: cell.scalar)
        if cell.scalar > 0x7E, !agrees(cell) {
            out.chars.0 = 0x3F
            line.append(contentsOf: repeatElement(out, count: Int(cell.width)))
            return
        }
        if cell.mark != 0, agreesOnMark(cell.mark) { out.chars.1 = wchar_t(bitPattern: cell.mark) }
        if cell.mark2 != 0, agreesOnMark(cell.mark2), out.chars.1 != 0 { out.chars.2 = wchar_t(bitPattern: cell.mark2) }
        line.append(out)
    }

    /// Whether the C library gives the glyph as many columns as we do; it might be older or younger.
    private func agrees(_ cell: Cell) -> Bool {
        if let known = agreed[cell.scalar] { return known }
        let agrees = cx_wcwidth(cell.scalar) == Int32(cell.width)
        agreed[cell.scalar] = agrees
        return agrees
    }

    private func agreesOnMark(_ mark: UInt32) -> Bool {
        cx_wcwidth(mark) == 0
    }

    private func look(_ face: Face, _ ground: Face) -> Look {
        let index = Int(face.rawValue) * Face.allCases.count + Int(ground.rawValue)
        if let known = looks[index] { return known }
        let style = theme.style(face, on: ground, depth: depth)
        let isPlain = (style.foreground ?? .standard) == .standard && (style.background ?? .standard) == .standard
        let pair = isPlain ? 0 : alloc_pair(Self.number(style.foreground), Self.number(style.background))
        let look = Look(attributes: Self.attributes(style.attributes), pair: max(0, pair))
        looks[index] = look
        return look
    }

    private static func number(_ color: Color?) -> Int32 {
        switch color {
        case nil, .standard: -1
        case .indexed(let index): Int32(index) < cx_colors() ? Int32(index) : Int32(index & 7)
        case .rgb(let red, let green, let blue): Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
        }
    }

    private static func attributes(_ attributes: Style.Attributes) -> attr_t {
        let table: [(Style.Attributes, attr_t)] = [
            (.bold, CX_BOLD), (.dim, CX_DIM), (.reverse, CX_REVERSE), (.underline, CX_UNDERLINE),
            (.italic, CX_ITALIC),
        ]
        return table.reduce(0) { attributes.contains($1.0) ? $0 | $1.1 : $0 }
    }

    /// What curses wrote since the last call.
    private func bytes() -> [UInt8] {
        var count = cx_frame_bytes(&frame, frame.count)
        if count > frame.count {
            frame = Array(repeating: 0, count: count * 2)
            count = cx_frame_bytes(&frame, frame.count)
        }
        return count > 0 ? Array(frame[..<count]) : []
    }
}
