import Model
import Screen

extension Console {
    /// Makes the lists anew where something changed; big ones not more often than twice a second.
    mutating func refresh() {
        facts.orderClusters()
        refreshUnits()
        for pane in [PaneID.servers, .vms, .clusters] where isChanged(pane) && isDue(pane) {
            if pane == .vms { groupVMs() }
            let table = Pane.of(pane)
            let filter = panes[pane.rawValue].filter
            let facts = facts
            indexes[pane.rawValue].fill(table.entries(facts), table.matcher(filter, facts))
            panes[pane.rawValue].appliedFilter = filter
            setUnchanged(pane)
            rebuild(pane)
        }
        for pane in PaneID.allCases where panes[pane.rawValue].isDirty {
            refilter(pane)
            rebuild(pane)
        }
    }

    private func isChanged(_ pane: PaneID) -> Bool {
        switch pane {
        case .servers: changed.servers
        case .vms: changed.vms
        case .clusters: changed.clusters
        case .units: changed.allUnits || !changed.units.isEmpty
        }
    }

    private mutating func setUnchanged(_ pane: PaneID) {
        switch pane {
        case .servers: changed.servers = false
        case .vms: changed.vms = false
        case .clusters: changed.clusters = false
        case .units:
            changed.allUnits = false
            changed.units = []
        }
    }

    private func isDue(_ pane: PaneID) -> Bool {
        guard indexes[pane.rawValue].count > Limits.manyRows, let built = panes[pane.rawValue].builtAt else {
            return true
        }
        return clock.since(built) >= .milliseconds(500)
    }

    private mutating func groupVMs() {
        var groups: [ID<Cluster>: [ID<VM>]] = [:]
        for cloud in facts.inventory.clouds.keys.sorted() {
            for vm in facts.inventory.clouds[cloud]?.vms.values ?? [:].values {
                if let cluster = vm.cluster { groups[cluster, default: []].append(vm.id) }
            }
        }
        // Clusters that are known by their VMs alone come and go with these.
        if groups.keys != facts.vmsOf.keys { changed.clusters = true }
        facts.vmsOf = groups.mapValues { $0.sorted() }
    }

    private mutating func refreshUnits() {
        guard isChanged(.units), isDue(.units) else { return }
        let table = Pane.units
        let filter = panes[PaneID.units.rawValue].filter
        if changed.allUnits || changed.units.count > 2_000 {
            let facts = facts
            let entries = table.entries(facts)
            indexes[PaneID.units.rawValue].fill(entries, table.matcher(filter, facts))
            panes[PaneID.units.rawValue].appliedFilter = filter
            var counts: [ID<Cluster>: UnitCounts] = [:]
            bouncing = []
            for (subject, condition) in entries {
                guard case .unit(let key) = subject else { continue }
                counts[key.cluster, default: UnitCounts()][condition] += 1
                if condition.isBad, facts.inventory.unit(key)?.isBouncing(at: facts.now) ?? false {
                    bouncing.insert(key)
                }
            }
            self.facts.counts = counts
        } else {
            let matches = table.matcher(panes[PaneID.units.rawValue].appliedFilter, facts)
            for key in changed.units { refreshUnit(key, matches) }
        }
        setUnchanged(.units)
        changed.clusters = true
        rebuild(.units)
    }

    private mutating func refreshUnit(_ key: UnitKey, _ matches: (Subject) -> Bool) {
        let at = PaneID.units.rawValue
        let (index, isThere) = indexes[at].place(of: key)
        if isThere { facts.counts[key.cluster, default: UnitCounts()][indexes[at].conditions[index]] -= 1 }
        guard let part = facts.inventory.clusters[key.cluster], let unit = part.units[key.name] else {
            if isThere { indexes[at].remove(at: index) }
            bouncing.remove(key)
            return
        }
        let condition = facts.condition(unit, in: part)
        if unit.isBouncing(at: facts.now) { bouncing.insert(key) } else { bouncing.remove(key) }
        let isMatch = matches(.unit(key))
        facts.counts[key.cluster, default: UnitCounts()][condition] += 1
        if isThere {
            indexes[at].update(index, condition, matches: isMatch)
        } else {
            indexes[at].insert(.unit(key), condition, matches: isMatch, at: index)
        }
    }

    private mutating func refilter(_ pane: PaneID) {
        let table = Pane.of(pane)
        let filter = panes[pane.rawValue].filter
        let facts = facts
        let before = panes[pane.rawValue].appliedFilter
        guard filter != before else { return }
        indexes[pane.rawValue].refilter(
            isNarrower: filter.isNarrower(than: before), table.matcher(filter, facts))
        panes[pane.rawValue].appliedFilter = filter
    }

    /// Puts a pane's rows in order.
    private mutating func rebuild(_ pane: PaneID) {
        let at = pane.rawValue
        var rows = indexes[at].rows(among: candidates(pane), onlyBad: panes[at].isOnlyBad)
        if let column = panes[at].sortColumn { rows = sorted(rows, pane, column) }
        panes[at].isDirty = false
        panes[at].builtAt = clock
        panes[at].names = names(pane)
        panes[at].take(rows, indexes[at])
        if !panes[at].marks.isEmpty { panes[at].marks = panes[at].marks.filter { facts.exists($0) } }
    }

    /// How wide the names of a pane are; some hundred of them speak for all.
    private func names(_ pane: PaneID) -> [(whole: Int, short: Int)] {
        let table = Pane.of(pane)
        let some = indexes[pane.rawValue].subjects.prefix(Limits.measuredNames)
        return table.columns.indices.map { column in
            let definition = table.columns[column]
            guard definition.isNames else { return (0, 0) }
            var widest = (whole: 0, short: 0)
            for subject in some {
                let text = table.word(subject, column, facts).text
                let whole = Screen.columns(of: text)
                let hasEnding = !definition.ending.isEmpty && text.hasSuffix(definition.ending)
                widest.whole = max(widest.whole, whole)
                widest.short = max(widest.short, whole - (hasEnding ? definition.ending.utf8.count : 0))
            }
            return widest
        }
    }

    private func sorted(_ rows: [Int32], _ pane: PaneID, _ column: Int) -> [Int32] {
        let table = Pane.of(pane)
        let index = indexes[pane.rawValue]
        let isDescending = panes[pane.rawValue].isDescending
        return rows.map { ($0, table.word(index.subjects[Int($0)], column, facts)) }
            .sorted { left, right in
                guard let precedes = Word.precedes(left.1, right.1) else { return left.0 < right.0 }
                let isUnknown = (left.1.number == nil) != (right.1.number == nil)
                return isUnknown ? precedes : precedes != isDescending
            }
            .map(\.0)
    }

    /// The rows that belong to every scope; nil when there is none.
    private func candidates(_ pane: PaneID) -> [Int32]? {
        guard let last = scopes.last else { return nil }
        let index = indexes[pane.rawValue]
        let links = scopes.map { facts.links(of: $0) }
        let near = pane == .units ? unitsNear(last, index) : nil
        let some = near ?? Array(0..<Int32(index.count))
        return some.filter { row in links.allSatisfy { $0.contains(index.subjects[Int(row)], facts) } }
    }

    /// The units of a server, VM or machine, found without looking at all units.
    private func unitsNear(_ subject: Subject, _ index: PaneIndex) -> [Int32]? {
        let links = facts.links(of: subject)
        guard links.unitsOfClusters.isEmpty else { return nil }
        var found: [Int32] = []
        for cluster in facts.inventory.clusters.keys.sorted() {
            for machine in links.machines.sorted() {
                for name in facts.inventory.clusters[cluster]?.unitsOn[machine] ?? [] {
                    let (place, isThere) = index.place(of: UnitKey(cluster, name))
                    if isThere { found.append(Int32(place)) }
                }
            }
        }
        return Array(Set(found)).sorted()
    }
}
