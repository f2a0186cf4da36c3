import Model

/// What was known in the last half hour, as one can go back to it.
///
/// It is kept in chapters: each begins with everything that was known then, and goes on with what changed.
/// **Invariant:** takes no more memory than its limit, as far as that can be counted: the oldest chapters go first.
/// Only a farm that takes more than that by itself is kept all the same, with a quarter of the limit for what changes.
struct History: Sendable {
    /// What views show of one moment.
    struct Picture: Sendable {
        var inventory = Inventory()
        var samples = Samples()
    }

    private(set) var chapters: [Chapter] = []
    private let limit: Int

    /// Nothing yet; in at most so many bytes.
    init(limit: Int = Limits.historyBytes) { self.limit = limit }

    /// The first moment one can go back to.
    var start: Timestamp? { chapters.first?.start }

    /// Notes a report that is about to be applied to what is known.
    mutating func note(_ report: Report, to known: Facts, at now: Timestamp) {
        if beginsChapter(report, now) { return }
        if chapters.last?.isFull(at: now, limit) ?? true { begin(known, at: now) }
        chapters[chapters.count - 1].note(report, before: known.inventory, at: now)
        trim(now)
    }

    /// Notes that a report was applied: one that tells everything begins a chapter.
    mutating func noted(_ report: Report, _ known: Facts, at now: Timestamp) {
        if beginsChapter(report, now) { begin(known, at: now) }
    }

    /// At the start many sources tell all they know one by one: that is one chapter.
    private func beginsChapter(_ report: Report, _ now: Timestamp) -> Bool {
        guard case .cluster = report.body else { return false }
        return chapters.last.map { now.since($0.start) >= Limits.historyStep } ?? true
    }

    /// What was known at a moment; nil when nothing was yet.
    func picture(at moment: Timestamp) -> Picture? {
        chapters.last { $0.start <= moment }?.picture(at: moment)
    }

    /// Bytes it takes, counted as well as can be.
    var bytes: Int { chapters.reduce(0) { $0 + $1.bytes } }

    private mutating func begin(_ known: Facts, at now: Timestamp) {
        let picture = Picture(inventory: known.inventory, samples: known.samples)
        chapters.append(Chapter(picture, at: now))
        trim(now)
    }

    private mutating func trim(_ now: Timestamp) {
        while chapters.count > 1, now.since(chapters[1].start) > Limits.history || bytes > limit {
            chapters.removeFirst()
        }
    }
}

/// Gives every value that comes again one number.
struct Numbering<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    private var numbers: [Value: UInt32] = [:]

    mutating func number(_ value: Value) -> UInt32 {
        if let known = numbers[value] { return known }
        let number = UInt32(values.count)
        values.append(value)
        numbers[value] = number
        return number
    }

    subscript(number: UInt32) -> Value { values[Int(number)] }
}
