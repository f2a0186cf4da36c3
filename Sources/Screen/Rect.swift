/// How many columns and rows something has; never negative.
public struct Size: Hashable, Sendable {
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A size; negative figures count as none.
    public init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
    }
}

/// A cell's place: columns to the right, rows down, from the top left corner.
public struct Point: Hashable, Sendable {
    /// Column, 0 is the leftmost.
    public var x: Int
    /// Row, 0 is the topmost.
    public var y: Int

    /// The cell in column `x` of row `y`.
    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// A block of cells; may lie outside of any screen.
public struct Rect: Hashable, Sendable {
    /// The leftmost column.
    public var x: Int
    /// The topmost row.
    public var y: Int
    /// Columns, never negative.
    public var width: Int
    /// Rows, never negative.
    public var height: Int

    /// A block of cells; negative figures of extent count as none.
    public init(x: Int, y: Int, width: Int, height: Int = 1) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// The whole of a screen of this size.
    public init(_ size: Size) {
        self.init(x: 0, y: 0, width: size.width, height: size.height)
    }

    /// The column after the last one.
    public var maxX: Int { x + width }

    /// The row after the last one.
    public var maxY: Int { y + height }

    /// Columns and rows.
    public var size: Size { Size(width: width, height: height) }

    /// No cell at all.
    public var isEmpty: Bool { width == 0 || height == 0 }

    /// Whether the cell lies inside.
    public func contains(_ point: Point) -> Bool {
        point.x >= x && point.x < maxX && point.y >= y && point.y < maxY
    }

    /// Without so many columns at either side and rows at either end.
    public func inset(columns: Int = 1, rows: Int = 1) -> Rect {
        Rect(x: x + columns, y: y + rows, width: width - 2 * columns, height: height - 2 * rows)
    }

    /// One row of it, counted from its top; empty when there is no such row.
    public func row(_ index: Int) -> Rect {
        Rect(x: x, y: y + index, width: index >= 0 && index < height ? width : 0)
    }

    /// The part that lies in the other too.
    public func clipped(to other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(
            x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }

    /// A block of this size in its middle, cut where it would stick out.
    public func centered(_ size: Size) -> Rect {
        let inner = Size(width: min(width, size.width), height: min(height, size.height))
        return Rect(
            x: x + (width - inner.width) / 2, y: y + (height - inner.height) / 2, width: inner.width,
            height: inner.height)
    }

    /// The upper rows, and what is left below them.
    public func splitRows(top rows: Int) -> (top: Rect, rest: Rect) {
        let taken = min(max(0, rows), height)
        return (
            Rect(x: x, y: y, width: width, height: taken),
            Rect(x: x, y: y + taken, width: width, height: height - taken)
        )
    }

    /// The left columns, and what is left beside them.
    public func splitColumns(left columns: Int) -> (left: Rect, rest: Rect) {
        let taken = min(max(0, columns), width)
        return (
            Rect(x: x, y: y, width: taken, height: height),
            Rect(x: x + taken, y: y, width: width - taken, height: height)
        )
    }
}
