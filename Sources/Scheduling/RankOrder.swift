import Model

/// Keeps a number for each machine so that numbers order as IDs do, without renumbering all at each join.
struct RankOrder: Sendable {
    private var sorted: [(id: ID<Machine>, rank: UInt32)] = []

    /// The rank of a machine, given out at its first call; `renumbered` tells that all ranks changed.
    mutating func rank(of id: ID<Machine>, renumbered: inout Bool) -> UInt32 {
        let at = index(of: id)
        if at < sorted.count, sorted[at].id == id { return sorted[at].rank }
        let before = at > 0 ? UInt64(sorted[at - 1].rank) : 0
        let after = at < sorted.count ? UInt64(sorted[at].rank) : UInt64(UInt32.max)
        if at == sorted.count, before + 65_536 < after {
            sorted.append((id, UInt32(before + 65_536)))
        } else if after - before > 1 {
            sorted.insert((id, UInt32((before + after) / 2)), at: at)
        } else {
            sorted.insert((id, 0), at: at)
            let step = UInt32.max / UInt32(sorted.count + 1)
            for index in sorted.indices { sorted[index].rank = UInt32(index + 1) * step }
            renumbered = true
        }
        return sorted[at].rank
    }

    private func index(of id: ID<Machine>) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
