import Model

extension Survey {
    mutating func findClusters() {
        for id in inventory.clusters.keys.sorted() {
            guard let part = inventory.clusters[id] else { continue }
            if let trouble = part.cluster.storeTrouble { addTrouble(trouble, part) }
            if part.cluster.storeTrouble == nil, !part.cluster.silentMembers.isEmpty { addSilentMembers(part) }
            if part.cluster.isLeaderless { addLeaderless(part) }
            if let event = log.last(.restored, .cluster(id)), now.since(event.at) < .seconds(900) {
                addRestored(event, part)
            }
            if silence(of: id) == nil { addSize(part) }
        }
    }

    private func touchAll(_ part: Inventory.ClusterPart, _ draft: inout Draft) {
        draft.clusters = [part.cluster.id]
        draft.units = part.units.count
        draft.related.clusters = [part.cluster.id]
    }

    private mutating func addTrouble(_ trouble: String, _ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        var draft = begin(.storeTrouble, id.text, .critical, .cluster(id))
        draft.one = "needs help: its \(trouble)"
        if part.cluster.hasQuorum == false {
            let answering = part.cluster.members.count { $0.isAnswering }
            draft.one =
                "has lost its store's quorum, \(answering) of \(part.cluster.members.count) members answer: units "
                + "run on, nothing can be changed"
        }
        touchAll(part, &draft)
        draft.began(log.last(.member, .cluster(id)) { $0.weight == .critical }?.at ?? silence(of: id))
        sayMembers(part, &draft)
        draft.say(nil, "advice", trouble)
        if !part.machines.isEmpty {
            draft.say(
                inventory.sources[.cluster(id)]?.answeredAt, "store of \(id)",
                "\(count(part.machines.count, "machine")) \(part.machines.count == 1 ? "was" : "were") in it")
        }
        drafts[draft.key] = draft
    }

    private func sayMembers(_ part: Inventory.ClusterPart, _ draft: inout Draft) {
        for member in part.cluster.members.sorted(by: { ($0.name, $0.endpoint) < ($1.name, $1.endpoint) }) {
            guard member.isAsked else { continue }
            var text = member.isAnswering ? "answers" : "does not answer"
            if member.isAnswering, !member.hasLeader { text += ", knows no leader" }
            for alarm in member.alarms { text += ", complains: \(alarm)" }
            draft.say(nil, "member \(member.name)", text)
        }
    }

    private mutating func addSilentMembers(_ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        let silent = part.cluster.silentMembers.map(\.name).sorted()
        var draft = begin(.memberSilent, id.text, .warning, .cluster(id))
        let names = silent.joined(separator: " ")
        draft.one =
            "has \(silent.count) of \(part.cluster.members.count) store members silent (\(names)): "
            + "it has its quorum still"
        draft.began(log.last(.member, .cluster(id)) { $0.weight == .warning }?.at)
        draft.clusters = [id]
        draft.related.clusters = [id]
        sayMembers(part, &draft)
        drafts[draft.key] = draft
    }

    private mutating func addLeaderless(_ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        let told = log.last(.leader, .cluster(id)) { $0.weight == .warning }
        var draft = begin(.noLeader, id.text, .critical, .cluster(id))
        draft.one =
            part.machines.isEmpty
            ? "has no machine, so no leading scheduler" : "has no leading scheduler: nothing is placed or moved"
        draft.began(told?.at)
        touchAll(part, &draft)
        draft.say(told?.at, "store of \(id)", "nobody holds the scheduler's lease")
        draft.say(nil, "store of \(id)", "\(count(part.machines.count, "machine")) \(isAre(part.machines.count)) in it")
        drafts[draft.key] = draft
    }

    private mutating func addRestored(_ event: FarmEvent, _ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        var draft = begin(.restored, id.text, .warning, .cluster(id))
        draft.one = "has another store, or one that was restored: what was asked since that copy is forgotten"
        draft.began(event.at)
        touchAll(part, &draft)
        draft.say(event.at, "store of \(id)", event.text)
        drafts[draft.key] = draft
    }

    /// Fewer or more machines than wanted: on the way, or not.
    private mutating func addSize(_ part: Inventory.ClusterPart) {
        let id = part.cluster.id
        guard let wanted = part.cluster.wanted, wanted != part.machines.count else { return }
        let there = part.machines.count
        let asked = log.last(.scale, .cluster(id))
        let coming = (self.coming[id] ?? []).sorted()
        let lastLoss = (lost[id] ?? []).compactMap { inventory.gone[$0]?.at }.max()
        let isYoung = asked.map { now.since($0.at) < .seconds(60) && (lastLoss ?? .zero) < $0.at } ?? false
        if wanted < there || !coming.isEmpty || isYoung {
            var draft = begin(.growth, id.text, .changing, .cluster(id))
            draft.one = "\(wanted > there ? "grows" : "shrinks") to \(wanted) machines, \(there) \(isAre(there)) there"
            if !coming.isEmpty { draft.one += "; on the way: \(names(coming.map { .vm($0) }))" }
            draft.began(asked?.at ?? coming.compactMap { inventory.vm($0)?.created }.min())
            draft.clusters = [id]
            draft.related.clusters = [id]
            for vm in coming { touch(vm, &draft) }
            draft.cause = .asked
            for vm in coming.prefix(6) {
                guard let vm = inventory.vm(vm) else { continue }
                let word = vm.state == .active ? "is active, not joined yet" : "is \(vm.state.word)"
                draft.say(vm.created, "cloud \(vm.cloud)", "\(vm.name) \(word)")
            }
            drafts[draft.key] = draft
            return
        }
        addShort(part, wanted, asked)
    }

    private mutating func addShort(_ part: Inventory.ClusterPart, _ wanted: Int, _ asked: FarmEvent?) {
        let id = part.cluster.id
        let left = (lost[id] ?? []).compactMap { inventory.gone[$0]?.at }.min()
        var draft = begin(.clusterShort, id.text, .warning, .cluster(id))
        draft.one =
            "has \(part.machines.count) of \(count(wanted, "machine")) that are wanted, and none is on its way"
        draft.began(left ?? asked?.at)
        draft.clusters = [id]
        draft.related.clusters = [id]
        draft.say(asked?.at, "store of \(id)", "wants \(count(wanted, "machine"))")
        drafts[draft.key] = draft
    }
}
