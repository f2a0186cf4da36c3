import Model
import Scheduling
import Screen

extension Console {
    /// What would happen, part by part; side by side where there is room.
    func drawWhatIf(in rect: Rect, on screen: inout Screen) {
        screen.frame(rect, .borderFocused)
        guard let state = whatIf else { return }
        screen.put(whatIfTitle(state), in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 3))
        let inner = rect.inset(columns: 2, rows: 1)
        drawChoices(state, in: inner.row(0), on: &screen)
        if let drainProgress { screen.put(drainProgress, in: inner.row(1)) }
        let body = Rect(x: inner.x, y: inner.y + 2, width: inner.width, height: inner.height - 2)
        let columns = whatIfColumns(state, width: body.width)
        let width = body.width / max(1, columns.count)
        for (index, lines) in columns.enumerated() {
            for (offset, line) in lines.dropFirst(state.top).prefix(body.height).enumerated() {
                let field = Rect(x: body.x + index * width, y: body.y + offset, width: width - (index == 0 ? 0 : 2))
                screen.put(line, in: Rect(x: field.x, y: field.y, width: field.width - 1))
            }
        }
        drawPosition(
            state.top, columns.map(\.count).max() ?? 0, Rect(x: rect.x, y: rect.maxY - 1, width: rect.width - 1),
            body.height, on: &screen)
    }

    private func whatIfTitle(_ state: WhatIfState) -> Line {
        var line = [Word(" What if ", .titleFocused)]
        let names = state.targets.map { facts.name(of: $0) }
        let what = names.count == 1 ? names[0] : "\(names.count) of them"
        switch state.choice {
        case .lose: line.append(Word("\(what) is lost", .critical))
        case .drain: line.append(Word("\(what) is drained", .warning))
        case .add:
            let name = state.cluster.map { facts.name(of: .cluster($0)) } ?? "no cluster"
            line.append(Word("\(name) gets \(state.count) machine\(state.count == 1 ? "" : "s") more", .good))
        }
        if names.count > 1, state.choice != .add { line.append(Word(": \(names.joined(separator: ", "))", .dim)) }
        return line + [Word(" ")]
    }

    private func drawChoices(_ state: WhatIfState, in row: Rect, on screen: inout Screen) {
        var line: Line = []
        for choice in WhatIfState.Choice.allCases {
            let text = choice == .add ? "add \(state.count)" : choice.rawValue
            line.append(
                choice == state.choice ? Word("[\(text)]", .titleFocused) : Word(" \(text) ", .dim))
            line.append(Word(" "))
        }
        line.append(Word("  \(Command.nextPaneKey)", .hintKey))
        line.append(Word(" changes it", .hint))
        if let at = state.plannedAt, state.version != facts.inventory.version, facts.now.since(at) > .seconds(3) {
            line.append(Word("   as of \(at.timeOfDay)", .warning))
        }
        screen.put(line, in: row)
    }

    /// Moves have a column of their own where there is room for two.
    func whatIfColumns(_ state: WhatIfState, width: Int) -> [[Line]] {
        let isWide = width >= Self.whatIfWide
        let beside = state.sections.filter { isWide && $0.title == "move" }
        let left = lines(state.sections.filter { !beside.contains($0) })
        return beside.isEmpty ? [left] : [left, lines(beside)]
    }

    private static let whatIfWide = 170
    private static let whatIfCell = 28

    private func lines(_ sections: [WhatIf.Section]) -> [Line] {
        var lines: [Line] = []
        for section in sections {
            if !lines.isEmpty { lines.append([]) }
            let count = section.rows.count > 1 ? " \(section.rows.count)" : ""
            lines.append([Word(section.title.uppercased() + count, .title)])
            let widths = (section.rows.first?.cells ?? []).indices.map { column in
                min(section.rows.reduce(0) { max($0, Screen.columns(of: $1.cells[column])) }, Self.whatIfCell)
            }
            lines += section.rows.map { line($0, widths) }
        }
        return lines
    }

    private func line(_ row: WhatIf.Section.Row, _ widths: [Int]) -> Line {
        var line = [Word(row.weight.mark + " ", row.weight.face)]
        for (column, cell) in row.cells.enumerated() {
            let isLast = column == row.cells.count - 1
            let face: Face = column == 0 ? (row.weight == .note ? .accent : row.weight.face) : .text
            let isTelling = isLast && row.weight != .note
            let text = isLast ? cell : padded(Self.shortened(cell, widths[column]), widths[column]) + "  "
            line.append(Word(text, isTelling ? row.weight.face : face))
        }
        return line
    }

    /// A name that is too long loses its middle.
    static func shortened(_ text: String, _ width: Int) -> String {
        guard width > 2, text.count > width else { return text }
        let head = (width - 1) * 2 / 3
        return text.prefix(head) + "…" + text.suffix(width - 1 - head)
    }

    /// Fits scrolling to what there is to tell.
    mutating func layOutWhatIf() {
        planWhatIf()
        guard place == .whatIf, var state = whatIf else { return }
        state.height = max(1, size.height - 6)
        state.lineCount = whatIfColumns(state, width: size.width - 4).map(\.count).max() ?? 0
        state.scroll(by: 0)
        whatIf = state
    }
}

extension FarmEvent.Weight {
    /// The mark before a line; never the colour alone.
    var mark: String {
        switch self {
        case .good, .note: " "
        case .warning: "!"
        case .critical: "✖"
        }
    }

    var face: Face {
        switch self {
        case .good: .good
        case .note: .text
        case .warning: .warning
        case .critical: .critical
        }
    }
}
