import Model

/// All objects of one pane in the order of their names, each with its condition and whether the filter lets it through.
///
/// Units come in their ten thousands, so what a report did not touch is not looked at again.
struct PaneIndex: Sendable {
    private(set) var subjects: [Subject] = []
    private(set) var conditions: [Condition] = []
    private(set) var matches: [Bool] = []

    var count: Int { subjects.count }

    /// Replaces everything.
    mutating func fill(_ entries: [(subject: Subject, condition: Condition)], _ matches: (Subject) -> Bool) {
        subjects = entries.map(\.subject)
        conditions = entries.map(\.condition)
        self.matches = subjects.map(matches)
    }

    /// Decides anew what the filter lets through; a narrower filter than before looks only at what that one left.
    mutating func refilter(isNarrower: Bool, _ matches: (Subject) -> Bool) {
        for index in subjects.indices where !isNarrower || self.matches[index] {
            self.matches[index] = matches(subjects[index])
        }
    }

    /// Notes the condition of one that is there.
    mutating func update(_ index: Int, _ condition: Condition, matches isMatch: Bool) {
        conditions[index] = condition
        matches[index] = isMatch
    }

    mutating func insert(_ subject: Subject, _ condition: Condition, matches isMatch: Bool, at index: Int) {
        subjects.insert(subject, at: index)
        conditions.insert(condition, at: index)
        matches.insert(isMatch, at: index)
    }

    mutating func remove(at index: Int) {
        subjects.remove(at: index)
        conditions.remove(at: index)
        matches.remove(at: index)
    }

    /// Where a unit is, or would be; units are in the order of their keys.
    func place(of key: UnitKey) -> (index: Int, isThere: Bool) {
        var low = 0
        var high = subjects.count
        while low < high {
            let middle = (low + high) / 2
            guard case .unit(let other) = subjects[middle] else { break }
            if other == key { return (middle, true) }
            if other < key { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    /// The rows to show, worst first, then by name; of the candidates only, when there are any.
    func rows(among candidates: [Int32]?, onlyBad: Bool = false) -> [Int32] {
        var buckets = [[Int32]](repeating: [], count: Condition.allCases.count)
        buckets[Int(Condition.good.rawValue)].reserveCapacity(candidates?.count ?? count)
        func take(_ index: Int32) {
            guard matches[Int(index)], !onlyBad || conditions[Int(index)].isBad else { return }
            buckets[Int(conditions[Int(index)].rawValue)].append(index)
        }
        if let candidates {
            for index in candidates { take(index) }
        } else {
            for index in 0..<Int32(count) { take(index) }
        }
        return buckets.count { !$0.isEmpty } == 1 ? buckets.first { !$0.isEmpty } ?? [] : Array(buckets.joined())
    }
}
