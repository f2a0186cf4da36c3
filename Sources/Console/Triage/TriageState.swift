import Model
import Screen
import Triage

/// What is wrong, in the order it is shown, and what of it somebody has acknowledged.
///
/// **Invariant:** the cursor is tied to a problem; rows may move, the problem under the cursor stays.
struct TriageState: Sendable {
    /// How bad a problem was.
    struct Extent: Hashable, Sendable {
        let severity: Problem.Severity
        let objects: Int
        let touches: Problem.Touches

        init(_ problem: Problem) {
            (severity, objects, touches) = (problem.severity, problem.subjects.count, problem.touches)
        }

        /// Whether a problem is worse than this.
        func isOutgrown(by problem: Problem) -> Bool {
            problem.severity < severity || problem.subjects.count > objects || problem.touches.vms > touches.vms
                || problem.touches.machines > touches.machines || problem.touches.clusters > touches.clusters
                || problem.touches.units > touches.units
        }
    }

    /// A problem that somebody knows of, with what came from it then.
    struct Acknowledgement: Hashable, Sendable {
        let until: Timestamp
        let extent: Extent
        let symptoms: [Problem.Key: Extent]

        /// Whether a symptom was known of as bad as it is now: another one, or a worse one, is news.
        func covers(_ symptom: Problem) -> Bool {
            symptoms[symptom.key].map { !$0.isOutgrown(by: symptom) } ?? false
        }
    }

    /// What an earlier look was at; another one is made when it differs.
    struct Stamp: Hashable, Sendable {
        let version: UInt64
        let events: Int
        let orders: Int
        let second: Int64
        let isPast: Bool
    }

    var judged = Triage()
    /// Somebody judges what is known, aside.
    var isAsked = false
    var rows: [Problem] = []
    var stamp: Stamp?
    var madeAt: Timestamp?
    var cursor: Problem.Key?
    var position = 0
    var top = 0
    /// Rows that the list has; from the last layout.
    var height = 1
    var acknowledged: [Problem.Key: Acknowledgement] = [:]

    var selected: Problem? { rows.indices.contains(position) ? rows[position] : nil }

    mutating func move(by delta: Int) {
        guard !rows.isEmpty else { return }
        position = min(max(0, position + delta), rows.count - 1)
        cursor = rows[position].key
        reveal()
    }

    /// Takes new problems; acknowledged ones go to the end, unless they have become worse. The past tells nothing of
    /// that.
    mutating func take(_ judged: Triage, at now: Timestamp, isPast: Bool) {
        self.judged = judged
        acknowledged = acknowledged.filter { $0.value.until > now }
        if !isPast {
            for problem in judged.problems where acknowledged[problem.key]?.extent.isOutgrown(by: problem) ?? false {
                acknowledged[problem.key] = nil
            }
        }
        arrange()
    }

    /// Puts the rows in order: what nobody has acknowledged first.
    mutating func arrange() {
        rows = judged.problems.filter { !isAcknowledged($0) } + judged.problems.filter { isAcknowledged($0) }
        if let cursor, let row = rows.firstIndex(where: { $0.key == cursor }) {
            position = row
        } else {
            position = cursor == nil ? 0 : min(position, max(0, rows.count - 1))
        }
        reveal()
    }

    /// Whether it was acknowledged, by itself or with what it comes from.
    func isAcknowledged(_ problem: Problem) -> Bool { acknowledgement(of: problem) != nil }

    func acknowledgement(of problem: Problem) -> Acknowledgement? {
        if let own = acknowledged[problem.key] { return own }
        guard case .because(let root, _) = problem.cause, let known = acknowledged[root], known.covers(problem) else {
            return nil
        }
        return known
    }

    /// Whether it has to be said by itself: what comes from another problem is said with that, while that is said.
    func isNews(_ problem: Problem) -> Bool {
        if isAcknowledged(problem) { return false }
        guard case .because(let root, _) = problem.cause else { return true }
        return acknowledged[root] != nil
    }

    mutating func acknowledge(_ problem: Problem, until: Timestamp) {
        let symptoms = judged.problems.filter {
            if case .because(problem.key, _) = $0.cause { true } else { false }
        }
        acknowledged[problem.key] = Acknowledgement(
            until: until, extent: Extent(problem),
            symptoms: Dictionary(symptoms.map { ($0.key, Extent($0)) }) { first, _ in first })
    }

    mutating func reveal() {
        if position < top { top = position }
        if position >= top + height { top = position - height + 1 }
        top = max(0, min(top, rows.count - height))
    }
}

extension Problem.Severity {
    var condition: Condition {
        switch self {
        case .critical: .critical
        case .warning: .warning
        case .changing: .changing
        }
    }
}

/// What is to be judged aside.
public struct Judging: Sendable {
    fileprivate let stamp: TriageState.Stamp
    fileprivate let known: Known

    /// What is wrong: takes long on a large farm.
    public func judged() -> Judged { Judged(stamp: stamp, triage: Triage(known)) }
}

/// What was judged aside.
public struct Judged: Sendable {
    fileprivate let stamp: TriageState.Stamp
    fileprivate let triage: Triage
}

extension Console {
    /// Judges what is shown anew when it changed; with very many objects not more often than once a second, and aside
    /// where that is possible: a key would wait for it. The past stands still, and is judged at once.
    mutating func judge() {
        let stamp = stamp
        guard stamp != triage.stamp else { return }
        if isLarge, past == nil {
            // What the past was judged to be must not stand for now.
            if setup.judgesAside, triage.stamp != nil { return }
            if let at = triage.madeAt, facts.now.since(at) < .seconds(1), facts.now >= at { return }
        }
        triage.stamp = stamp
        triage.madeAt = facts.now
        triage.take(Triage(known), at: clock, isPast: past != nil)
    }

    /// Asks for a judgement where that takes long.
    func judgeAside() -> [Effect] {
        guard setup.judgesAside, isLarge, past == nil, !triage.isAsked, stamp != triage.stamp else { return [] }
        return [.judge]
    }

    /// What is to be judged aside now; nil when somebody does so already.
    public mutating func judging() -> Judging? {
        guard !triage.isAsked, past == nil else { return nil }
        triage.isAsked = true
        return Judging(stamp: stamp, known: known)
    }

    mutating func take(_ judged: Judged) {
        triage.isAsked = false
        guard past == nil else { return }
        triage.stamp = judged.stamp
        triage.madeAt = facts.now
        triage.take(judged.triage, at: clock, isPast: false)
    }

    private var isLarge: Bool { indexes.contains { $0.count > Limits.manyRows } }

    private var stamp: TriageState.Stamp {
        TriageState.Stamp(
            version: facts.inventory.version, events: events.count, orders: orders.count { $0.outcome == nil },
            second: facts.now.milliseconds / 1_000, isPast: past != nil)
    }

    /// What triage looks at: of the units only those that the pane does not show as well.
    private var known: Known {
        let units = indexes[PaneID.units.rawValue]
        var suspects: [UnitKey] = []
        for (index, condition) in units.conditions.enumerated() where condition < .good {
            if case .unit(let key) = units.subjects[index] { suspects.append(key) }
        }
        let asked = shownOrders.suffix(50).map { record in
            Asked(
                at: record.askedAt, phrase: record.phrase, subject: Self.subject(of: record.order),
                outcome: record.outcome.map { "\(record.state.text): \($0.text)" })
        }
        return Known(
            inventory: facts.inventory, now: facts.now, events: events, asked: Array(asked), suspects: suspects)
    }

    /// The problem under the cursor, at triage's place.
    var problem: Problem? { place == .triage ? triage.selected : nil }

    /// Opens a problem's object; of several, shows them marked in their pane.
    mutating func openProblem() -> [Effect] {
        guard let problem else { return [] }
        let there = problem.subjects.filter { facts.exists($0) }
        guard let first = there.first else {
            tell("what this is about is no longer there", .warning)
            return []
        }
        guard there.count > 1 else {
            if case .source = first { return enter(.events) }
            return showDetails()
        }
        places = [.deck]
        reveal(first)
        panes[focus.rawValue].marks = Set(there)
        tell("\(there.count) marked: commands act on all of them")
        return []
    }

    /// Puts the selected problem aside for half an hour, or takes that back.
    mutating func acknowledge() -> [Effect] {
        guard let problem else { return [] }
        if triage.acknowledged.removeValue(forKey: problem.key) != nil {
            tell("\(Triage.short(problem)) is no longer acknowledged")
        } else {
            triage.acknowledge(problem, until: clock + Limits.acknowledged)
            tell("acknowledged for 30 minutes; it comes back if it becomes worse")
        }
        let row = triage.position
        triage.arrange()
        // The cursor goes on to the next problem instead of down with this one.
        if triage.isAcknowledged(problem), row < triage.rows.count {
            triage.position = row
            triage.cursor = triage.rows[row].key
            triage.reveal()
        }
        return []
    }

    /// The hand-over of the selected problem, or of everything: to the clipboard and into a file.
    mutating func handOver() -> [Effect] {
        let context = setup.context
        let text =
            problem.map { triage.judged.handOver($0, context: context, in: facts.inventory) }
            ?? triage.judged.handOver(context: context, in: facts.inventory)
        let stamp = clock.iso8601.filter { $0 != ":" && $0 != "-" }
        tell("copied the hand-over of \(problem.map { Triage.short($0) } ?? "everything")")
        return [.copy(text), .write(name: "handover-\(stamp).txt", text)]
    }
}
