import Model
import Screen

extension Console {
    /// The events view: everything that changed, newest first.
    func drawEventList(in rect: Rect, on screen: inout Screen) {
        let shown = shownEvents
        var title = [Word(" Events \(shown.count)", .titleFocused)]
        if !scopes.isEmpty { title.append(Word(" · \(breadcrumb)", .accent)) }
        if !lists.eventFilter.isEmpty { title.append(Word(" · /\(lists.eventFilter.text)", .match)) }
        drawList(
            title + [Word(" ")], cursor: lists.place(in: shown), count: shown.count, empty: "nothing happened yet",
            in: rect,
            on: &screen
        ) { eventLine(shown[$0]) }
    }

    /// The orders view: what was asked, newest first, and what became of it.
    func drawOrderList(in rect: Rect, on screen: inout Screen) {
        let orders = shownOrders
        let growths = past == nil ? growths : []
        let inner = rect.inset()
        let underWay = (drainProgress.map { [$0] } ?? []) + growths.suffix(3).map { progress($0) }
        let (top, rest) = rect.splitRows(top: underWay.count)
        for (offset, line) in underWay.enumerated() {
            screen.put(line, in: Rect(x: inner.x, y: top.y + offset, width: inner.width))
        }
        drawList(
            [Word(" Orders \(orders.count) ", .titleFocused)], cursor: lists.place(in: orders), count: orders.count,
            empty: "nothing was asked yet", in: rest, on: &screen
        ) { index in
            let record = orders[orders.count - 1 - index]
            let took = record.endedAt.map { $0.since(record.askedAt) } ?? facts.now.since(record.askedAt)
            return [
                Word("\(record.askedAt.timeOfDay) ", .dim), Word(padded(record.state.text, 10), record.state.face),
                Word(padded(took.exact, 7), .dim), Word(padded(record.phrase, 34) + " ", .accent),
                Word(record.outcome?.text ?? "", record.state.face),
            ]
        }
    }

    // A list's parts are all needed to draw it, and only here.
    private func drawList(
        _ title: Line, cursor: Int, count: Int, empty: String, in rect: Rect, on screen: inout Screen,
        line: (Int) -> Line
    ) {
        screen.frame(rect, .borderFocused)
        screen.put(title, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 3))
        let inner = rect.inset()
        if count == 0 {
            screen.put(empty, .dim, in: Rect(x: inner.x + 1, y: inner.y, width: inner.width - 2))
            return
        }
        let top = max(0, min(cursor - inner.height / 2, count - inner.height))
        for offset in 0..<inner.height where top + offset < count {
            let row = inner.row(offset)
            screen.put(line(top + offset), in: Rect(x: row.x + 1, y: row.y, width: row.width - 2))
            screen.zone(row, .row(top + offset))
            if top + offset == cursor { screen.lay(row, on: .cursor) }
        }
    }

    /// The place that help was asked from.
    private var helpedMode: Command.Mode {
        var below = self
        below.places = Array(places.dropLast())
        if below.places.isEmpty { below.places = [.deck] }
        return below.mode
    }

    /// Help's lines for the place at hand, in as many columns as fit.
    var helpLines: [Line] {
        let mode = helpedMode
        var below = self
        below.places = Array(places.dropLast())
        let width = max(30, size.width - 4)
        let columns = max(1, width / 62)
        let columnWidth = width / columns
        var entries: [Line] = []
        for group in Command.Group.allCases where group != .answer {
            let commands = table.filter {
                $0.group == group && $0.modes.contains(mode) && !($0.isChange && setup.isReadOnly) && !$0.keys.isEmpty
            }
            if commands.isEmpty { continue }
            let note = group == .act ? lock.map { " – \($0)" } ?? "" : ""
            entries.append([Word(group.rawValue.uppercased(), .title), Word(note, .warning)])
            entries += commands.map { below.helpLine($0, columnWidth) }
            entries.append([])
        }
        entries += marksLegend
        let rows = (entries.count + columns - 1) / columns
        return (0..<rows).map { row in
            (0..<columns).flatMap { column -> Line in
                let index = column * rows + row
                guard entries.indices.contains(index) else { return [] }
                return filled(entries[index], columnWidth)
            }
        }
    }

    private func helpLine(_ command: Command, _ width: Int) -> Line {
        var why: String?
        if case .no(let reason) = command.availability(self) { why = reason }
        if why == nil, command.isChange { why = roleRefusal }
        let isDim = why != nil || (command.isChange && lock != nil)
        let keys = padded(command.keyNames, 11) + " "
        let help = why.map { "\(command.help) – \($0)" } ?? command.help
        return [Word(keys, isDim ? .dim : .hintKey), Word(help, isDim ? .dim : .text)]
    }

    private var marksLegend: [Line] {
        [
            [Word("MARKS", .title)],
            Condition.allCases.filter { $0 < .good }.map { Word("\($0.mark) \($0)  ", $0.face) },
            [
                Word("? ", .stale), Word("old: its source is silent   "), Word("▌", .borderFocused),
                Word(" belongs to the selected"),
            ],
        ]
    }

    /// A line of exactly so many columns.
    private func filled(_ line: Line, _ width: Int) -> Line {
        var room = width - 2
        var result: Line = []
        for word in line {
            let length = Screen.columns(of: word.text)
            if length <= room {
                result.append(word)
                room -= length
            } else {
                result.append(Word(String(word.text.prefix(max(0, room - 1))) + "…", word.face))
                room = 0
                break
            }
        }
        return result + [Word(String(repeating: " ", count: room + 2))]
    }

    func drawHelp(in rect: Rect, on screen: inout Screen) {
        screen.frame(rect, .borderFocused)
        screen.put(" Help: the keys here ", .titleFocused, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 3))
        let inner = rect.inset()
        let lines = helpLines
        for (offset, line) in lines.dropFirst(lists.help).prefix(inner.height).enumerated() {
            screen.put(line, in: Rect(x: inner.x + 1, y: inner.y + offset, width: inner.width - 2))
        }
        drawPosition(
            lists.help, lines.count, Rect(x: rect.x, y: rect.y, width: rect.width - 1), inner.height, on: &screen)
    }
}
