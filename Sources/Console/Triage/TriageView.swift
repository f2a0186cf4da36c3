import Model
import Screen
import Triage

/// One part below triage's list: a title and its lines.
private struct Section {
    let title: String
    let lines: [Line]
    /// Lines that it should have at least where there is any room.
    var least = 1
}

extension Console {
    /// Triage: what is wrong by cause, and of the selected problem what was heard, what changed, and what helps.
    func drawTriage(in rect: Rect, on screen: inout Screen) {
        guard rect.height > 0 else { return }
        drawTriageTitle(in: rect.row(0), on: &screen)
        let rows = triageRows(rect.height)
        let list = Rect(x: rect.x, y: rect.y + 1, width: rect.width, height: rows)
        drawProblems(in: list, on: &screen)
        guard let problem = triage.selected else { return }
        let rest = Rect(x: rect.x, y: list.maxY, width: rect.width, height: rect.maxY - list.maxY)
        if rect.width >= 140 {
            let (left, right) = rest.splitColumns(left: rect.width / 2)
            draw([about(problem, left.width), helping(problem, left.width)], in: left, on: &screen)
            draw([before(problem), timeline(problem, right.width)], in: right, on: &screen)
        } else {
            let all = [
                about(problem, rest.width), before(problem), helping(problem, rest.width),
                timeline(problem, rest.width),
            ]
            draw(all, in: rest, on: &screen)
        }
    }

    /// Rows of the list: as many as there are problems, up to about the half.
    func triageRows(_ height: Int) -> Int {
        let room = max(1, height - 1)
        let most = height < 14 ? max(1, room - 4) : max(4, room * 45 / 100)
        return min(max(1, triage.rows.count), most)
    }

    private func drawTriageTitle(in row: Rect, on screen: inout Screen) {
        screen.fill(row, with: "─", .border)
        var line = [Word(" Triage", .titleFocused)]
        for severity in Problem.Severity.allCases {
            let number = triage.judged.count(severity)
            guard number > 0 else { continue }
            let word = severity == .warning && number != 1 ? "warnings" : severity.word
            line.append(Word("  \(severity.condition.mark) \(number) \(word)", severity.condition.face))
        }
        let acknowledged = triage.rows.count { triage.acknowledged[$0.key] != nil }
        if acknowledged > 0 { line.append(Word("  = \(acknowledged) acknowledged", .dim)) }
        if let silent = facts.silences.first {
            line.append(Word("  ? \(silent.source) SILENT \(facts.now.since(silent.since).brief)", .stale))
        }
        screen.put(line + [Word(" ")], in: Rect(x: row.x + 1, y: row.y, width: row.width - 2))
        drawPosition(triage.top, triage.rows.count, row, triage.height, on: &screen)
    }

    private func drawProblems(in rect: Rect, on screen: inout Screen) {
        guard !triage.rows.isEmpty else {
            let (text, face) = wellness
            screen.put(text, face, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
            return
        }
        for offset in 0..<rect.height where triage.top + offset < triage.rows.count {
            let row = rect.row(offset)
            let problem = triage.rows[triage.top + offset]
            draw(problem, in: row, on: &screen)
            screen.zone(row, .row(triage.top + offset))
            if triage.top + offset == triage.position { screen.lay(row, on: .cursor) }
        }
    }

    /// What to say when nothing is wrong: that, or that too little is known to say it.
    private var wellness: (String, Face) {
        let sources = facts.inventory.sources
        let unheard = sources.filter { $0.value.answeredAt == nil && $0.value.silentSince == nil }.keys.sorted()
        if unheard.count == sources.count { return ("nothing is known yet", .dim) }
        guard let first = unheard.first else { return ("nothing is wrong", .good) }
        let more = unheard.count > 1 ? " and \(unheard.count - 1) more" : ""
        return ("nothing is wrong in what is known; nothing was heard of \(first)\(more) yet", .changing)
    }

    private func draw(_ problem: Problem, in row: Rect, on screen: inout Screen) {
        let isWide = row.width >= 160
        let touchesWidth = row.width < 60 ? 0 : isWide ? 34 : 15
        let likelyWidth = row.width < 60 ? 0 : isWide ? 30 : 16
        let known = triage.acknowledgement(of: problem)
        let face = known == nil ? problem.severity.condition.face : .dim
        let mark = known == nil ? problem.severity.condition.mark : "="
        let left = row.width - touchesWidth - likelyWidth - 8
        let age = problem.asOf == nil ? "" : "? "
        let line = [
            Word(" \(mark) ", face), Word(problem.isSymptom ? "└ " : ""), Word(age, .stale),
            Word(problem.name.isEmpty ? "" : "\(problem.name) ", face), Word(problem.what, known == nil ? .text : .dim),
        ]
        screen.put(line, in: Rect(x: row.x, y: row.y, width: left))
        let since = problem.since.map { facts.now.since($0).brief } ?? "–"
        screen.put(since, .dim, in: Rect(x: row.x + left, y: row.y, width: 6), fit: .right)
        let x = row.x + left + 8
        let touches = isWide ? problem.touches.words : problem.touches.brief
        screen.put(touches, in: Rect(x: x, y: row.y, width: max(0, touchesWidth - 1)))
        let likely = known.map { Word("= \($0.until.since(clock).brief) left", .dim) } ?? self.likely(problem)
        screen.put(
            likely.text, likely.face, in: Rect(x: x + touchesWidth, y: row.y, width: max(0, likelyWidth - 1)),
            fit: .middle)
    }

    /// What is thought to be behind it, in a word or two.
    private func likely(_ problem: Problem) -> Word {
        switch problem.cause {
        case .root(let count): Word("cause of \(count)", .accent)
        case .because(let key, _): Word("← \(triage.judged[key].map { Triage.short($0) } ?? "")", .dim)
        case .unsure: Word("unsure")
        case .separate: Word("separate", .dim)
        case .asked: Word("asked for", .changing)
        }
    }

    private func draw(_ sections: [Section], in rect: Rect, on screen: inout Screen) {
        let heights = Self.heights(sections, rect.height)
        var y = rect.y
        for (section, height) in zip(sections, heights) where height > 0 {
            let head = Rect(x: rect.x, y: y, width: rect.width)
            screen.fill(head, with: "─", .border)
            screen.put(" \(section.title) ", .title, in: Rect(x: rect.x + 1, y: y, width: rect.width - 2))
            for (offset, line) in section.lines.prefix(height - 1).enumerated() {
                screen.put(line, in: Rect(x: rect.x + 1, y: y + 1 + offset, width: rect.width - 2))
            }
            y += height
        }
    }

    /// How many rows each section gets, its title included: the first ones first, none without a line.
    private static func heights(_ sections: [Section], _ room: Int) -> [Int] {
        var heights = sections.map { _ in 0 }
        var rest = room
        for (index, section) in sections.enumerated() where !section.lines.isEmpty {
            let wanted = min(rest, 1 + min(section.least, section.lines.count))
            guard wanted > 1 else { continue }
            heights[index] = wanted
            rest -= wanted
        }
        for (index, section) in sections.enumerated() where heights[index] > 0 {
            let more = min(rest, section.lines.count + 1 - heights[index])
            heights[index] += more
            rest -= more
        }
        return heights
    }

    private func about(_ problem: Problem, _ width: Int) -> Section {
        var lines: [Line] = Self.wrapped(problem.sentence, width - 2).map {
            [Word($0, problem.severity.condition.face)]
        }
        lines += Self.wrapped(triage.judged.causeWords(problem), width - 2).map { [Word($0, .accent)] }
        if let asOf = problem.asOf {
            let age = facts.now.since(asOf).brief
            lines.append([
                Word("? its source is silent: this was known \(age) ago, and may be otherwise by now", .stale)
            ])
        }
        let heads = lines.count
        lines += problem.evidence.map { evidenceLine($0) }
        return Section(title: "selected: \(Triage.short(problem))", lines: lines, least: heads + 2)
    }

    private func evidenceLine(_ one: Problem.Evidence) -> Line {
        let when = one.at.map { "\($0.timeOfDay) \(padded(facts.now.since($0).brief, 4))" } ?? "             "
        return [Word(when + " ", .dim), Word("\(one.from): ", .header), Word(one.text)]
    }

    private func before(_ problem: Problem) -> Section {
        let changes = triage.judged.before(problem, in: facts.inventory, limit: 12)
        let lines = changes.map { evidenceLine($0) }
        return Section(
            title: "what changed before",
            lines: lines.isEmpty ? [[Word("nothing that is known, in the five minutes before", .dim)]] : lines, least: 2
        )
    }

    /// The keys that help, those that cannot be used now with the reason.
    private func helping(_ problem: Problem, _ width: Int) -> Section {
        let commands = problem.helps.compactMap { name in
            table.first { $0.name == name && $0.modes.contains(.triage) }
        }
        let more = [Command.handOver, table.first { $0.name == "acknowledge" }].compactMap { $0 }
        var lines: [Line] = [[]]
        var room = width - 2
        var isLocked = false
        for command in commands + more.filter({ !commands.map(\.name).contains($0.name) }) {
            if command.isChange, setup.isReadOnly { continue }
            var why = ""
            if case .no(let reason) = command.availability(self) { why = " (\(reason))" }
            let isOff = !why.isEmpty || (command.isChange && lock != nil)
            isLocked = isLocked || (command.isChange && lock != nil)
            let own = self.key(of: command)
            let key = own.isEmpty ? ":\(command.name)" : own
            let label = own.isEmpty ? "" : " \(command.hint ?? command.name)"
            let words = [Word(key, isOff ? .dim : .hintKey), Word(label + why + "   ", isOff ? .dim : .hint)]
            let length = words.reduce(0) { $0 + Screen.columns(of: $1.text) }
            if length > room, !lines[lines.count - 1].isEmpty {
                lines.append([])
                room = width - 2
            }
            lines[lines.count - 1] += words
            room -= length
        }
        let note = isLocked ? lock.map { " · \($0)" } ?? "" : ""
        return Section(title: "keys that help\(note)", lines: lines, least: 2)
    }

    /// The last fifteen minutes, half a minute a column: how much happened, and to whom.
    private func timeline(_ problem: Problem, _ width: Int) -> Section {
        guard width >= 60 else { return Section(title: "", lines: []) }
        let timeline = triage.judged.timeline(of: problem, in: facts.inventory)
        let faces: [Face] = [.critical, .warning, .changing, .accent]
        let lines = timeline.rows.enumerated().map { index, row -> Line in
            let name = padded(Self.shortened(row.name, 20), 21)
            let marks = row.counts.map { $0 == 0 ? "·" : $0 > 9 ? "#" : "\($0)" }.joined()
            let sum = row.counts.reduce(0, +)
            return [Word(name, .dim), Word(marks, faces[min(index, 3)]), Word("  \(sum)", .dim)]
        }
        return Section(title: "last 15 minutes, 30 s a column, now at the right", lines: lines, least: 4)
    }
}

extension Problem.Touches {
    /// `7VM 3cl 22un`.
    var brief: String {
        [(vms, "VM"), (machines, "mc"), (clusters, "cl"), (units, "un")].filter { $0.0 > 0 }
            .map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
