import Model

/// A cluster without its machines and units, as a recording has it.
struct ClusterWire: Codable {
    var id: String
    var name: String
    var customer: String?
    var store: String?
    var leader: String?
    var members: [MemberWire]
    var wanted: Int?
    var flavor: String?
    var image: String?
    var isProtected: Bool?
    var overlay: String?
    var mayWrite: Bool?
    var kind: String?

    init(_ cluster: Cluster) {
        id = cluster.id.text
        name = cluster.name
        customer = cluster.customer?.text
        store = cluster.store
        leader = cluster.leader?.text
        members = cluster.members.map { MemberWire($0) }
        wanted = cluster.wanted
        flavor = cluster.flavor
        image = cluster.image
        isProtected = cluster.isProtected ? true : nil
        overlay = cluster.overlay
        mayWrite = cluster.mayWrite
        kind = cluster.kind == .own ? nil : cluster.kind.rawValue
    }

    var model: Cluster {
        var cluster = Cluster(
            id: ID(id.safe), name: name.safe, customer: customer.safe.map { ID($0) }, store: store.safe,
            leader: leader.safe.map { ID($0) }, members: members.map(\.model), wanted: wanted, flavor: flavor.safe,
            image: image.safe, isProtected: isProtected ?? false)
        cluster.overlay = overlay.safe
        cluster.mayWrite = mayWrite
        cluster.kind = kind.flatMap { Cluster.Kind(rawValue: $0) } ?? .own
        return cluster
    }
}

/// A member of a store, as a recording has it.
struct MemberWire: Codable {
    var name: String
    var endpoint: String
    var isLeader: Bool
    var isAnswering: Bool
    var isAsked: Bool
    var hasLeader: Bool
    var isLearner: Bool?
    var version: String?
    var databaseBytes: Int64?
    var alarms: [String]?

    init(_ member: Member) {
        name = member.name
        endpoint = member.endpoint
        isLeader = member.isLeader
        isAnswering = member.isAnswering
        isAsked = member.isAsked
        hasLeader = member.hasLeader
        isLearner = member.isLearner ? true : nil
        version = member.version
        databaseBytes = member.databaseBytes
        alarms = member.alarms.isEmpty ? nil : member.alarms
    }

    var model: Member {
        Member(
            name: name.safe, endpoint: endpoint.safe, isLeader: isLeader, isAnswering: isAnswering, isAsked: isAsked,
            hasLeader: hasLeader, isLearner: isLearner ?? false, version: version.safe, databaseBytes: databaseBytes,
            alarms: (alarms ?? []).map(\.safe))
    }
}

/// A machine, as a recording has it.
struct MachineWire: Codable {
    var id: String
    var name: String
    var vm: String?
    var address: String
    var metadata: [String: String]?
    var milliCPU: Int
    var memoryMiB: Int
    var version: String
    var started: Int64?
    var isDraining: Bool?
    var rival: String?

    init(_ machine: Machine) {
        id = machine.id.text
        name = machine.name
        vm = machine.vm?.text
        address = machine.address
        metadata = machine.metadata.isEmpty ? nil : machine.metadata
        milliCPU = machine.milliCPU
        memoryMiB = machine.memoryMiB
        version = machine.version
        started = machine.started?.milliseconds
        isDraining = machine.isDraining ? true : nil
        rival = machine.rival
    }

    var model: Machine {
        var machine = Machine(
            id: ID(id.safe), name: name.safe, vm: vm.safe.map { ID($0) }, address: address.safe,
            metadata: (metadata ?? [:]).safe, milliCPU: milliCPU, memoryMiB: memoryMiB, version: version.safe,
            started: started.map { Timestamp(milliseconds: $0) }, isDraining: isDraining ?? false)
        machine.rival = rival.safe
        return machine
    }
}

/// A unit with its file and what its machines say, as a recording has it.
struct UnitWire: Codable {
    struct Option: Codable {
        var section: String
        var name: String
        var value: String
    }

    var name: String
    var file: [Option]
    var desired: String
    var placement: PlacementWire?
    var waiting: WaitingWire?
    var move: MoveWire?
    var roll: RollWire?
    var states: [String: StateWire]?
    var revision: Int64

    init(_ unit: Unit) {
        name = unit.name.text
        file = Self.options(unit.file)
        desired = unit.desired.rawValue
        placement = unit.placement.map { PlacementWire($0) }
        waiting = unit.waiting.map { WaitingWire($0) }
        move = unit.move.map { MoveWire($0) }
        roll = unit.roll.map { RollWire($0) }
        let all = unit.states.map { ($0.key.text, StateWire($0.value)) }
        states = all.isEmpty ? nil : Dictionary(all) { first, _ in first }
        revision = unit.revision
    }

    /// nil when the name is none.
    var model: Unit? {
        guard let name = try? UnitName(name) else { return nil }
        let states = (self.states ?? [:]).map { (ID<Machine>($0.key.safe), $0.value.model) }
        var unit = Unit(
            name: name, file: Self.file(file), desired: DesiredState(rawValue: desired) ?? .inactive,
            placement: placement?.model, waiting: waiting?.model, states: Dictionary(states) { first, _ in first },
            revision: revision)
        unit.move = move?.model
        unit.roll = roll?.model
        return unit
    }

    static func options(_ file: UnitFile) -> [Option] {
        file.options.map { Option(section: $0.section, name: $0.name, value: $0.value) }
    }

    static func file(_ options: [Option]) -> UnitFile {
        UnitFile(
            options: options.map {
                UnitFile.Option(
                    section: $0.section.safe, name: $0.name.safe,
                    value: SafeText.block(String($0.value.prefix(UnitFile.bytesMax))))
            })
    }
}

struct PlacementWire: Codable {
    var machine: String
    var why: String?
    var since: Int64?
    var revision: Int64?

    init(_ placement: Placement) {
        machine = placement.machine.text
        why = placement.why.isEmpty ? nil : placement.why
        since = placement.since?.milliseconds
        revision = placement.revision
    }

    var model: Placement {
        Placement(
            machine: ID(machine.safe), why: why.safe ?? "", since: since.map { Timestamp(milliseconds: $0) },
            revision: revision ?? 0)
    }
}

struct WaitingWire: Codable {
    var why: String
    var since: Int64?

    init(_ waiting: Unit.Waiting) {
        why = waiting.why
        since = waiting.since?.milliseconds
    }

    var model: Unit.Waiting { Unit.Waiting(why: why.safe, since: since.map { Timestamp(milliseconds: $0) }) }
}

struct RollWire: Codable {
    var file: [UnitWire.Option]
    var machines: [String]

    init(_ roll: Roll) {
        file = UnitWire.options(roll.file)
        machines = roll.machines.map(\.text).sorted()
    }

    var model: Roll { Roll(file: UnitWire.file(file), machines: Set(machines.map { ID($0.safe) })) }
}

/// A wish to reschedule, as a recording has it.
struct MoveWire: Codable {
    var to: String?
    var refusal: String?

    init(_ move: Move) {
        to = move.to?.text
        refusal = move.refusal
    }

    var model: Move { Move(to: to.safe.map { ID($0) }, refusal: refusal.safe) }
}

/// What a machine says of a unit, as a recording has it.
struct StateWire: Codable {
    var load: String
    var active: String
    var sub: String
    var hash: String?
    var isLaunched: Bool
    var since: Int64?
    var restarts: Int?
    var note: String?
    var pid: Int32?
    var hasJob: Bool?
    var figures: UsedWire?

    init(_ state: UnitState) {
        load = state.load
        active = state.active.word
        sub = state.sub
        hash = state.hash?.hex
        isLaunched = state.isLaunched
        since = state.since?.milliseconds
        restarts = state.restarts == 0 ? nil : state.restarts
        note = state.note
        pid = state.mainPID
        hasJob = state.hasJob ? true : nil
        let used = UsedWire(state)
        figures = used.isEmpty ? nil : used
    }

    var model: UnitState {
        var state = UnitState(
            load: load.safe, active: UnitState.Active(word: active), sub: sub.safe,
            hash: hash.map { UnitHash(hex: String($0.filter(\.isHexDigit).prefix(40))) }, isLaunched: isLaunched,
            since: since.map { Timestamp(milliseconds: $0) }, restarts: restarts ?? 0, note: note.safe,
            cpuPercent: figures?.cpuPercent, memoryBytes: figures?.memoryBytes, mainPID: pid)
        state.hasJob = hasJob ?? false
        state.tasks = figures?.tasks
        state.container = figures?.box
        return state
    }
}

/// What a unit uses, as a recording has it.
struct UsedWire: Codable {
    var cpuPercent: Double?
    var memoryBytes: Int64?
    var tasks: Int?
    /// Engine, ID, name, image.
    var container: [String]?

    init(_ state: UnitState) {
        cpuPercent = state.cpuPercent
        memoryBytes = state.memoryBytes
        tasks = state.tasks
        container = Self.words(state.container)
    }

    init(_ used: UnitFigures) {
        cpuPercent = used.cpuPercent
        memoryBytes = used.memoryBytes
        tasks = used.tasks
        container = Self.words(used.container)
    }

    private static func words(_ box: Container?) -> [String]? { box.map { [$0.engine, $0.id, $0.name, $0.image] } }

    var isEmpty: Bool { cpuPercent == nil && memoryBytes == nil && tasks == nil && container == nil }

    var box: Container? {
        guard let words = container?.map(\.safe), words.count == 4 else { return nil }
        return Container(engine: words[0], id: words[1], name: words[2], image: words[3])
    }

    var model: UnitFigures {
        UnitFigures(cpuPercent: cpuPercent, memoryBytes: memoryBytes, tasks: tasks, container: box)
    }
}
