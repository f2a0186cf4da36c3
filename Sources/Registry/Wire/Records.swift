import Model

/// The cluster's own record.
struct ClusterRecord: Codable {
    var name: String
    var customer: String?
    var flavor: String?
    var image: String?
    var isProtected: Bool?
}

/// How many machines are wanted; each write is a new wish.
struct ScaleRecord: Codable {
    var count: Int
    var flavor: String?
    var image: String?
    var networks: [String]?
    var key: String?
    var spread: String?
    var zone: String?

    init(count: Int, _ choice: VMChoice) {
        self.count = count
        flavor = choice.flavor
        image = choice.image
        networks = choice.networks
        key = choice.key
        spread = choice.spread
        zone = choice.zone
    }

    var choice: VMChoice {
        VMChoice(flavor: flavor, image: image, networks: networks, key: key, spread: spread, zone: zone)
    }
}

/// The wish for a number of machines that was carried out or given up last.
struct SettledRecord: Codable {
    var wish: Int64
    var failure: String?
}

/// Who makes VMs.
struct ProvisionerRecord: Codable {
    var name: String
}

/// Who leads.
struct LeaderRecord: Codable {
    var machine: String
}

/// A machine, under its lease.
struct MachineRecord: Codable {
    var name: String
    var vm: String?
    var address: String
    var api: String?
    var metadata: [String: String]?
    var milliCPU: Int?
    var memoryMiB: Int?
    var version: String
    var started: Int64?

    init(_ machine: Machine) {
        name = machine.name
        vm = machine.vm?.text
        address = machine.address
        api = machine.api
        metadata = machine.metadata.isEmpty ? nil : machine.metadata
        milliCPU = machine.milliCPU
        memoryMiB = machine.memoryMiB
        version = machine.version
        started = machine.started?.milliseconds
    }

    func machine(_ id: ID<Machine>) -> Machine {
        let clean = (metadata ?? [:]).map { (SafeText.name($0.key), SafeText.name($0.value)) }
        return Machine(
            id: id, name: SafeText.name(name), vm: vm.map { ID(SafeText.name($0)) }, address: SafeText.name(address),
            api: api.map { SafeText.name($0) }, metadata: Dictionary(clean) { first, _ in first },
            milliCPU: max(0, milliCPU ?? 0), memoryMiB: max(0, memoryMiB ?? 0), version: SafeText.name(version),
            started: started.map(Timestamp.init(milliseconds:)))
    }
}

/// One value of a machine's metadata that was set in the store; without one the machine has no such key.
struct MetadataRecord: Codable {
    var value: String?

    /// The value made harmless.
    var clean: String? { value.map { SafeText.name($0) } }
}

/// A unit: its file and what is wanted.
struct UnitRecord: Codable {
    var file: String
    var desired: String
}

/// Where a unit is placed.
struct PlacementRecord: Codable {
    var machine: String
    var why: String
    var since: Int64?
}

/// Why a unit waits.
struct WaitingRecord: Codable {
    var why: String
    var since: Int64?
}

/// A wish to reschedule.
struct MoveRecord: Codable {
    var to: String?
    var refusal: String?
}

/// A new file of a global unit, and the machines that are to have it.
struct RollRecord: Codable {
    var file: String
    var machines: [String]
}

/// What was wanted of a unit where it is taken over from.
struct ImportRecord: Codable {
    var desired: String
}

/// What a machine says of a unit, under the machine's lease.
struct StateRecord: Codable {
    var load: String
    var active: String
    var sub: String
    var hash: String?
    var isLaunched: Bool
    var since: Int64?
    var restarts: Int?
    var note: String?
    var mainPID: Int32?
    var job: Bool?

    init(_ state: UnitState) {
        load = state.load
        active = state.active.word
        sub = state.sub
        hash = state.hash?.hex
        isLaunched = state.isLaunched
        since = state.since?.milliseconds
        restarts = state.restarts == 0 ? nil : state.restarts
        note = state.note
        mainPID = state.mainPID
        job = state.hasJob ? true : nil
    }

    var state: UnitState {
        var state = UnitState(
            load: SafeText.name(load), active: UnitState.Active(word: active), sub: SafeText.name(sub),
            hash: hash.map { UnitHash(hex: SafeText.name($0)) }, isLaunched: isLaunched,
            since: since.map(Timestamp.init(milliseconds:)), restarts: max(0, restarts ?? 0),
            note: note.map { SafeText.clean($0, limit: 512) }, mainPID: mainPID)
        state.hasJob = job ?? false
        return state
    }
}

/// What happened, several at once.
struct EventRecord: Codable {
    var at: Int64
    var weight: Int
    var unit: String?
    var machine: String?
    var text: String

    init(_ event: FarmEvent) {
        at = event.at.milliseconds
        weight = event.weight.rawValue
        text = event.text
        switch event.subject {
        case .unit(let key): unit = key.name.text
        case .machine(_, let id): machine = id.text
        case .cloud, .server, .vm, .cluster, .source: break
        }
    }

    func event(_ cluster: ID<Cluster>) -> FarmEvent {
        var subject = Subject.cluster(cluster)
        if let unit, let name = try? UnitName(unit) {
            subject = .unit(UnitKey(cluster, name))
        } else if let machine {
            subject = .machine(cluster, ID(SafeText.name(machine)))
        }
        return FarmEvent(
            at: Timestamp(milliseconds: at), weight: FarmEvent.Weight(rawValue: weight) ?? .note, subject: subject,
            text: SafeText.clean(text, limit: 1_024))
    }
}
