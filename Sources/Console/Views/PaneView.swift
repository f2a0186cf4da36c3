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
            drawMissing(pane, below: 3, in: inner, on: &screen)
            return
        }
        let columns = chosenColumns(pane, width: inner.width)
        drawHeader(table, columns, in: inner.row(0), sortedBy: state, on: &screen)
        for offset in 0..<max(0, inner.height - 1) {
            let row = state.top + offset
            guard row < state.rows.count else { break }
            let place = Int(state.rows[row])
            draw(
                indexes[pane.rawValue].subjects[place], indexes[pane.rawValue].conditions[place], pane, columns,
                isCursor: row == state.position && isFocused, links: links, in: inner.row(offset + 1), on: &screen)
        }
        drawMissing(pane, below: state.rows.count - state.top + 2, in: inner, on: &screen)
    }

    /// The column whose title stands at a place of the header.
    func columnIndex(of pane: PaneID, at x: Int, width: Int) -> Int? {
        chosenColumns(pane, width: width).last { x >= $0.x }?.index
    }

    private func drawHeader(
        _ table: Pane, _ columns: [ChosenColumn], in row: Rect, sortedBy state: PaneState, on screen: inout Screen
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
        _ subject: Subject, _ condition: Condition, _ pane: PaneID, _ columns: [ChosenColumn], isCursor: Bool,
        links: Links,
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
            screen.put(
                text(word, in: column, table), isCursor && column.index == 0 ? face.onCursor : face, in: field,
                fit: table.columns[column.index].fit)
        }
        if isStale { screen.paint(row, .stale) }
        // A ground over whole rows would make every key rewrite two of them: a slow line pays dearly for that.
        let head = Rect(x: row.x, y: row.y, width: (columns.first?.width ?? 0) + 3)
        if isCursor { screen.lay(head, on: .cursor) } else if isMarked { screen.lay(head, on: .marked) }
    }

    /// A word as its column has room for it: names without their ending where whole ones have none.
    private func text(_ word: Word, in column: ChosenColumn, _ table: Pane) -> String {
        let ending = table.columns[column.index].ending
        guard column.isShort, word.text.hasSuffix(ending) else { return word.text }
        return String(word.text.dropLast(ending.count))
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
        let sources = facts.inventory.sources
        let mute = sources.sorted { $0.key < $1.key }.filter {
            $0.value.answeredAt == nil || $0.value.silentSince != nil
        }
        if sources.isEmpty { return "no data yet" }
        if mute.count == sources.count {
            let silent = mute.first { $0.value.why != nil }
            return "no data yet" + (silent.map { ": \($0.key): \($0.value.why ?? "")" } ?? "")
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

    /// What stands at the right of a title: rows above that somebody should look at, and sources that are silent.
    private func titleNotes(_ pane: PaneID) -> Line {
        var line: Line = []
        let state = panes[pane.rawValue]
        var above = UnitCounts()
        for row in state.rows.prefix(min(state.top, 1_000)) { above[indexes[pane.rawValue].conditions[Int(row)]] += 1 }
        for condition in Condition.allCases where condition.isBad && above[condition] > 0 {
            line.append(Word("\(line.isEmpty ? " ↑" : "")\(above[condition])\(condition.mark) ", condition.face))
        }
        if let (source, since, why) = silentSource(pane) {
            line.append(
                Word(" \(source) silent \(facts.now.since(since).brief)\(why.map { ": \($0)" } ?? "") ", .warning))
        }
        return line
    }

    /// The first silent source that a pane's rows come from.
    private func silentSource(_ pane: PaneID) -> (SourceID, since: Timestamp, why: String?)? {
        let ids: [SourceID] =
            switch pane {
            case .servers, .vms: facts.inventory.clouds.keys.sorted().map { .cloud($0) }
            case .clusters, .units: facts.inventory.clusters.keys.sorted().map { .cluster($0) }
            }
        for id in ids {
            if let silence = facts.silence(of: id) { return (id, silence.since, silence.why) }
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
            let start = x
            defer {
                if let key = word.press { zone(Rect(x: start, y: field.y, width: x - start), .key(key)) }
            }
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
            .match, .graph, .clusterA, .clusterB, .clusterC, .clusterD, .clusterE, .clusterF, .status, .banner, .past,
            .dialog, .cursor, .cursorUnfocused, .marked, .linked:
            .text
        }
    }
}
