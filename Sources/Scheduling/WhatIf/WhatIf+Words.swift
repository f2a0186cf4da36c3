public import Model

extension WhatIf {
    /// One part of what there is to tell, as a small table.
    public struct Section: Hashable, Sendable {
        /// One line of it.
        public struct Row: Hashable, Sendable {
            /// How much it matters.
            public let weight: FarmEvent.Weight
            /// Its words; all lines of a part have the same number, the last is the longest.
            public let cells: [String]
        }

        /// What it is about.
        public let title: String
        /// Its lines, never none.
        public let rows: [Row]
    }

    /// All there is to tell, what matters most first.
    public func sections(_ inventory: Inventory) -> [Section] {
        let names = OutlookNames(whatIf: self, inventory: inventory)
        return [
            Section(title: "in short", rows: names.summary), Section(title: "wait", rows: names.waits),
            Section(title: "store", rows: names.stores), Section(title: "instances", rows: names.replicas),
            Section(title: "on every machine", rows: names.globals), Section(title: "move", rows: names.moves),
            Section(title: "gone", rows: names.gone), Section(title: "room left", rows: names.rooms),
        ].filter { !$0.rows.isEmpty }
    }

    /// What happens to one cluster in one sentence, with how much it matters.
    public func summary(_ inventory: Inventory) -> [Section.Row] {
        OutlookNames(whatIf: self, inventory: inventory).summary
    }
}

extension StoreOutlook {
    /// What becomes of the quorum, in words; nil where nothing touches it.
    public var words: (text: String, weight: FarmEvent.Weight)? {
        if let words = Self.words(verdict, self, lost) { return words }
        guard verdictWhenOff != .keeps || !drained.isEmpty else {
            return voters > 0 ? ("keeps its quorum: \(answering) of \(voters) members", .good) : nil
        }
        guard let words = Self.words(verdictWhenOff, self, lost + drained) else {
            return ("keeps its quorum without \(drained.joined(separator: ", ")) too", .good)
        }
        return ("when that is switched off: \(words.text)", words.weight)
    }

    private static func words(
        _ verdict: Verdict, _ store: StoreOutlook, _ away: [String]
    ) -> (text: String, weight: FarmEvent.Weight)? {
        switch verdict {
        case .keeps where away.isEmpty: return nil
        case .keeps:
            let left = store.answering - away.count
            return (
                "keeps its quorum: \(left) of \(store.voters) members, \(away.joined(separator: ", ")) gone", .warning
            )
        case .loses:
            let left = store.answering - away.count
            return (
                "LOSES ITS QUORUM: \(left) of \(store.voters) members left, \(store.needed) needed; "
                    + "\(away.joined(separator: ", ")) gone", .critical
            )
        case .hasNone: return ("has no quorum now", .critical)
        case .mayLose:
            return (
                "unknown: nobody tells where its member\(store.unplaced.count == 1 ? "" : "s") "
                    + "\(store.unplaced.joined(separator: ", ")) run\(store.unplaced.count == 1 ? "s" : "")", .warning
            )
        case .unknownMembers: return ("unknown: the store's members are not known", .warning)
        }
    }
}

/// The words for what is foretold, with names instead of IDs.
private struct OutlookNames {
    typealias Row = WhatIf.Section.Row

    let whatIf: WhatIf
    let inventory: Inventory

    /// The cluster's name, where there are several.
    private func cluster(_ outlook: ClusterOutlook) -> [String] {
        whatIf.clusters.count > 1 ? [name(outlook)] : []
    }

    private func name(_ outlook: ClusterOutlook) -> String { name(outlook.cluster) }

    private func name(_ id: ID<Cluster>) -> String { inventory.clusters[id]?.cluster.name ?? id.text }

    private func machine(_ id: ID<Machine>?, _ outlook: ClusterOutlook) -> String {
        guard let id else { return "–" }
        return outlook.joining.first { $0.id == id }?.name ?? inventory.name(of: id, in: outlook.cluster)
    }

    private func rows(_ make: (ClusterOutlook) -> [Row]) -> [Row] { whatIf.clusters.flatMap(make) }

    var summary: [Row] {
        let clusters = rows { [Row(weight: weight($0), cells: [name($0), sentence($0)])] }
        let tooBig = whatIf.tooBig.map {
            Row(weight: .warning, cells: [name($0), "has too many units to plan for here"])
        }
        let ignored = whatIf.ignored.map { Row(weight: .warning, cells: [text($0), "has no machine; left out"]) }
        let all = clusters + tooBig + ignored
        return all.isEmpty ? [Row(weight: .note, cells: ["", "nothing is touched by it"])] : all
    }

    private func weight(_ outlook: ClusterOutlook) -> FarmEvent.Weight {
        // That nobody knows where a store runs is said with the store; it is no harm that was foretold.
        let store = outlook.store.words?.weight == .critical ? FarmEvent.Weight.critical : .good
        return max(store, outlook.waits.isEmpty ? .good : outlook.isDeserted ? .critical : .warning)
    }

    private func sentence(_ outlook: ClusterOutlook) -> String {
        if outlook.isDeserted {
            return "no machine is left: \(count(outlook.waits.count, "unit")) stop, and nobody places them"
        }
        var parts: [String] = []
        let moved = outlook.moves.count { $0.from != nil }
        let helped = outlook.moves.count - moved
        parts.append(moved == 0 ? "no unit moves" : "\(count(moved, "unit")) move\(moved == 1 ? "s" : "")")
        if helped > 0 {
            parts.append("\(helped) that wait\(helped == 1 ? "s" : "") get\(helped == 1 ? "s" : "") a machine")
        }
        let held = outlook.waits.count { $0.isHeld }
        let lost = outlook.waits.count - held
        if lost > 0 { parts.append("\(lost) find\(lost == 1 ? "s" : "") no machine") }
        if held > 0 { parts.append("\(held) cannot leave") }
        if outlook.waits.isEmpty { parts.append("none waits") }
        let slowly = outlook.slowly.map { "; so many losses at once: \($0.limit) units a second come back" } ?? ""
        let uncertain =
            outlook.uncertain.isEmpty
            ? "" : "; where \(count(outlook.uncertain.count, "unit")) go depends on which machine is missed first"
        let underWay =
            outlook.underWay == 0 ? "" : "; \(count(outlook.underWay, "unit")) would be placed or moved anyway"
        return parts.joined(separator: ", ") + slowly + uncertain + underWay
    }

    private func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    var waits: [Row] {
        rows { outlook in
            outlook.waits.map { wait in
                Row(
                    weight: wait.isHeld ? .warning : .critical,
                    cells: [wait.unit.text] + cluster(outlook) + [
                        machine(wait.from, outlook),
                        (wait.isHeld ? "stays on \(machine(wait.on, outlook)): " : "") + wait.reason.sentence,
                    ])
            }
        }
    }

    var stores: [Row] {
        rows { outlook in
            outlook.store.words.map { [Row(weight: $0.weight, cells: [name(outlook), $0.text])] } ?? []
        }
    }

    var replicas: [Row] {
        rows { outlook in
            outlook.replicas.map { one in
                let isWorse = one.after < one.before
                return Row(
                    weight: one.after == 0 ? .critical : isWorse || one.through == 0 ? .warning : .note,
                    cells: [one.template.prefix] + cluster(outlook) + [
                        "\(one.before) of \(one.wanted) placed", "\(one.through) never stop",
                        "\(one.after) then" + (one.through == 0 && one.after > 0 ? ", all of them move" : ""),
                    ])
            }
        }
    }

    var globals: [Row] {
        rows { outlook in
            outlook.globals.map {
                Row(
                    weight: .note,
                    cells: [$0.unit.text] + cluster(outlook) + ["on \($0.before) machines", "on \($0.after) then"])
            }
        }
    }

    var moves: [Row] {
        rows { outlook in
            outlook.moves.map { move in
                let hops = move.hops > 1 ? " (moves \(move.hops) times)" : ""
                return Row(
                    weight: .note,
                    cells: [move.unit.text] + cluster(outlook) + [
                        machine(move.from, outlook), "→ " + machine(move.to, outlook), move.reason.sentence + hops,
                    ])
            }
        }
    }

    var gone: [Row] {
        let servers = whatIf.lostServers.map { id in
            Row(weight: .warning, cells: ["server", inventory.server(id)?.name ?? id.text, ""])
        }
        let vms = whatIf.lostVMs.map { id -> Row in
            let place = inventory.machineOfVM[id]
            let units = place.flatMap { inventory.clusters[$0.cluster]?.unitsOn[$0.machine]?.count }
            let what = place.map { "\(name($0.cluster)), \(count(units ?? 0, "unit"))" } ?? "no machine of a cluster"
            return Row(weight: .warning, cells: ["VM", inventory.vm(id)?.name ?? id.short, what])
        }
        return servers + vms
    }

    var rooms: [Row] {
        rows { outlook in
            let room = outlook.room
            if room.machines == 0 { return [Row(weight: .critical, cells: [name(outlook), "no machine takes units"])] }
            let each = room.unitsMin == room.unitsMax ? "\(room.unitsMin)" : "\(room.unitsMin)–\(room.unitsMax)"
            var free: [String] = []
            if room.milliCPU > 0 {
                free.append("\(Misfit.cores(room.milliCPUFree)) of \(Misfit.cores(room.milliCPU)) cores")
            }
            if room.memoryMiB > 0 { free.append("\(room.memoryMiBFree) of \(room.memoryMiB) MiB") }
            let text =
                "\(count(room.machines, "machine")) with \(each) units each"
                + (free.isEmpty ? "" : "; not asked for: \(free.joined(separator: ", "))")
            var found = [Row(weight: .note, cells: [name(outlook), text])]
            if let new = outlook.joining.first, new.id.text.hasPrefix("new-") {
                let pairs = new.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                let metadata = pairs.isEmpty ? "no metadata" : pairs.joined(separator: " ")
                let taken = "new machines are taken to have what all have: \(metadata)"
                found.append(Row(weight: .note, cells: [name(outlook), taken]))
            }
            return found
        }
    }

    private func text(_ subject: Subject) -> String {
        switch subject {
        case .cloud(let id): id.text
        case .source(let id): id.text
        case .server(let id): inventory.server(id)?.name ?? id.text
        case .vm(let id): inventory.vm(id)?.name ?? id.short
        case .cluster(let id): name(id)
        case .machine(let cluster, let id): inventory.name(of: id, in: cluster)
        case .unit(let key): key.name.text
        }
    }
}
