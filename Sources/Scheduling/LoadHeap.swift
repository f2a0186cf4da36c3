/// Machines ordered by load, ties by rank: the least loaded first, each found in logarithmic time.
struct LoadHeap: Sendable {
    private struct Entry {
        /// The load in the upper half, the rank in the lower.
        var key: UInt64
        var machine: Int32
    }

    private var entries: [Entry] = []
    /// Where each machine stands; -1 where it does not.
    private var position: [Int32] = []

    var count: Int { entries.count }
    /// The machine with the least load.
    var top: Int32? { entries.first?.machine }

    static func key(load: Int, rank: UInt32) -> UInt64 { UInt64(load) << 32 | UInt64(rank) }

    func contains(_ machine: Int32) -> Bool {
        Int(machine) < position.count && position[Int(machine)] >= 0
    }

    mutating func insert(_ machine: Int32, key: UInt64) {
        while position.count <= Int(machine) { position.append(-1) }
        guard position[Int(machine)] < 0 else {
            update(machine, key: key)
            return
        }
        entries.append(Entry(key: key, machine: machine))
        position[Int(machine)] = Int32(entries.count - 1)
        up(entries.count - 1)
    }

    mutating func remove(_ machine: Int32) {
        guard contains(machine) else { return }
        let at = Int(position[Int(machine)])
        position[Int(machine)] = -1
        let last = entries.removeLast()
        guard at < entries.count else { return }
        entries[at] = last
        position[Int(last.machine)] = Int32(at)
        settle(at)
    }

    /// Puts a machine right whose load or rank changed.
    mutating func update(_ machine: Int32, key: UInt64) {
        guard contains(machine) else { return }
        let at = Int(position[Int(machine)])
        entries[at].key = key
        settle(at)
    }

    /// The first machine in order that `accepts`; looks only at as many as it must.
    func first(where accepts: (Int32) -> Bool) -> Int32? {
        guard let top = entries.first else { return nil }
        if accepts(top.machine) { return top.machine }
        var frontier = Frontier()
        open(0, &frontier)
        while let at = frontier.pop() {
            if accepts(entries[at].machine) { return entries[at].machine }
            open(at, &frontier)
        }
        return nil
    }

    private func open(_ at: Int, _ frontier: inout Frontier) {
        for child in [2 * at + 1, 2 * at + 2] where child < entries.count {
            frontier.push(key: entries[child].key, at: child)
        }
    }

    private mutating func settle(_ at: Int) {
        let machine = entries[at].machine
        up(at)
        down(Int(position[Int(machine)]))
    }

    private mutating func up(_ start: Int) {
        var at = start
        let moved = entries[at]
        while at > 0 {
            let parent = (at - 1) / 2
            guard moved.key < entries[parent].key else { break }
            put(entries[parent], at)
            at = parent
        }
        put(moved, at)
    }

    private mutating func down(_ start: Int) {
        var at = start
        let moved = entries[at]
        while true {
            var child = 2 * at + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].key < entries[child].key { child += 1 }
            guard entries[child].key < moved.key else { break }
            put(entries[child], at)
            at = child
        }
        put(moved, at)
    }

    private mutating func put(_ entry: Entry, _ at: Int) {
        entries[at] = entry
        position[Int(entry.machine)] = Int32(at)
    }
}

/// The rim of a walk over a heap: what was reached and not looked at yet, least first.
private struct Frontier {
    private var items: [(key: UInt64, at: Int)] = []

    mutating func push(key: UInt64, at: Int) {
        items.append((key, at))
        var child = items.count - 1
        while child > 0, items[child].key < items[(child - 1) / 2].key {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Int? {
        guard let top = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return top.at }
        items[0] = last
        var at = 0
        while true {
            var child = 2 * at + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1].key < items[child].key { child += 1 }
            guard items[child].key < items[at].key else { break }
            items.swapAt(child, at)
            at = child
        }
        return top.at
    }
}
