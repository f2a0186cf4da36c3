public import Model

extension Problem {
    /// What its objects are, in one word: `server`, `VMs`.
    public var kindWord: String {
        let words = Set(subjects.map { Self.word($0) })
        guard let word = words.first, words.count == 1 else { return words.isEmpty ? "" : "objects" }
        return subjects.count > 1 ? word + "s" : word
    }

    private static func word(_ subject: Subject) -> String {
        switch subject {
        case .cloud, .source: "cloud"
        case .server: "server"
        case .vm: "VM"
        case .cluster: "cluster"
        case .machine: "machine"
        case .unit: "unit"
        }
    }
}

extension Triage {
    /// What is thought to be behind a problem, in words.
    public func causeWords(_ problem: Problem) -> String {
        switch problem.cause {
        case .root(let count): "likely cause of \(count) other\(count == 1 ? "" : "s")"
        case .because(let key, let why): "likely because of \(self[key].map(Self.short) ?? "another"): \(why)"
        case .unsure(let why): "unsure: \(why)"
        case .separate: "separate"
        case .asked: "asked for"
        }
    }

    /// A problem by a few words: its objects' names, or what it is where it has none.
    public static func short(_ problem: Problem) -> String {
        problem.name.isEmpty ? problem.key.kind.rawValue.replacingDashes : problem.name
    }

    /// One line a problem, for screen readers, cron and chat.
    public func plainLines(context: String) -> [String] {
        var counts: [String] = []
        for severity in Problem.Severity.allCases {
            let number = count(severity)
            let word = severity == .warning && number != 1 ? "warnings" : severity.word
            if number > 0 { counts.append("\(number) \(word)") }
        }
        let head = "\(context) \(now.iso8601) " + (counts.isEmpty ? "nothing is wrong" : counts.joined(separator: " "))
        return [head] + problems.map { plainLine($0) }
    }

    /// The same for people who read: causes with what was heard, and what comes from them beneath.
    public func lines(context: String, in inventory: Inventory) -> [String] {
        var lines = [plainLines(context: context)[0]]
        for problem in problems {
            let mark = problem.severity == .critical ? "✖" : problem.severity == .warning ? "!" : "~"
            let since = problem.since.map { " · \(now.since($0).brief)" } ?? ""
            let touches = problem.touches.words.isEmpty ? "" : " · \(problem.touches.words)"
            if problem.isSymptom {
                lines.append("    \(mark) \(problem.sentence)\(since)\(touches)")
                continue
            }
            lines += ["", "\(mark) \(problem.sentence)\(since)\(touches)", "  \(causeWords(problem))"]
            lines += problem.evidence.map { "    \(Self.text($0, now))" }
            let changes = before(problem, in: inventory)
            if !changes.isEmpty { lines.append("  before:") }
            lines += changes.map { "    \(Self.text($0, now))" }
            if case .root = problem.cause { lines.append("  so:") }
        }
        return lines
    }

    private func plainLine(_ problem: Problem) -> String {
        let kind = problem.name.isEmpty || problem.name.hasPrefix(problem.kindWord) ? "" : problem.kindWord + " "
        var line = "\(problem.severity.word) \(kind)\(problem.sentence)"
        if let since = problem.since { line += "; since \(since.timeOfDay)" }
        if !problem.touches.words.isEmpty { line += "; \(problem.touches.words)" }
        if let asOf = problem.asOf { line += "; as known at \(asOf.timeOfDay)" }
        return line + "; " + causeWords(problem)
    }

    /// Everything of one problem that the next one on duty needs, as plain text.
    public func handOver(_ problem: Problem, context: String, in inventory: Inventory) -> String {
        var lines = ["\(problem.severity.word.uppercased()) \(problem.sentence)"]
        lines.append("context: \(context), as of \(now.iso8601)")
        let age = problem.since.map { "\($0.iso8601), for \(now.since($0).brief)" }
        lines.append("since: \(age ?? "before it was looked at")")
        if !problem.touches.words.isEmpty { lines.append("touches: \(problem.touches.words)") }
        lines.append("cause: \(causeWords(problem))")
        if let asOf = problem.asOf { lines.append("its source is silent: this was known at \(asOf.iso8601)") }
        lines.append("what was heard:")
        lines += problem.evidence.map { "  \(Self.text($0, now))" }
        let changes = before(problem, in: inventory, limit: 12)
        lines.append(changes.isEmpty ? "what changed before: nothing that is known" : "what changed before:")
        lines += changes.filter { $0.from != "you" }.map { "  \(Self.text($0, now))" }
        let tried = changes.filter { $0.from == "you" }
        lines.append(tried.isEmpty ? "what was tried: nothing from here" : "what was tried:")
        lines += tried.map { "  \(Self.text($0, now))" }
        let others = problems.filter { other in
            if case .because(problem.key, _) = other.cause { true } else { false }
        }
        if !others.isEmpty {
            lines.append("what comes from it:")
            lines += others.map { "  \($0.severity.word) \($0.sentence)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A hand-over of everything: the plain lines, and the gravest problems in full.
    public func handOver(context: String, in inventory: Inventory) -> String {
        let roots = problems.filter { !$0.isSymptom && $0.severity < .changing }.prefix(5)
        let details = roots.map { handOver($0, context: context, in: inventory) }
        return (plainLines(context: context).joined(separator: "\n") + "\n\n" + details.joined(separator: "\n"))
    }

    static func text(_ evidence: Problem.Evidence, _ now: Timestamp) -> String {
        let when = evidence.at.map { "\($0.timeOfDay) (\(now.since($0).brief) ago) " } ?? ""
        return "\(when)\(evidence.from): \(evidence.text)"
    }
}

extension String {
    var replacingDashes: String { String(map { $0 == "-" ? " " : $0 }) }
}
