import Model
import Screen

extension Console {
    /// An object's details: its chain as the title, its facts, and one of its parts.
    func drawDetails(of subject: Subject, in rect: Rect, on screen: inout Screen) {
        screen.frame(rect, .borderFocused)
        screen.put(chain(subject), in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 3))
        let inner = rect.inset()
        var y = inner.y
        let shown = shownFacts(of: subject, height: inner.height)
        for (label, words) in shown {
            screen.put(label, .header, in: Rect(x: inner.x + 1, y: y, width: 9))
            screen.put(words, in: Rect(x: inner.x + 11, y: y, width: inner.width - 12))
            y += 1
        }
        if shown.count > 1 { y += 1 }
        let head = Rect(x: inner.x, y: y, width: inner.width)
        let body = Rect(x: inner.x, y: y + 1, width: inner.width, height: inner.maxY - y - 1)
        drawTabs(subject, in: head, on: &screen)
        if details.tab == .log {
            drawLog(subject, head, in: body, on: &screen)
        } else {
            let lines = lines(of: details.tab, subject)
            for (offset, line) in lines.dropFirst(details.top).prefix(body.height).enumerated() {
                screen.put(line, in: Rect(x: body.x + 1, y: body.y + offset, width: body.width - 2))
            }
            drawPosition(details.top, lines.count, head, body.height, on: &screen)
        }
        if facts.isStale(subject) { screen.paint(inner, .stale) }
    }

    /// From the object down to what carries it.
    private func chain(_ subject: Subject) -> Line {
        var line = [Word(" \(facts.name(of: subject))", .titleFocused)]
        switch subject {
        case .unit(let key):
            line.append(Word(" · \(facts.name(of: .cluster(key.cluster)))", facts.face(of: key.cluster)))
            for id in facts.machines(of: key).prefix(1) {
                line.append(Word(" › \(facts.inventory.name(of: id, in: key.cluster))"))
                if let machine = facts.inventory.clusters[key.cluster]?.machines[id],
                    let server = facts.inventory.server(of: machine)
                {
                    line.append(Word(" › \(server.name)"))
                }
            }
        case .vm(let id):
            if let server = facts.inventory.vm(id)?.server {
                line.append(Word(" › \(facts.name(of: .server(server)))"))
            }
        case .server, .cluster, .machine, .cloud, .source: line.append(Word(" · \(Facts.kind(of: subject))", .dim))
        }
        return line + [Word(" ")]
    }

    private func drawTabs(_ subject: Subject, in row: Rect, on screen: inout Screen) {
        screen.fill(row, with: "─", .border)
        var x = row.x + 1
        for tab in DetailsState.tabs(of: subject) {
            let isShown = tab == details.tab
            let text = isShown ? "[\(tab.rawValue)]" : " \(tab.rawValue) "
            x += screen.put(text, isShown ? .titleFocused : .dim, in: Rect(x: x, y: row.y, width: row.maxX - x)) + 1
        }
    }

    /// Where the part stands, at the right of its head.
    func drawPosition(_ top: Int, _ count: Int, _ row: Rect, _ height: Int, on screen: inout Screen) {
        guard count > height else { return }
        let text = " \(top + 1)–\(min(count, top + height)) of \(count) "
        screen.put(text, .dim, in: Rect(x: row.maxX - 26, y: row.y, width: 25), fit: .right)
    }

    private func drawLog(_ subject: Subject, _ head: Rect, in rect: Rect, on screen: inout Screen) {
        guard let log else {
            let text = canFollowLog == .yes ? "no log is followed" : "it is on no machine, so it has no log"
            screen.put(text, .dim, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
            return
        }
        drawLogHead(log, head, on: &screen)
        if log.lines.isEmpty {
            let text = log.ending ?? "waiting for the log of \(log.request.unit.name)"
            screen.put(
                text, log.ending == nil ? .dim : .warning, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
            return
        }
        let room = rect.height - (log.ending == nil ? 0 : 1)
        let rows = logRows(log, width: rect.width - 2, height: room)
        for (offset, row) in rows.enumerated() {
            screen.put(row, in: Rect(x: rect.x + 1, y: rect.y + offset, width: rect.width - 2))
            if !log.search.isEmpty {
                highlight(
                    log.search, in: Rect(x: rect.x + 1, y: rect.y + offset, width: rect.width - 2), row, on: &screen)
            }
        }
        if let ending = log.ending {
            screen.put(
                "– \(ending)", .warning,
                in: Rect(x: rect.x + 1, y: rect.y + min(rows.count, room), width: rect.width - 2))
        }
    }

    private func drawLogHead(_ log: LogState, _ row: Rect, on screen: inout Screen) {
        let shown = log.lines.suffix(2_000)
        let errors = shown.count { $0.level <= .error }
        let warnings = shown.count { $0.level == .warning }
        var line: Line = []
        if errors > 0 { line.append(Word(" \(errors) errors", .critical)) }
        if warnings > 0 { line.append(Word(" \(warnings) warnings", .warning)) }
        line.append(
            Word(log.follows ? " FOLLOW" : " \(log.top + 1) of \(log.lines.count)", log.follows ? .good : .accent))
        if log.wraps { line.append(Word(" wrap", .dim)) }
        if !log.search.isEmpty { line.append(Word(" /\(log.search)", .match)) }
        line.append(Word(" "))
        let width = line.reduce(0) { $0 + Screen.columns(of: $1.text) }
        screen.put(line, in: Rect(x: row.maxX - 1 - width, y: row.y, width: width))
    }

    /// The rows of the log that fill the height; wrapped lines take several.
    private func logRows(_ log: LogState, width: Int, height: Int) -> [Line] {
        guard height > 0, width > 12 else { return [] }
        if log.follows {
            var rows: [Line] = []
            for line in log.lines.suffix(height).reversed() where rows.count < height {
                rows.insert(contentsOf: self.rows(line, log.wraps, width), at: 0)
            }
            return Array(rows.suffix(height))
        }
        var rows: [Line] = []
        for line in log.lines.dropFirst(log.top).prefix(height) where rows.count < height {
            rows += self.rows(line, log.wraps, width)
        }
        return Array(rows.prefix(height))
    }

    private func rows(_ line: LogLine, _ wraps: Bool, _ width: Int) -> [Line] {
        let head = [Word(line.at.timeOfDay, .dim), Word(" \(line.level.letter) ", line.level.face)]
        let room = width - 11
        guard wraps, Screen.columns(of: line.text) > room else { return [head + [Word(line.text, line.level.face)]] }
        var rows: [Line] = []
        var rest = Substring(line.text)
        while !rest.isEmpty {
            let part = rest.prefix(room)
            rows.append((rows.isEmpty ? head : [Word("           ")]) + [Word(String(part), line.level.face)])
            rest = rest.dropFirst(part.count)
        }
        return rows
    }

    private func highlight(_ word: String, in rect: Rect, _ row: Line, on screen: inout Screen) {
        let text = row.map(\.text).joined()
        let found = text.lowercased().utf8.count == text.utf8.count ? text.lowercased() : text
        var start = found.startIndex
        while !word.isEmpty, let range = found[start...].firstRange(of: word.lowercased()) {
            let x = Screen.columns(of: String(found[..<range.lowerBound]))
            screen.paint(Rect(x: rect.x + x, y: rect.y, width: Screen.columns(of: word)).clipped(to: rect), .match)
            start = range.upperBound
        }
    }
}
