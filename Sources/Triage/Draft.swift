import Model

/// A problem while it is being found: those that are alike become one.
struct Draft {
    let key: Problem.Key
    var severity: Problem.Severity
    var subjects: [Subject] = []
    /// What is wrong where it is one object.
    var one = ""
    /// What is wrong where they are several; nil for the same words.
    var many: String?
    /// The name where it is not that of its objects.
    var title: String?
    var since: Timestamp?
    var vms: Set<ID<VM>> = []
    /// Machines whose VM is not known.
    var bare: Set<ID<Machine>> = []
    var clusters: Set<ID<Cluster>> = []
    var units = 0
    var evidence: [Problem.Evidence] = []
    var related = Problem.Related()
    var cause: Problem.Cause?
    var asOf: Timestamp?

    /// So many pieces of evidence are enough to decide by.
    private static let enough = 8

    init(_ key: Problem.Key, _ severity: Problem.Severity) {
        self.key = key
        self.severity = severity
    }

    /// The same under another key.
    init(_ other: Draft, as key: Problem.Key) {
        self.init(key, other.severity)
        join(other)
        one = other.one
        many = other.many
        title = other.title
        cause = other.cause
        asOf = other.asOf
    }

    /// Takes another one of its sort in.
    mutating func join(_ other: Draft) {
        worsen(other.severity)
        subjects += other.subjects
        if many == nil || withoutNumbers(many ?? "") != withoutNumbers(other.many ?? "") { many = key.kind.many }
        title = nil
        began(other.since)
        vms.formUnion(other.vms)
        bare.formUnion(other.bare)
        clusters.formUnion(other.clusters)
        units += other.units
        for one in other.evidence { say(one.at, one.from, one.text) }
        related.formUnion(other.related)
    }

    mutating func say(_ at: Timestamp?, _ from: String, _ text: String) {
        guard evidence.count < Self.enough else { return }
        evidence.append(Problem.Evidence(at: at, from: from, text: text))
    }

    /// The earlier moment counts; one that is not known says nothing.
    mutating func began(_ moment: Timestamp?) {
        guard let moment else { return }
        since = since.map { min($0, moment) } ?? moment
    }

    mutating func worsen(_ other: Problem.Severity) { severity = min(severity, other) }

    var touches: Problem.Touches {
        Problem.Touches(vms: vms.count, machines: bare.count, clusters: clusters.count, units: units)
    }
}

/// Looks for problems in what is known, and keeps what it found.
struct Survey {
    let inventory: Inventory
    let now: Timestamp
    let known: Known
    let log: EventLog
    var drafts: [Problem.Key: Draft] = [:]
    /// VMs of a cluster that are on their way into it.
    var coming: [ID<Cluster>: [ID<VM>]] = [:]
    /// What is thought to have taken a machine away.
    var takers: [ID<Machine>: Problem.Key] = [:]
    /// Machines that were lost, by cluster.
    var lost: [ID<Cluster>: [ID<Machine>]] = [:]
    /// Units that do not run as they should, and what is said of them.
    var failing: [UnitKey: Problem.Key] = [:]
    /// Sources that are silent now.
    var silent: [SourceID: (since: Timestamp, why: String?)] = [:]
    /// Machines that left, by the VM they ran in; those whose VM was removed are not missed.
    let goneByVM: [ID<VM>: GoneMachine]

    init(_ known: Known) {
        self.known = known
        inventory = known.inventory
        now = known.now
        log = EventLog(known.events, at: known.now)
        var goneByVM: [ID<VM>: GoneMachine] = [:]
        for left in known.inventory.gone.values {
            guard let vm = left.machine.vm, !known.inventory.isRemoved(vm) else { continue }
            if let other = goneByVM[vm], other.at >= left.at { continue }
            goneByVM[vm] = left
        }
        self.goneByVM = goneByVM
        for source in inventory.sources.keys {
            if let silence = inventory.silence(of: source, at: now) { silent[source] = silence }
        }
    }

    mutating func look() {
        findSources()
        findServers()
        findVMs()
        findLostMachines()
        findMachines()
        findClusters()
        findUnits()
        findOrders()
        link()
    }

    /// The problem of this kind and group with one more object, to say more of and to put back.
    ///
    /// It is taken out meanwhile: a list that is held twice would be copied for every object added.
    mutating func begin(
        _ kind: Problem.Kind, _ group: String, _ severity: Problem.Severity, _ subject: Subject?
    ) -> Draft {
        let key = Problem.Key(kind, group)
        var draft = drafts.removeValue(forKey: key) ?? Draft(key, severity)
        draft.worsen(severity)
        if let subject { draft.subjects.append(subject) }
        return draft
    }

    func silence(of cluster: ID<Cluster>) -> Timestamp? { silent[.cluster(cluster)]?.since }

    /// Whether a VM's machine is heard of now.
    func isHeard(_ vm: ID<VM>) -> Bool {
        inventory.machineOfVM[vm].map { silent[.cluster($0.cluster)] == nil } ?? false
    }

    func name(_ subject: Subject) -> String { inventory.name(of: subject) }

    /// The names of several objects, the first few in full: `a-1 a-2 a-3 +4`.
    func names(_ subjects: [Subject]) -> String {
        var seen: Set<String> = []
        let names = subjects.map { name($0) }
        let different = names.filter { seen.insert($0).inserted }
        if let only = different.first, different.count == 1, names.count > 1 { return "\(only) ×\(names.count)" }
        let shown = different.prefix(3).joined(separator: " ")
        return names.count > min(3, different.count) ? shown + " +\(names.count - min(3, different.count))" : shown
    }

    /// What a VM carries, added to what a problem touches.
    func touch(_ vm: ID<VM>, _ draft: inout Draft) {
        guard draft.vms.insert(vm).inserted else { return }
        draft.related.vms.insert(vm)
        if let cluster = inventory.vm(vm)?.cluster { draft.clusters.insert(cluster) }
        guard let place = inventory.machineOfVM[vm] else { return }
        draft.clusters.insert(place.cluster)
        draft.related.machines.insert(place.machine)
        draft.units += inventory.clusters[place.cluster]?.unitsOn[place.machine]?.count ?? 0
    }

    /// What a machine that left had, added to what a problem touches.
    func touch(_ left: GoneMachine, _ draft: inout Draft) {
        draft.related.machines.insert(left.machine.id)
        draft.clusters.insert(left.cluster)
        draft.units += left.units.count
        if let vm = left.machine.vm {
            draft.vms.insert(vm)
            draft.related.vms.insert(vm)
        } else {
            draft.bare.insert(left.machine.id)
        }
    }
}
