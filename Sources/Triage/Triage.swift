public import Model

/// What is wrong, by probable cause, worst first: each cause is followed by what comes from it.
///
/// **Invariant:** the same knowledge gives the same problems in the same order, however it arrived; reads no clock.
public struct Triage: Sendable {
    /// Causes and what stands alone, worst first, each followed by its symptoms.
    public let problems: [Problem]
    /// The moment it is of.
    public let now: Timestamp
    let log: EventLog
    let asked: [Asked]

    /// Nothing known, nothing wrong.
    public init() {
        problems = []
        now = .zero
        log = EventLog([], at: .zero)
        asked = []
    }

    /// Looks through what is known.
    public init(_ known: Known) {
        var survey = Survey(known)
        survey.look()
        now = known.now
        log = survey.log
        asked = known.asked.sorted { ($0.at, $0.phrase) < ($1.at, $1.phrase) }
        problems = Self.ordered(survey)
    }

    /// How many are of a severity; symptoms count as their cause does, once.
    public func count(_ severity: Problem.Severity) -> Int {
        problems.count { $0.severity == severity && !$0.isSymptom }
    }

    /// A problem by its key.
    public subscript(key: Problem.Key) -> Problem? { problems.first { $0.key == key } }

    private static func ordered(_ survey: Survey) -> [Problem] {
        var symptoms: [Problem.Key: [Problem]] = [:]
        var roots: [Problem] = []
        for draft in survey.drafts.values {
            let problem = problem(draft, survey)
            if case .because(let key, _) = problem.cause {
                symptoms[key, default: []].append(problem)
            } else {
                roots.append(problem)
            }
        }
        for index in roots.indices {
            guard let below = symptoms[roots[index].key] else { continue }
            let count = below.reduce(0) { $0 + max(1, $1.subjects.count) }
            if case .unsure = roots[index].cause { continue }
            roots[index].cause = .root(count)
        }
        return roots.sorted(by: precedes).map { root in
            (worst: ([root] + (symptoms[root.key] ?? [])).map(\.severity).min() ?? root.severity, root: root)
        }.enumerated().sorted { ($0.element.worst, $0.offset) < ($1.element.worst, $1.offset) }
            .flatMap { [$0.element.root] + (symptoms[$0.element.root.key] ?? []).sorted(by: precedes) }
    }

    private static func problem(_ draft: Draft, _ survey: Survey) -> Problem {
        let subjects = draft.subjects.map { (survey.name($0), EventLog.order($0), $0) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
        let evidence = draft.evidence.enumerated().sorted { left, right in
            (right.element.at ?? .zero, left.offset) < (left.element.at ?? .zero, right.offset)
        }
        return Problem(
            key: draft.key, severity: draft.severity, subjects: subjects,
            name: draft.title ?? survey.names(subjects),
            what: subjects.count > 1 ? draft.many ?? draft.key.kind.many : draft.one, since: draft.since,
            touches: draft.touches, cause: draft.cause ?? .separate, evidence: evidence.map(\.element),
            asOf: draft.asOf, related: draft.related)
    }

    /// The graver first, then what is known now, then what touches more, then the older.
    private static func precedes(_ left: Problem, _ right: Problem) -> Bool {
        if left.severity != right.severity { return left.severity < right.severity }
        if (left.asOf == nil) != (right.asOf == nil) { return left.asOf == nil }
        if left.touches.weight != right.touches.weight { return left.touches.weight > right.touches.weight }
        if left.since != right.since {
            guard let first = left.since, let second = right.since else { return left.since != nil }
            return first < second
        }
        return left.key < right.key
    }
}
