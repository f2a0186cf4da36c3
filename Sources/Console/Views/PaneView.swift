import Model
import Screen

extension Console {
    /// One pane: title with counts and filter, header, rows.
    func draw(_ pane: PaneID, in rect: Rect, links: Links, on screen: inout Screen) {
        let state = panes[pane.rawValue]
        let table = Pane.of(pane)
        let isFocused = pane == focus
        guard rect.width >= 4, rect.height >= 2 else { return }
        screen.frame(rect, isFocused ? .borderFocused : .border)
        drawTitle(pane, in: rect, on: &screen)
        let inner = rect.inset()
        guard state.rows.count > 0 else {
            screen.put(
                emptiness(pane), .dim,
                in: Rect(x: inner.x + 1, y: inner.y + (inner.height > 1 ? 1 : 0), width: inner.width - 2))
            return
        }
        let columns = chosenColumns(table, width: inner.width)
        drawHeader(table, columns, in: inner.row(0), sortedBy: state, on: &screen)
        for offset in 0..<max(0, inner.height - 1) {
            let row = state.top + offset
            guard row < state.rows.count else { break }
            let place = Int(state.rows[row])
            draw(
                indexes[pane.rawValue].subjects[place], indexes[pane.rawValue].conditions[place], pane, columns,
                isCursor: row == state.position && isFocused, links: links, in: inner.row(offset + 1), on: &screen)
        }
    }

    private struct Chosen {
        let index: Int
        let x: Int
        let width: Int
    }

    /// The columns that fit, the least important left out first; what is left over is shared out from the left.
    private func chosenColumns(_ table: Pane, width: Int) -> [Chosen] {
        let available = width - 3
        let gap = width > 130 ? 2 : 1
        let full = { (index: Int) in table.columns[index].width }
        let least = { (index: Int) in table.columns[index].least == 0 ? full(index) : table.columns[index].least }
        var shown = table.columns.indices.filter { isZoomed || !table.columns[$0].isForZoom }
        func total(_ width: (Int) -> Int) -> Int { shown.reduce(-gap) { $0 + width($1) + gap } }
        // What is nice to have goes before anything shrinks; what matters shrinks before it goes.
        for (measure, kept) in [(full, Pane.Column.priorityThatShrinks), (least, 0)] {
            while total(measure) > available, shown.count > 1,
                let last = shown.max(by: { table.columns[$0].priority < table.columns[$1].priority }),
                table.columns[last].priority > kept
            {
                shown.removeAll { $0 == last }
            }
        }
        var spare = max(0, available - total(least))
        var widths = shown.map(least)
        func share(_ wanted: (Pane.Column) -> Int) {
            for (position, index) in shown.enumerated() {
                let more = min(spare, max(0, wanted(table.columns[index]) - widths[position]))
                widths[position] += more
                spare -= more
            }
        }
        share(\.width)
        share { $0.width + $0.growth }
        var x = 2
        return shown.indices.map { position in
            let column = Chosen(index: shown[position], x: x, width: min(widths[position], max(0, available + 2 - x)))
            x += widths[position] + gap
            return column
        }
    }

    /// The column whose title stands at a place of the header.
    func columnIndex(of pane: PaneID, at x: Int, width: Int) -> Int? {
        chosenColumns(Pane.of(pane), width: width).last { x >= $0.x }?.index
    }

    private func drawHeader(
        _ table: Pane, _ columns: [Chosen], in row: Rect, sortedBy state: PaneState, on screen: inout Screen
    ) {
        for column in columns {
            let definition = table.columns[column.index]
            let isSorted = state.sortColumn == column.index
            let isNarrow = column.width < definition.title.utf8.count && !definition.short.isEmpty
            let title =
                (isNarrow ? definition.short : definition.title) + (isSorted ? (state.isDescending ? "▼" : "▲") : "")
            screen.put(
                title, isSorted ? .accent : .header, in: Rect(x: row.x + column.x, y: row.y, width: column.width),
                fit: definition.fit == .right ? .right : .clip)
        }
    }

    // The parts of one row are handed over one by one: a struct of them would be made and thrown away per row.
    private func draw(
        _ subject: Subject, _ condition: Condition, _ pane: PaneID, _ columns: [Chosen], isCursor: Bool, links: Links,
        in row: Rect, on screen: inout Screen
    ) {
        let table = Pane.of(pane)
        let isMarked = panes[pane.rawValue].marks.contains(subject)
        let isLinked = pane != focus && links.contains(subject, facts)
        let isStale = facts.isStale(subject)
        let left = isMarked ? "◆" : isCursor || isLinked ? "▌" : " "
        if left != " " { screen.put(left, isMarked ? .accent : .borderFocused, at: Point(x: row.x, y: row.y)) }
        let mark = isStale ? "?" : condition.mark
        if mark != " " { screen.put(mark, condition.face, at: Point(x: row.x + 1, y: row.y)) }
        for column in columns {
            let word = table.word(subject, column.index, facts)
            let field = Rect(x: row.x + column.x, y: row.y, width: column.width)
            let face = column.index == 0 ? nameFace(condition, word.face) : word.face
            screen.put(word.text, isCursor ? face.onCursor : face, in: field, fit: table.columns[column.index].fit)
        }
        if isStale { screen.paint(row, .stale) }
        // What belongs to the selected one has its bar only: a ground over whole rows would cost a slow line dearly.
        if isCursor {
            screen.lay(row, on: .cursor)
        } else if isMarked {
            screen.lay(row, on: .marked)
        } else if isLinked {
            screen.lay(Rect(x: row.x, y: row.y, width: (columns.first?.width ?? 0) + 3), on: .linked)
        }
    }

    private func nameFace(_ condition: Condition, _ face: Face) -> Face {
        condition == .critical ? .critical : condition == .idle ? .dim : face
    }

    /// What an empty pane says: never nothing.
    private func emptiness(_ pane: PaneID) -> String {
        let state = panes[pane.rawValue]
        if !state.filter.isEmpty || state.isOnlyBad {
            return state.isOnlyBad ? "nothing needs attention" : "nothing matches '\(state.filter.text)'"
        }
        if !scopes.isEmpty { return "none in \(breadcrumb)" }
        let unheard = facts.inventory.sources.values.filter { $0.answeredAt == nil }
        if facts.inventory.sources.isEmpty || unheard.count == facts.inventory.sources.count {
            let why = unheard.compactMap(\.why).sorted().first.map { ": \($0)" } ?? ""
            return "no data yet\(why)"
        }
        return Pane.of(pane).emptiness
    }

    var breadcrumb: String { scopes.map { facts.name(of: $0) }.joined(separator: " › ") }

    private func drawTitle(_ pane: PaneID, in rect: Rect, on screen: inout Screen) {
        let state = panes[pane.rawValue]
        let face: Face = pane == focus ? .titleFocused : .title
        let all = indexes[pane.rawValue].count
        let count = state.rows.count == all ? "\(all)" : "\(state.rows.count)/\(all)"
        var line = [Word(" \(pane.number) \(Pane.of(pane).title) \(count)", face)]
        if !scopes.isEmpty {
            line.append(Word(" · \(breadcrumb)", .accent))
        } else if pane == .units, state.filter.isEmpty, !state.isOnlyBad {
            line.append(Word(" · all", .dim))
        }
        if !state.filter.isEmpty { line.append(Word(" · /\(state.filter.text)", .match)) }
        if state.isOnlyBad { line.append(Word(" · only bad", .match)) }
        if let column = state.sortColumn { line.append(Word(" · by \(Pane.of(pane).columns[column].title)", .accent)) }
        if !state.marks.isEmpty { line.append(Word(" · \(state.marks.count) marked", .accent)) }
        line.append(Word(" "))
        let right = titleNotes(pane)
        let rightWidth = right.reduce(0) { $0 + Screen.columns(of: $1.text) }
        let room = rect.width - 3
        screen.put(line, in: Rect(x: rect.x + 1, y: rect.y, width: room))
        let used = line.reduce(0) { $0 + Screen.columns(of: $1.text) }
        if used + rightWidth < room {
            screen.put(right, in: Rect(x: rect.maxX - 1 - rightWidth, y: rect.y, width: rightWidth))
        }
    }

    /// What stands at the right of a title: rows above that are bad, and sources that are silent.
    private func titleNotes(_ pane: PaneID) -> Line {
        var line: Line = []
        let state = panes[pane.rawValue]
        let above = state.rows.prefix(state.top).prefix(1_000).count {
            indexes[pane.rawValue].conditions[Int($0)] == .critical
        }
        if above > 0 { line.append(Word(" ↑\(above)✖ ", .critical)) }
        if let (source, freshness) = silentSource(pane), let since = freshness.silentSince {
            line.append(
                Word(
                    " \(source) silent \(facts.now.since(since).brief)\(freshness.why.map { ": \($0)" } ?? "") ",
                    .warning))
        }
        return line
    }

    /// The first silent source that a pane's rows come from.
    private func silentSource(_ pane: PaneID) -> (SourceID, Inventory.Freshness)? {
        let ids: [SourceID] =
            switch pane {
            case .servers, .vms: facts.inventory.clouds.keys.sorted().map { .cloud($0) }
            case .clusters, .units: facts.inventory.clusters.keys.sorted().map { .cluster($0) }
            }
        for id in ids {
            if let freshness = facts.inventory.sources[id], freshness.silentSince != nil { return (id, freshness) }
        }
        return nil
    }
}

extension Screen {
    /// Writes words one behind the other, cut at the field's end.
    mutating func put(_ line: Line, in field: Rect) {
        var x = field.x
        for word in line {
            if x >= field.maxX { return }
            x += put(word.text, word.face, in: Rect(x: x, y: field.y, width: field.maxX - x))
        }
    }
}

extension Face {
    /// On the cursor's ground only what warns keeps its colour: calmer, and fewer bytes a key.
    fileprivate var onCursor: Face {
        switch self {
        case .good, .warning, .critical, .changing, .stale: self
        case .text, .dim, .title, .titleFocused, .border, .borderFocused, .header, .accent, .hint, .hintKey, .input,
            .match, .graph, .clusterA, .clusterB, .clusterC, .clusterD, .clusterE, .clusterF, .status, .banner,
            .dialog, .cursor, .cursorUnfocused, .marked, .linked:
            .text
        }
    }
}
