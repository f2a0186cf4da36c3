import Model

/// Which units match which patterns, and how many of both each machine has: conflicts become counts to look up.
struct GlobTable: Sendable {
    /// What is counted on each machine.
    enum Tally: Sendable {
        /// Units whose name matches.
        case matching
        /// Units that conflict by the pattern.
        case conflicting
        /// Units that replace by it.
        case replacing
    }

    /// One pattern in use.
    struct Entry: Sendable {
        var glob: Glob
        var matching: [Int32: Int32] = [:]
        var conflicting: [Int32: Int32] = [:]
        var replacing: [Int32: Int32] = [:]
    }

    private(set) var entries: [Entry] = []
    private var index: [Glob: Int] = [:]
    /// Patterns whose text up to `@` is fixed, by that text.
    private var byPrefix: [String: [Int]] = [:]
    /// All other patterns.
    private var anywhere: [Int] = []

    var isEmpty: Bool { entries.isEmpty }

    /// The number of a pattern; `isNew` when it was not in use before.
    mutating func number(of glob: Glob, isNew: inout Bool) -> Int {
        if let number = index[glob] { return number }
        isNew = true
        let number = entries.count
        entries.append(Entry(glob: glob))
        index[glob] = number
        if let prefix = Self.prefix(of: glob) {
            byPrefix[prefix, default: []].append(number)
        } else {
            anywhere.append(number)
        }
        return number
    }

    /// The patterns a name matches, in the order of their text.
    func matches(of name: UnitName) -> [Int] {
        if entries.isEmpty { return [] }
        var found: [Int] = []
        if !byPrefix.isEmpty, let candidates = byPrefix[name.prefix] {
            found = candidates.filter { entries[$0].glob.matches(name) }
        }
        for number in anywhere where entries[number].glob.matches(name) { found.append(number) }
        return found.count > 1 ? ordered(found) : found
    }

    /// Patterns in the order of their text: their numbers tell which came into use first.
    func ordered(_ numbers: [Int]) -> [Int] {
        numbers.sorted { entries[$0].glob.pattern < entries[$1].glob.pattern }
    }

    /// The fixed prefix of a pattern, so that only units of that prefix need a look; nil when there is none.
    static func prefix(of glob: Glob) -> String? {
        guard let at = glob.pattern.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let prefix = glob.pattern[..<at]
        let isFixed = !prefix.utf8.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B || $0 == 0x5C }
        return isFixed ? String(prefix) : nil
    }

    mutating func count(_ tally: Tally, _ number: Int, _ machine: Int32, _ by: Int32) {
        switch tally {
        case .matching: Self.count(&entries[number].matching, machine, by)
        case .conflicting: Self.count(&entries[number].conflicting, machine, by)
        case .replacing: Self.count(&entries[number].replacing, machine, by)
        }
    }

    private static func count(_ counts: inout [Int32: Int32], _ machine: Int32, _ by: Int32) {
        guard let at = counts.index(forKey: machine) else {
            counts[machine] = by
            return
        }
        counts.values[at] += by
        if counts.values[at] == 0 { counts.remove(at: at) }
    }
}
