/// One column of one row: at most one glyph, its meaning and what it lies on. Sixteen bytes, no references.
///
/// **Invariant:** the scalars are printable and of the stated width; nothing a terminal would act on is ever in a cell.
public struct Cell: Hashable, Sendable {
    /// The glyph's scalar; 0 in the second column of a wide glyph.
    public private(set) var scalar: UInt32
    /// A combining mark on it, 0 for none.
    public private(set) var mark: UInt32 = 0
    /// A second combining mark, 0 for none; further ones are dropped.
    public private(set) var mark2: UInt32 = 0
    /// What the glyph means.
    public var face: Face
    /// What the cell lies on: a face whose background is used.
    public var ground: Face = .text
    /// Columns: 1, 2, or 0 for the second column of a wide glyph.
    public private(set) var width: UInt8
    private let spare: UInt8 = 0

    /// An empty cell.
    public static let blank = Cell(scalar: 0x20, face: .text, width: 1)

    init(scalar: UInt32, face: Face, width: UInt8) {
        self.scalar = scalar
        self.face = face
        self.width = width
    }

    /// The same cell with another glyph of one column.
    func replacing(_ scalar: UInt32) -> Cell {
        var cell = Cell(scalar: scalar, face: face, width: 1)
        cell.ground = ground
        return cell
    }

    mutating func combine(_ scalar: UInt32) {
        if mark == 0 { mark = scalar } else if mark2 == 0 { mark2 = scalar }
    }

    /// The glyph as text; empty in the second column of a wide glyph.
    public var text: String {
        var text = ""
        for value in [scalar, mark, mark2] where value != 0 {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
