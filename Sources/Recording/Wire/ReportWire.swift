import Model

/// One line of a recording: what a source told.
///
/// A later version may know more kinds of it; those are passed over.
struct ReportWire: Codable {
    /// Milliseconds since 1970; the first key of every line.
    var at: Int64
    var kind: String
    var source: String
    var revision: Int64?
    var why: String?
    var cloud: CloudWire?
    var cluster: ClusterWire?
    var machines: [MachineWire]?
    var units: [UnitWire]?
    var leaving: [UnitWire]?
    var drains: [String]?
    var isRestored: Bool?
    var events: [EventWire]?
    var of: String?
    var changes: [ChangeWire]?
    var machine: String?
    var used: UsedWire?
    var uptime: Int64?
    var unitsUsed: [String: UsedWire]?

    init(_ report: Report, at now: Timestamp) {
        at = now.milliseconds
        source = report.source.text
        revision = report.revision == 0 ? nil : report.revision
        switch report.body {
        case .quiet: kind = "quiet"
        case .silent(let why):
            kind = "silent"
            self.why = why
        case .cloud(let contents):
            kind = "cloud"
            cloud = CloudWire(contents)
        case .cluster(let contents):
            kind = "cluster"
            cluster = ClusterWire(contents.cluster)
            machines = contents.machines.map { MachineWire($0) }
            units = contents.units.map { UnitWire($0) }
            leaving = contents.leaving.isEmpty ? nil : contents.leaving.map { UnitWire($0) }
            drains = contents.drains.map { $0.map(\.text).sorted() }
            isRestored = contents.isRestored ? true : nil
        case .events(let events):
            kind = "events"
            self.events = events.map { EventWire($0) }
        case .changes(let cluster, let changes):
            kind = "changes"
            of = cluster.text
            self.changes = changes.map { ChangeWire($0) }
        case .figures(let cluster, let machine, let figures, let units):
            kind = "figures"
            of = cluster.text
            self.machine = machine.text
            used = UsedWire(UnitFigures(cpuPercent: figures.cpuPercent, memoryBytes: figures.memoryBytes))
            uptime = figures.uptime?.milliseconds
            let all = units.map { ($0.key.text, UsedWire($0.value)) }
            unitsUsed = all.isEmpty ? nil : Dictionary(all) { first, _ in first }
        }
    }

    /// What changed of a cloud that was told of before.
    init(_ contents: CloudContents, since old: CloudContents, of report: Report, at now: Timestamp) {
        at = now.milliseconds
        kind = "cloudChanges"
        source = report.source.text
        cloud = CloudWire(contents, since: old)
    }

    /// nil for a kind that this version does not know, and for a change of a cloud that was never told of.
    func report(clouds: inout [ID<Cloud>: CloudContents]) -> Report? {
        body(&clouds).map {
            Report(
                source: SourceID(source.safe), revision: revision ?? 0, observedAt: Timestamp(milliseconds: at),
                body: $0)
        }
    }

    private func body(_ clouds: inout [ID<Cloud>: CloudContents]) -> Report.Body? {
        switch kind {
        case "quiet": return .quiet
        case "silent": return .silent(why.safe ?? "")
        case "cloud", "cloudChanges":
            guard let cloud else { return nil }
            var contents = cloud.model
            if kind == "cloudChanges" {
                guard let old = clouds[contents.cloud.id] else { return nil }
                contents = cloud.applied(to: old)
            }
            clouds[contents.cloud.id] = contents
            return .cloud(contents)
        case "cluster":
            guard let cluster else { return nil }
            var contents = ClusterContents(
                cluster: cluster.model, machines: (machines ?? []).map(\.model),
                units: (units ?? []).compactMap(\.model), drains: drains.map { Set($0.map { ID($0.safe) }) })
            contents.isRestored = isRestored ?? false
            contents.leaving = (leaving ?? []).compactMap(\.model).map { Unit.destroyed($0.name, $0.states) }
            return .cluster(contents)
        case "events": return .events((events ?? []).compactMap(\.model))
        case "changes": return of.map { .changes(ID($0.safe), (changes ?? []).compactMap(\.model)) }
        case "figures": return figures
        default: return nil
        }
    }

    private var figures: Report.Body? {
        guard let of, let machine else { return nil }
        let own = MachineFigures(
            cpuPercent: used?.cpuPercent, memoryBytes: used?.memoryBytes,
            uptime: uptime.map { Duration.milliseconds($0) })
        let units = (unitsUsed ?? [:]).compactMap { name, used in (try? UnitName(name)).map { ($0, used.model) } }
        return .figures(ID(of.safe), ID(machine.safe), own, Dictionary(units) { first, _ in first })
    }
}

/// Something that happened, as a recording has it.
struct EventWire: Codable {
    var at: Int64
    var weight: Int
    var subject: [String]
    var text: String
    var kind: String?

    init(_ event: FarmEvent) {
        kind = event.kind == .told ? nil : "\(event.kind)"
        at = event.at.milliseconds
        weight = event.weight.rawValue
        subject = Self.words(event.subject)
        text = event.text
    }

    var model: FarmEvent? {
        guard let subject = Self.subject(subject) else { return nil }
        return FarmEvent(
            at: Timestamp(milliseconds: at), weight: FarmEvent.Weight(rawValue: weight) ?? .note, subject: subject,
            text: text.safe, kind: FarmEvent.Kind.allCases.first { "\($0)" == kind } ?? .told)
    }

    private static func words(_ subject: Subject) -> [String] {
        switch subject {
        case .cloud(let id): ["cloud", id.text]
        case .server(let id): ["server", id.text]
        case .vm(let id): ["vm", id.text]
        case .cluster(let id): ["cluster", id.text]
        case .machine(let cluster, let id): ["machine", cluster.text, id.text]
        case .unit(let key): ["unit", key.cluster.text, key.name.text]
        case .source(let id): ["source", id.text]
        }
    }

    private static func subject(_ words: [String]) -> Subject? {
        let words = words.map(\.safe)
        switch (words.first, words.count) {
        case ("cloud", 2): return .cloud(ID(words[1]))
        case ("server", 2): return .server(ID(words[1]))
        case ("vm", 2): return .vm(ID(words[1]))
        case ("cluster", 2): return .cluster(ID(words[1]))
        case ("machine", 3): return .machine(ID(words[1]), ID(words[2]))
        case ("unit", 3): return (try? UnitName(words[2])).map { .unit(UnitKey(ID(words[1]), $0)) }
        case ("source", 2): return .source(SourceID(words[1]))
        default: return nil
        }
    }
}

/// One change of a cluster's store, as a recording has it.
struct ChangeWire: Codable {
    var what: String
    var id: String?
    var flag: Bool?
    var text: String?
    var count: Int?
    var revision: Int64?
    var machine: MachineWire?
    var file: [UnitWire.Option]?
    var placement: PlacementWire?
    var waiting: WaitingWire?
    var move: MoveWire?
    var roll: RollWire?
    var state: StateWire?
    var members: [MemberWire]?
    var event: EventWire?

    init(_ change: ClusterChange) {
        switch change {
        case .machine(let machine):
            what = "machine"
            self.machine = MachineWire(machine)
        case .machineGone(let machine): (what, id) = ("machineGone", machine.text)
        case .draining(let machine, let isDraining): (what, id, flag) = ("draining", machine.text, isDraining)
        case .rival(let machine, let rival): (what, id, text) = ("rival", machine.text, rival)
        case .unit(let name, let file, let desired, let revision):
            (what, id, text, self.revision) = ("unit", name.text, desired.rawValue, revision)
            self.file = UnitWire.options(file)
        case .unitGone(let name): (what, id) = ("unitGone", name.text)
        case .placement(let name, let placement):
            (what, id) = ("placement", name.text)
            self.placement = placement.map { PlacementWire($0) }
        case .waiting(let name, let waiting):
            (what, id) = ("waiting", name.text)
            self.waiting = waiting.map { WaitingWire($0) }
        case .move(let name, let move):
            (what, id) = ("move", name.text)
            self.move = move.map { MoveWire($0) }
        case .roll(let name, let roll):
            (what, id) = ("roll", name.text)
            self.roll = roll.map { RollWire($0) }
        case .state(let name, let machine, let state):
            (what, id, text) = ("state", name.text, machine.text)
            self.state = state.map { StateWire($0) }
        case .leader(let machine): (what, id) = ("leader", machine?.text)
        case .wanted(let count): (what, self.count) = ("wanted", count)
        case .access(let mayWrite): (what, flag) = ("access", mayWrite)
        case .members(let members):
            what = "members"
            self.members = members.map { MemberWire($0) }
        case .event(let event):
            what = "event"
            self.event = EventWire(event)
        }
    }

    /// nil for a change that this version does not know, or that lacks a part.
    var model: ClusterChange? {
        switch what {
        case "machine": machine.map { .machine($0.model) }
        case "leader": .leader(id.safe.map { ID($0) })
        case "wanted": .wanted(count)
        case "members": members.map { .members($0.map(\.model)) }
        case "access": flag.map { .access($0) }
        case "event": event?.model.map { .event($0) }
        case "machineGone", "draining", "rival": id.flatMap { ofMachine(ID($0.safe)) }
        default: id.flatMap { try? UnitName($0) }.flatMap { ofUnit($0) }
        }
    }

    private func ofMachine(_ id: ID<Machine>) -> ClusterChange? {
        switch what {
        case "machineGone": .machineGone(id)
        case "draining": .draining(id, flag ?? false)
        default: .rival(id, text.safe)
        }
    }

    private func ofUnit(_ name: UnitName) -> ClusterChange? {
        switch what {
        case "unit":
            .unit(
                name, UnitWire.file(file ?? []), text.flatMap { DesiredState(rawValue: $0) } ?? .inactive,
                revision: revision ?? 0)
        case "unitGone": .unitGone(name)
        case "placement": .placement(name, placement?.model)
        case "waiting": .waiting(name, waiting?.model)
        case "move": .move(name, move?.model)
        case "roll": .roll(name, roll?.model)
        case "state": text.map { .state(name, ID($0.safe), state?.model) }
        default: nil
        }
    }
}
