import Model
import Screen

extension Pane {
    static let clusters = Pane(
        id: .clusters, title: "Clusters",
        columns: [
            Column(
                key: "name", title: "NAME", width: 12, least: 10, growth: 20, priority: 0, fit: .middle, isNames: true),
            Column(
                key: "machines", title: "MACHINES", short: "MCH", width: 8, least: 3, priority: 0, isSearched: false),
            Column(key: "units", title: "UNITS", width: 11, least: 8, priority: 0, isSearched: false),
            Column(
                key: "leader", title: "LEADER", width: 12, least: 6, growth: 16, priority: 1, fit: .middle,
                isNames: true),
            Column(key: "quorum", title: "QUORUM", width: 6, priority: 3, isSearched: false),
            Column(key: "customer", title: "CUSTOMER", width: 12, priority: 6, isForZoom: true),
            Column(key: "rev", title: "REV", width: 8, priority: 5, fit: .right, isSearched: false, isForZoom: true),
            Column(key: "store", title: "STORE", width: 24, priority: 7, isForZoom: true),
            Column(key: "elected", title: "ELECTED", width: 10, least: 6, priority: 8, fit: .middle, isForZoom: true),
            Column(key: "db", title: "DB", width: 7, priority: 8, fit: .right, isSearched: false, isForZoom: true),
            Column(key: "note", title: "NOTE", width: 18, least: 10, growth: 1_000, priority: 4),
        ],
        word: { subject, column, facts in
            guard case .cluster(let id) = subject else { return .none }
            return facts.inventory.clusters[id].map { facts.word(of: $0, column) } ?? facts.word(ofUnread: id, column)
        },
        entries: { facts in
            let read = facts.inventory.clusters.values.map { ($0.cluster.name, $0.cluster.id, facts.condition($0)) }
            let unread = facts.vmsOf.keys.filter { facts.inventory.clusters[$0] == nil }
                .map { ($0.text, $0, Condition.idle) }
            return (read + unread).sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { (.cluster($0.1), $0.2) }
        },
        emptiness: "no cluster in this context")
}

extension Facts {
    fileprivate func word(of part: Inventory.ClusterPart, _ column: Int) -> Word {
        let cluster = part.cluster
        switch column {
        case 0: return Word(cluster.name, face(of: cluster.id))
        case 1: return machines(part)
        case 2: return units(cluster.id)
        case 3:
            if cluster.isLeaderless { return Word("none", .critical) }
            return cluster.leader.map { Word(inventory.name(of: $0, in: cluster.id)) } ?? .none
        case 4: return quorum(cluster)
        case 5: return cluster.customer.map { Word(customerName($0)) } ?? .none
        case 6: return cluster.kind == .fleet ? .none : Word("\(part.revision)", .dim, number: Double(part.revision))
        case 7: return cluster.store.map { Word($0, .dim) } ?? .none
        case 8: return electedMember(cluster)
        case 9: return database(cluster)
        default: return note(part)
        }
    }

    /// A cluster that is known by its VMs alone.
    fileprivate func word(ofUnread id: ID<Cluster>, _ column: Int) -> Word {
        let vms = (vmsOf[id] ?? []).compactMap { inventory.vm($0) }
        switch column {
        case 0: return Word(id.text, .dim)
        case 1: return Word("–/\(vms.count)", .dim, number: Double(vms.count))
        case 5: return vms.compactMap(\.customer).first.map { Word(customerName($0)) } ?? .none
        case 10:
            return Word(
                vms.contains(where: \.isByDiscovery) ? "VMs by discovery token" : "VMs only: no store here", .dim)
        default: return .none
        }
    }

    private func machines(_ part: Inventory.ClusterPart) -> Word {
        let there = part.machines.count
        guard let wanted = part.cluster.wanted else { return Word("\(there)", number: Double(there)) }
        return Word("\(there)/\(wanted)", there == wanted ? .text : .changing, number: Double(there))
    }

    private func units(_ id: ID<Cluster>) -> Word {
        let counts = self.counts[id] ?? UnitCounts()
        var text = "\(counts.all)"
        for condition in [Condition.critical, .warning, .waiting, .changing] where counts[condition] > 0 {
            text += " \(condition.mark)\(counts[condition])"
        }
        let worst = Condition.allCases.first { counts[$0] > 0 } ?? .idle
        return Word(text, worst.isBad ? worst.face : .text, number: Double(counts.all))
    }

    func quorum(_ cluster: Cluster) -> Word {
        guard !cluster.members.isEmpty else { return .none }
        let answering = cluster.members.count { $0.isAnswering }
        let isComplete = cluster.silentMembers.isEmpty
        let face: Face = cluster.hasQuorum == false ? .critical : isComplete ? .good : .warning
        let mark = cluster.hasQuorum == false ? Condition.critical.mark : isComplete ? "" : Condition.warning.mark
        return Word("\(mark)\(answering)/\(cluster.members.count)", face, number: Double(answering))
    }

    /// The member of the store that leads its quorum; who leads the cluster's units is another matter.
    private func electedMember(_ cluster: Cluster) -> Word {
        if cluster.members.isEmpty { return .none }
        return cluster.members.first(where: \.isLeader).map { Word($0.name) } ?? Word("none", .critical)
    }

    /// The largest member's database: the first to be full.
    private func database(_ cluster: Cluster) -> Word {
        let largest = cluster.members.compactMap(\.databaseBytes).max()
        let word = Figure.bytes(largest)
        let isFull = cluster.members.contains { $0.alarms.contains("no space") }
        return Word(word.text, isFull ? .critical : word.face, number: Double(largest ?? 0))
    }

    func customerName(_ id: ID<Customer>) -> String {
        for cloud in inventory.clouds.keys.sorted() {
            if let customer = inventory.clouds[cloud]?.customers[id] { return customer.name }
        }
        return id.text
    }

    private func note(_ part: Inventory.ClusterPart) -> Word {
        if let trouble = part.cluster.storeTrouble { return Word(trouble, .critical) }
        if part.cluster.isLeaderless { return Word("no leading scheduler", .critical) }
        if let silent = part.cluster.silentMembers.first {
            let others = part.cluster.silentMembers.count - 1
            return Word("store's member \(silent.name) is silent" + (others > 0 ? " +\(others)" : ""), .warning)
        }
        if let wanted = part.cluster.wanted, wanted != part.machines.count {
            let missing = wanted - part.machines.count
            return Word(missing > 0 ? "\(missing) to come" : "\(-missing) to go", .changing)
        }
        if part.cluster.mayWrite == false { return Word("your role only looks", .dim) }
        if part.cluster.isProtected { return Word("protected", .dim) }
        return part.cluster.kind == .fleet ? Word("driven by fleet", .dim) : .empty
    }
}
