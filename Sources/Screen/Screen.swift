/// A grid of cells: what one frame shows. Views draw on it, a door carries it to the terminal, tests read it as text.
///
/// **Invariant:** drawing outside of it does nothing, and no cell holds anything a terminal would act on.
public struct Screen: Equatable, Sendable {
    /// Columns and rows.
    public let size: Size
    /// All cells, row after row.
    public private(set) var cells: [Cell]
    /// What can be clicked.
    public internal(set) var zones: [Zone] = []
    /// Where the terminal's own cursor stands while text is typed; hidden otherwise.
    public var caret: Point?

    /// Rows that are drawn before all others where the line to the terminal is slow.
    public var urgentRows: [Int] = []

    /// How text goes into a field that is wider or narrower than it.
    public enum Fit: Sendable {
        /// From the left; what is too long ends in an ellipsis.
        case left
        /// To the right, as figures stand.
        case right
        /// In the middle of the field.
        case center
        /// From the left; what is too long loses its middle, as names do.
        case middle
        /// From the left; what is too long is cut off without a sign.
        case clip
    }

    /// A blank screen.
    public init(_ size: Size) {
        self.size = size
        cells = Array(repeating: .blank, count: size.width * size.height)
    }

    /// The cell at a point; outside everything is blank.
    public subscript(point: Point) -> Cell {
        guard Rect(size).contains(point) else { return .blank }
        return cells[point.y * size.width + point.x]
    }

    /// The cells of one row.
    public func row(_ y: Int) -> ArraySlice<Cell> {
        guard y >= 0, y < size.height else { return [] }
        return cells[y * size.width..<(y + 1) * size.width]
    }

    /// Empties a block and lays it on a ground.
    public mutating func clear(_ rect: Rect, ground: Face = .text) {
        var blank = Cell.blank
        blank.ground = ground
        change(rect) { $0 = blank }
    }

    /// Lays a block on a ground, leaving what is written there.
    public mutating func lay(_ rect: Rect, on ground: Face) {
        change(rect) { $0.ground = ground }
    }

    /// Lays everything that lies on one ground on another.
    public mutating func relay(_ ground: Face, on other: Face) {
        for index in cells.indices where cells[index].ground == ground { cells[index].ground = other }
    }

    /// Gives all that is written in a block one meaning: how a silent source's rows turn dim.
    public mutating func paint(_ rect: Rect, _ face: Face) {
        change(rect) { $0.face = face }
    }

    /// Lays another screen over a part of this one, cut where it would stick out.
    public mutating func put(_ other: Screen, at corner: Point) {
        for y in 0..<other.size.height where corner.y + y >= 0 && corner.y + y < size.height {
            for x in 0..<other.size.width where corner.x + x >= 0 && corner.x + x < size.width {
                cells[(corner.y + y) * size.width + corner.x + x] = other.cells[y * other.size.width + x]
            }
        }
    }

    /// The same screen in ASCII alone, for terminals without UTF-8.
    public func inASCII() -> Screen {
        var copy = self
        for index in copy.cells.indices where copy.cells[index].scalar > 0x7E || copy.cells[index].mark != 0 {
            let cell = copy.cells[index]
            copy.cells[index] = cell.replacing(ASCII.standIn(for: cell.scalar))
        }
        for index in copy.cells.indices where copy.cells[index].width == 0 {
            copy.cells[index] = copy.cells[index].replacing(0x20)
        }
        return copy
    }

    /// Writes one glyph of known width; marks of halves of wide glyphs are mended.
    mutating func place(_ scalar: UInt32, _ face: Face, width: Int, at x: Int, _ y: Int) {
        let index = y * size.width + x
        if cells[index].width != 1 { unpair(index, x) }
        if width == 2, x + 1 < size.width {
            if cells[index + 1].width != 1 { unpair(index + 1, x + 1) }
            var second = Cell(scalar: 0, face: face, width: 0)
            second.ground = cells[index + 1].ground
            cells[index + 1] = second
        }
        var cell = Cell(scalar: scalar, face: face, width: UInt8(truncatingIfNeeded: width))
        cell.ground = cells[index].ground
        cells[index] = cell
    }

    mutating func combine(_ scalar: UInt32, at x: Int, _ y: Int) {
        cells[y * size.width + x].combine(scalar)
    }

    /// A half of a wide glyph is being overwritten: its other half becomes blank.
    private mutating func unpair(_ index: Int, _ x: Int) {
        if cells[index].width == 2, x + 1 < size.width { cells[index + 1] = cells[index + 1].replacing(0x20) }
        if cells[index].width == 0, x > 0 { cells[index - 1] = cells[index - 1].replacing(0x20) }
    }

    private mutating func change(_ rect: Rect, _ body: (inout Cell) -> Void) {
        let shown = rect.clipped(to: Rect(size))
        guard !shown.isEmpty else { return }
        for y in shown.y..<shown.maxY {
            for index in y * size.width + shown.x..<y * size.width + shown.maxX { body(&cells[index]) }
        }
    }
}
