import Model
import Screen

/// A pane of the deck: what it lists and how. A pane is one file; this is the table of them.
struct Pane: Sendable {
    /// One column: where it goes and when it is left out.
    struct Column: Sendable {
        /// What the filter calls it.
        let key: String
        let title: String
        /// Its title where it is narrow; empty for the same.
        var short = ""
        /// Columns it wants; a column of names wants as many as its longest name has, as far as growth allows.
        let width: Int
        /// Columns it can do with before others are left out; 0 for no fewer than it wants.
        var least = 0
        /// Columns it takes beyond what it wants, where there is room.
        var growth = 0
        /// 0 is always there; the highest goes first when there is no room.
        let priority: Int
        var fit: Screen.Fit = .left
        /// It holds names: it is as wide as the longest.
        var isNames = false
        /// What names end in and can do without where there is no room for whole ones.
        var ending = ""
        /// Whether the filter looks into it.
        var isSearched = true
        /// Only where the pane fills the screen.
        var isForZoom = false

        /// Columns up to this priority shrink before they are left out.
        static let priorityThatShrinks = 3
    }

    let id: PaneID
    let title: String
    let columns: [Column]
    /// What stands in one column of one object's row.
    let word: @Sendable (Subject, Int, Facts) -> Word
    /// All objects in the order of their names, with their conditions; units are kept by their index instead.
    let entries: @Sendable (Facts) -> [(subject: Subject, condition: Condition)]
    /// What to say when there is none.
    let emptiness: String
    /// The texts of the searched columns at once, for one pass over many objects.
    var texts: (@Sendable (Facts) -> (Subject) -> [String])?

    static let all: [Pane] = [.servers, .vms, .clusters, .units]

    static func of(_ id: PaneID) -> Pane { all[id.rawValue] }

    /// What tells whether a filter lets an object through.
    func matcher(_ filter: Filter, _ facts: Facts) -> (Subject) -> Bool {
        if filter.isEmpty { return { _ in true } }
        let searched = columns.indices.filter { columns[$0].isSearched }
        let keys = searched.map { columns[$0].key }
        if let all = texts?(facts) {
            return { subject in
                let texts = all(subject)
                return filter.matches(keys) { texts[$0] }
            }
        }
        return { subject in filter.matches(keys) { word(subject, searched[$0], facts).text } }
    }
}

/// The face a pane's number columns have when there is nothing to point out.
func age(_ moment: Timestamp?, _ now: Timestamp) -> Word {
    guard let moment else { return .none }
    let duration = now.since(moment)
    // In the first minute by tens of seconds: a figure that changes every second costs a slow line dearly.
    let shown = duration < .seconds(60) ? .seconds(max(0, duration.milliseconds) / 10_000 * 10) : duration
    return Word(duration < .seconds(10) ? "<10s" : shown.brief, .dim, number: Double(duration.milliseconds))
}
