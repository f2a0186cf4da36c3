extension Screen {
    /// Writes text into the first row of a field, and tells how many columns it took.
    ///
    /// What a terminal would act on, and what hides or reorders text, is shown as a replacement character.
    @discardableResult
    public mutating func put(_ text: String, _ face: Face = .text, in field: Rect, fit: Fit = .left) -> Int {
        guard field.width > 0, field.y >= 0, field.y < size.height, field.x < size.width else { return 0 }
        if fit == .clip { return write(text, face, in: field) }
        let length = Self.columns(of: text)
        guard length > field.width else {
            let start =
                switch fit {
                case .left, .middle, .clip: 0
                case .right: field.width - length
                case .center: (field.width - length) / 2
                }
            return write(text, face, in: Rect(x: field.x + start, y: field.y, width: length)) + start
        }
        let head = fit == .middle && field.width > 2 ? field.width / 2 : field.width - 1
        let written = write(text, face, in: Rect(x: field.x, y: field.y, width: head))
        set(0x2026, face, at: field.x + written, field.y)
        guard head < field.width - 1 else { return written + 1 }
        let tail = Self.suffix(of: text, columns: field.width - written - 1)
        let rest = Rect(x: field.x + written + 1, y: field.y, width: field.width - written - 1)
        return written + 1 + write(tail, face, in: rest)
    }

    /// Writes text from a point to the right edge of the screen, and tells how many columns it took.
    @discardableResult
    public mutating func put(_ text: String, _ face: Face = .text, at point: Point) -> Int {
        put(text, face, in: Rect(x: point.x, y: point.y, width: size.width - point.x), fit: .clip)
    }

    /// Fills a block with one glyph of one column.
    public mutating func fill(_ rect: Rect, with glyph: Unicode.Scalar, _ face: Face) {
        let shown = rect.clipped(to: Rect(size))
        guard GlyphClass(glyph.value) == .glyph(width: 1) else { return }
        for y in shown.y..<max(shown.y, shown.maxY) {
            for x in shown.x..<max(shown.x, shown.maxX) { place(glyph.value, face, width: 1, at: x, y) }
        }
    }

    /// Draws a frame along the inside of a block.
    public mutating func frame(_ rect: Rect, _ face: Face) {
        guard rect.width > 1, rect.height > 1 else { return }
        let right = rect.maxX - 1
        let bottom = rect.maxY - 1
        for y in [rect.y, bottom] {
            fill(Rect(x: rect.x + 1, y: y, width: rect.width - 2), with: "─", face)
        }
        for x in [rect.x, right] {
            fill(Rect(x: x, y: rect.y + 1, width: 1, height: rect.height - 2), with: "│", face)
        }
        set(0x256D, face, at: rect.x, rect.y)
        set(0x256E, face, at: right, rect.y)
        set(0x2570, face, at: rect.x, bottom)
        set(0x256F, face, at: right, bottom)
    }

    private mutating func set(_ scalar: UInt32, _ face: Face, at x: Int, _ y: Int) {
        guard Rect(size).contains(Point(x: x, y: y)) else { return }
        place(scalar, face, width: 1, at: x, y)
    }

    /// Writes as many whole glyphs as fit.
    private mutating func write(_ text: String, _ face: Face, in field: Rect) -> Int {
        var x = field.x
        let end = min(field.maxX, size.width)
        var last: Int?
        for scalar in text.unicodeScalars {
            var value = scalar.value
            var width = 1
            switch GlyphClass(value) {
            case .glyph(let columns): width = columns
            case .replaced: value = GlyphClass.substitute
            case .omitted: continue
            case .combining:
                if let last { combine(value, at: last, field.y) }
                continue
            }
            if x + width > end { break }
            if x >= 0 {
                place(value, face, width: width, at: x, field.y)
                last = x
            }
            x += width
        }
        return x - field.x
    }

    /// The end of a text, as many whole glyphs as fit into the columns.
    private static func suffix(of text: String, columns limit: Int) -> String {
        let scalars = text.unicodeScalars
        var start = scalars.endIndex
        var used = 0
        var index = start
        while index > scalars.startIndex {
            index = scalars.index(before: index)
            switch GlyphClass(scalars[index].value) {
            case .combining, .omitted: continue
            case .replaced: used += 1
            case .glyph(let width): used += width
            }
            if used > limit { break }
            start = index
        }
        return String(scalars[start...])
    }
}

extension Screen {
    /// The whole screen as text, a line a row, without blanks at the ends of lines.
    public var text: String {
        lines { cell, line in
            guard let scalar = Unicode.Scalar(cell.scalar), cell.width > 0 else { return }
            line.unicodeScalars.append(scalar)
            for value in [cell.mark, cell.mark2] where value != 0 {
                if let mark = Unicode.Scalar(value) { line.unicodeScalars.append(mark) }
            }
        }
    }

    /// The meanings of all cells, a letter each; blank where nothing is written.
    public var faces: String {
        lines { cell, line in line.append(cell.scalar == 0x20 && cell.face == .text ? " " : cell.face.letter) }
    }

    /// What the cells lie on, a letter each; blank for the ordinary ground.
    public var grounds: String {
        lines { cell, line in line.append(cell.ground == .text ? " " : cell.ground.letter) }
    }

    private func lines(_ append: (Cell, inout String) -> Void) -> String {
        var text = ""
        for y in 0..<size.height {
            var line = ""
            for cell in row(y) { append(cell, &line) }
            while line.last == " " { line.removeLast() }
            if y > 0 { text += "\n" }
            text += line
        }
        return text
    }
}
