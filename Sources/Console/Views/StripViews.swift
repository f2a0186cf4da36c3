import Model
import Screen
import Triage

extension Console {
    /// The first line: context, counts with marks, revision and age, lock.
    func drawStatus(in rect: Rect, on screen: inout Screen) {
        guard rect.height > 0 else { return }
        if let line = pastLine {
            screen.put(line, in: rect)
            screen.lay(rect, on: .banner)
            return
        }
        let right = statusRight(width: rect.width)
        let rightWidth = right.reduce(0) { $0 + Screen.columns(of: $1.text) }
        screen.put(statusLeft(width: rect.width), in: Rect(x: rect.x, y: rect.y, width: rect.width - rightWidth - 1))
        screen.put(right, in: Rect(x: rect.maxX - rightWidth, y: rect.y, width: rightWidth))
        screen.lay(rect, on: .status)
    }

    private func statusLeft(width: Int) -> Line {
        let isNarrow = width < 116
        var line =
            [Word(isNarrow ? " " : " \(setup.program) · ", .dim), Word(setup.context, .titleFocused)] + tabs(isNarrow)
        var groups: [(String, String, [(Condition, Int)])] = [
            ("server", "srv", counts(.servers)), ("VM", "VM", counts(.vms)), ("cluster", "cl", counts(.clusters)),
            ("unit", "un", unitCounts),
        ]
        if width < 60 { groups.reverse() }
        for (word, short, counts) in groups {
            let all = counts.reduce(0) { $0 + $1.1 }
            line.append(Word(isNarrow ? "  " : "   "))
            line.append(Word("\(all) " + (isNarrow ? short : all == 1 ? word : word + "s")))
            for (condition, count) in counts where count > 0 && condition != .idle {
                line.append(Word(" \(condition.countMark)\(count)", condition.face))
            }
        }
        return line
    }

    /// Which of the contexts this is, where there are several.
    private func tabs(_ isNarrow: Bool) -> Line {
        guard let at = setup.contexts.firstIndex(of: setup.context), setup.contexts.count > 1 else { return [] }
        if isNarrow { return [Word(" \(at + 1)/\(setup.contexts.count)", .dim)] }
        let others = setup.contexts.filter { $0 != setup.context }
        return [Word(" \(key(of: Command.previousContext)) \(others.joined(separator: " ")) ", .dim)]
    }

    private func counts(_ pane: PaneID) -> [(Condition, Int)] {
        var counts = UnitCounts()
        for condition in indexes[pane.rawValue].conditions { counts[condition] += 1 }
        return ([.good] + Condition.allCases.filter { $0 != .good }).map { ($0, counts[$0]) }
    }

    private var unitCounts: [(Condition, Int)] {
        var counts = UnitCounts()
        for one in facts.counts.values { counts.add(one) }
        return ([.good] + Condition.allCases.filter { $0 != .good }).map { ($0, counts[$0]) }
    }

    private func statusRight(width: Int) -> Line {
        var line: Line = []
        let silent = facts.silences
        if let (source, since, _) = silent.first {
            let more = silent.count > 1 ? " +\(silent.count - 1)" : ""
            line.append(Word(" \(source)\(more) SILENT \(facts.now.since(since).brief) ", .critical))
        } else if width >= 100 {
            line += freshness
        }
        if let cluster, roleRefusal([cluster]) != nil { line.append(Word(" [role: looks]", .warning)) }
        if let link {
            line.append(Word(" · line \(link < 1_000 ? "\(link) ms" : Duration.milliseconds(link).exact)", .warning))
        }
        if setup.isReadOnly {
            line.append(Word(" [read-only]", .warning))
        } else if setup.startsLocked {
            let left = unlockedUntil.map { max(0, $0.since(facts.now).milliseconds / 60_000 + 1) }
            line.append(left.map { Word(" [unlocked \($0)m]", .warning) } ?? Word(" [locked]", .accent))
        }
        line.append(Word(" "))
        return line
    }

    /// The revision of the cluster at hand, and how old the oldest knowledge is.
    private var freshness: Line {
        let ages = facts.inventory.sources.values.map { $0.age(at: facts.now) }
        if ages.isEmpty || ages.contains(where: { $0 == nil }) { return [Word(" waiting for data", .changing)] }
        var line: Line = []
        if let cluster = cluster ?? facts.inventory.clusters.keys.min(), let part = facts.inventory.clusters[cluster] {
            line.append(Word(" \(part.cluster.name)", facts.face(of: cluster)))
            if part.cluster.kind == .own { line.append(Word(" rev \(part.revision)", .dim)) }
        }
        let oldest = ages.compactMap { $0 }.max() ?? .zero
        let isFresh = oldest < .seconds(15)
        line.append(Word(isFresh ? " · live" : " · \(oldest.brief) old", isFresh ? .good : .warning))
        return line
    }

    /// The newest events, below a growing cluster's progress.
    func drawEvents(in rect: Rect, on screen: inout Screen) {
        screen.fill(rect.row(0), with: "─", .border)
        let title = lists.eventFilter.isEmpty ? " Events " : " Events · /\(lists.eventFilter.text) "
        screen.put([Word(title, .title)], in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
        var lines =
            past == nil
            ? (drainProgress.map { [$0] } ?? []) + growths.suffix(2).map { progress($0) } : []
        lines += recentEvents(rect.height - 1 - lines.count).map { eventLine($0) }
        if lines.isEmpty { lines = [[Word("nothing happened yet", .dim)]] }
        for (offset, line) in lines.prefix(rect.height - 1).enumerated() {
            screen.put(line, in: Rect(x: rect.x + 1, y: rect.y + 1 + offset, width: rect.width - 2))
        }
    }

    /// What needs attention, worst first, as much as fits.
    func drawAttention(in rect: Rect, on screen: inout Screen) {
        var x = rect.x + 1
        var y = rect.y
        let problems = self.problems(rect.height * 8)
        if problems.isEmpty {
            let isKnown = facts.inventory.sources.values.contains { $0.answeredAt != nil }
            screen.put(isKnown ? "nothing needs attention" : "", .dim, in: Rect(x: x, y: y, width: rect.width - 2))
        }
        for (index, problem) in problems.enumerated() {
            let width = problem.reduce(0) { $0 + Screen.columns(of: $1.text) }
            if x > rect.x + 1, x + width > rect.maxX - 1 {
                x = rect.x + 1
                y += 1
                if y >= rect.maxY {
                    let more = " +\(problems.count - index)"
                    screen.put(more, .warning, in: Rect(x: rect.maxX - 4, y: rect.maxY - 1, width: 4))
                    return
                }
            }
            screen.put(problem, in: Rect(x: x, y: y, width: rect.maxX - x - 1))
            x += width + 3
        }
    }

    /// Triage's first lines as short sentences: causes and what stands alone, without what somebody has acknowledged.
    private func problems(_ limit: Int) -> [Line] {
        let shown = triage.rows.filter { $0.severity < .changing && triage.isNews($0) }
        return shown.prefix(limit).map { problem in
            var others = ""
            if case .root(let count) = problem.cause { others = " · likely cause of \(count)" }
            return [
                Word("\(problem.severity.condition.mark) \(problem.name)", problem.severity.condition.face),
                Word(remedy(problem), .hintKey), Word((problem.name.isEmpty ? "" : " ") + problem.what, .text),
                Word(others, .accent),
            ]
        }
    }

    /// The key that helps, where there is one for just that.
    private func remedy(_ problem: Problem) -> String {
        guard problem.key.kind == .vmError, case .vm(let id) = problem.subjects.first,
            case .error? = facts.inventory.vm(id)?.state, !setup.isReadOnly
        else {
            return ""
        }
        return " (\(key(of: Command.deleteVM)) deletes it)"
    }
}
