import Model

/// Which units match which patterns, and how many of both each machine has: conflicts become counts to look up.
struct GlobTable: Sendable {
    /// One pattern in use.
    struct Entry: Sendable {
        var glob: Glob
        /// Units on a machine whose name matches.
        var matching: [Int32: Int32] = [:]
        /// Units on a machine that conflict by it.
        var conflicting: [Int32: Int32] = [:]
        /// Units on a machine that replace by it.
        var replacing: [Int32: Int32] = [:]
    }

    private(set) var entries: [Entry] = []
    private var index: [Glob: Int] = [:]
    /// Patterns whose text up to `@` is fixed, by that text; all others under the empty text.
    private var byPrefix: [String: [Int]] = [:]

    var isEmpty: Bool { entries.isEmpty }

    /// The number of a pattern; `isNew` when it was not in use before.
    mutating func number(of glob: Glob, isNew: inout Bool) -> Int {
        if let number = index[glob] { return number }
        isNew = true
        let number = entries.count
        entries.append(Entry(glob: glob))
        index[glob] = number
        byPrefix[Self.prefix(of: glob), default: []].append(number)
        return number
    }

    /// The patterns a name matches.
    func matches(of name: UnitName) -> [Int] {
        let candidates = (byPrefix[name.prefix] ?? []) + (byPrefix[""] ?? [])
        return candidates.filter { entries[$0].glob.matches(name) }.sorted()
    }

    /// The fixed prefix of a pattern, so that only units of that prefix need a look; empty when there is none.
    static func prefix(of glob: Glob) -> String {
        guard let at = glob.pattern.firstIndex(of: "@") else { return "" }
        let prefix = glob.pattern[..<at]
        return prefix.contains { "*?[\\".contains($0) } ? "" : String(prefix)
    }

    mutating func count(_ path: WritableKeyPath<Entry, [Int32: Int32]>, _ number: Int, _ machine: Int32, _ by: Int32) {
        let count = (entries[number][keyPath: path][machine] ?? 0) + by
        entries[number][keyPath: path][machine] = count == 0 ? nil : count
    }
}
