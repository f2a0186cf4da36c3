import Model

/// Units that fail: which of them fail alike, since which file, and on which machines alone.
extension Survey {
    /// A file that was changed so long before the first failure is suspected.
    static let release: Duration = .seconds(900)
    /// So many different units failing on one machine alone speak against the machine.
    static let sick = 3

    mutating func addFailure(_ state: UnitState, _ unit: Unit, _ machine: ID<Machine>, _ key: UnitKey) {
        let hash = (state.hash ?? unit.file.hash).short
        let isCrashing = state.active != .failed
        let isBad = !isCrashing || state.restarts >= 3
        let began = firstFailure(key) ?? state.since
        var draft = begin(.unitFails, "\(family(of: key.name)) \(hash)", isBad ? .critical : .warning, .unit(key))
        draft.began(began)
        draft.units += 1
        draft.clusters.insert(key.cluster)
        draft.related.families.insert(family(of: key.name))
        draft.related.clusters.insert(key.cluster)
        draft.related.machines.insert(machine)
        if let vm = inventory.clusters[key.cluster]?.machines[machine]?.vm {
            draft.vms.insert(vm)
        } else {
            draft.bare.insert(machine)
        }
        let times = state.restarts > 0 ? ", restarted \(state.restarts)×" : ""
        let name = inventory.name(of: machine, in: key.cluster)
        draft.say(state.since, "machine \(name)", said(state, key) + times)
        draft.one = failure(state, on: name)
        draft.many = isCrashing ? "crash again and again" : "fail"
        drafts[draft.key] = draft
    }

    private func failure(_ state: UnitState, on machine: String) -> String {
        let note = state.note.map { ": \($0)" } ?? ""
        guard state.active != .failed, state.restarts >= 3 else {
            let times = state.restarts > 0 ? " after \(count(state.restarts, "restart"))" : ""
            if state.active == .active { return "was restarted by itself on \(machine) \(state.restarts)×\(note)" }
            return state.active == .failed ? "failed on \(machine)\(times)\(note)" : "restarts on \(machine)\(note)"
        }
        return "crashes again and again on \(machine), \(state.restarts)×\(note)"
    }

    /// When the failing began that goes on: the first failure after which it was never well for long.
    private func firstFailure(_ key: UnitKey) -> Timestamp? {
        var first: Timestamp?
        var last: Timestamp?
        for event in log[.unit(key)] where event.kind == .failed || event.kind == .restarted {
            if let before = last, event.at.since(before) > .seconds(300) { first = nil }
            first = first ?? event.at
            last = event.at
        }
        return first
    }

    /// Says of units that fail alike on how many machines they do, how often, and since which file.
    mutating func nameFailures() {
        for key in drafts.keys.sorted() where key.kind == .unitFails {
            guard var draft = drafts[key] else { continue }
            let places = draft.vms.count + draft.bare.count
            let units = Set(draft.subjects)
            draft.subjects = draft.subjects.filter { units.contains($0) }.reduce(into: []) {
                if $0.last != $1 { $0.append($1) }
            }
            if places > 1 {
                let clusters = draft.clusters.count > 1 ? " in \(draft.clusters.count) clusters" : ""
                let isCrashing = draft.many?.hasPrefix("crash") ?? false
                draft.one = (isCrashing ? "crashes again and again" : "fails") + " on \(places) machines\(clusters)"
                draft.many = (isCrashing ? "crash again and again" : "fail") + " on \(places) machines\(clusters)"
            }
            tellRestarts(&draft)
            tellRelease(&draft)
            drafts[key] = draft
        }
    }

    private func tellRestarts(_ draft: inout Draft) {
        let keys: [UnitKey] = draft.subjects.compactMap { if case .unit(let key) = $0 { key } else { nil } }
        let recent = keys.reduce(0) { sum, key in
            sum
                + log[.unit(key)].count {
                    ($0.kind == .restarted || $0.kind == .failed) && now.since($0.at) <= .seconds(300)
                }
        }
        if recent >= 2 { draft.say(now, "events", "failed or restarted \(recent) times in the last 5 minutes") }
    }

    private func tellRelease(_ draft: inout Draft) {
        guard let since = draft.since else { return }
        var changes: [FarmEvent] = []
        for subject in draft.subjects {
            guard case .unit(let key) = subject else { continue }
            let template = key.name.template.map { Subject.unit(UnitKey(key.cluster, $0)) }
            for one in [subject, template].compactMap({ $0 }) {
                changes += log[one].filter { $0.kind == .newFile || $0.kind == .stored }
            }
        }
        let before = changes.filter { $0.at <= since && since.since($0.at) <= Self.release }
        guard let change = before.max(by: { $0.at < $1.at }) else { return }
        let ago = since.since(change.at)
        let when = ago < .seconds(1) ? "just" : ago.brief
        let isNew = change.kind == .newFile
        draft.one += isNew ? ", since its file changed \(when) before" : ", since it was stored \(when) before"
        draft.many? += isNew ? ", since their file changed \(when) before" : ", since they were stored \(when) before"
        draft.say(change.at, "store of \(clusterName(change.subject))", "\(name(change.subject)) \(change.text)")
        if draft.cause == nil {
            draft.cause = .unsure(
                isNew ? "its new file: it fails since that came" : "its file: it fails since it was stored")
        }
    }

    private func clusterName(_ subject: Subject) -> String {
        if case .unit(let key) = subject { key.cluster.text } else { "" }
    }

    /// Different units that fail on one machine and nowhere else: the machine, not they.
    mutating func findSick() {
        var places: [Problem.Key: Set<ID<Machine>>] = [:]
        for (key, draft) in drafts where key.kind == .unitFails { places[key] = draft.related.machines }
        var only: [ID<Machine>: [Problem.Key]] = [:]
        for (key, machines) in places where machines.count == 1 {
            if let machine = machines.first { only[machine, default: []].append(key) }
        }
        for (id, keys) in only.sorted(by: { $0.key < $1.key }) where keys.count >= Self.sick {
            let sorted = keys.sorted()
            guard let cluster = drafts[sorted[0]]?.clusters.first,
                let machine = inventory.clusters[cluster]?.machines[id]
            else { continue }
            addSick(machine, cluster, sorted)
        }
    }

    private mutating func addSick(_ machine: Machine, _ cluster: ID<Cluster>, _ keys: [Problem.Key]) {
        let subject = machine.vm.flatMap { inventory.vm($0) }.map { Subject.vm($0.id) } ?? .machine(cluster, machine.id)
        let root = Problem.Key(.machineSick, "\(cluster) \(machine.id)")
        let since = keys.compactMap { drafts[$0]?.since }.min()
        let failing = keys.reduce(0) { $0 + (drafts[$1]?.subjects.count ?? 0) }
        var draft = begin(.machineSick, root.group, .critical, subject)
        draft.one = "has \(failing) different units failing that fail nowhere else"
        draft.began(since)
        draft.related.machines = [machine.id]
        draft.clusters = [cluster]
        draft.units = failing
        if let vm = machine.vm { draft.vms = [vm] } else { draft.bare = [machine.id] }
        draft.cause = .unsure("the machine itself: what fails there fails nowhere else")
        for key in keys.prefix(5) {
            if let first = drafts[key]?.evidence.first { draft.say(first.at, first.from, first.text) }
        }
        drafts[draft.key] = draft
        for key in keys { drafts[key]?.cause = .because(root, "it fails on that machine alone") }
    }
}
