import Etcd
import Model

/// Puts a cluster together from its records, whatever order they come in.
struct ContentsReader {
    private var cluster: Cluster
    private(set) var book = MachineBook()
    private var drains: Set<ID<Machine>> = []
    private var rivals: [ID<Machine>: String] = [:]
    private var units: [UnitName: Unit] = [:]
    private var placements: [UnitName: Placement] = [:]
    private var waits: [UnitName: Unit.Waiting] = [:]
    private var moves: [UnitName: Move] = [:]
    private var rolls: [UnitName: Roll] = [:]
    private var states: [UnitName: [ID<Machine>: UnitState]] = [:]

    init(cluster: ID<Cluster>) {
        self.cluster = Cluster(id: cluster, name: cluster.text)
    }

    mutating func take(_ kind: RecordKind, _ item: KeyValue) {
        switch kind {
        case .cluster: takeCluster(item)
        case .scale: cluster.wanted = Coding.record(ScaleRecord.self, item.value)?.count
        case .leader:
            cluster.leader = Coding.record(LeaderRecord.self, item.value).map { ID(SafeText.name($0.machine)) }
        case .event: break
        case .machine(let id):
            if let machine = Coding.record(MachineRecord.self, item.value)?.machine(id) { _ = book.take(machine) }
        case .metadata(let id, let key):
            if let record = Coding.record(MetadataRecord.self, item.value) { book.note(key, of: id, record) }
        case .drain(let id): drains.insert(id)
        case .rival(let id): rivals[id] = Coding.record(MachineRecord.self, item.value)?.machine(id).whoAndWhere
        case .unit(let name):
            guard let (file, desired) = Self.unit(item) else { return }
            units[name] = Unit(name: name, file: file, desired: desired, revision: item.modRevision)
        case .placement(let name): placements[name] = Self.placement(item)
        case .waiting(let name): waits[name] = Self.waiting(item)
        case .move(let name): moves[name] = Self.move(item)
        case .roll(let name): rolls[name] = Self.roll(item)
        case .state(let name, let machine):
            states[name, default: [:]][machine] = Coding.record(StateRecord.self, item.value)?.state
        }
    }

    private mutating func takeCluster(_ item: KeyValue) {
        guard let record = Coding.record(ClusterRecord.self, item.value) else { return }
        cluster.name = SafeText.name(record.name)
        cluster.customer = record.customer.map { ID(SafeText.name($0)) }
        cluster.flavor = record.flavor.map { SafeText.name($0) }
        cluster.image = record.image.map { SafeText.name($0) }
        cluster.isProtected = record.isProtected ?? false
    }

    func contents() -> ClusterContents {
        let machines = book.machines.sorted { $0.id < $1.id }.map { machine in
            var machine = machine
            machine.isDraining = drains.contains(machine.id)
            machine.rival = rivals[machine.id]
            return machine
        }
        let units = units.values.sorted { $0.name < $1.name }.map { unit in
            var unit = unit
            unit.placement = placements[unit.name]
            unit.waiting = waits[unit.name]
            unit.move = moves[unit.name]
            unit.roll = rolls[unit.name]
            unit.states = states[unit.name] ?? [:]
            return unit
        }
        var contents = ClusterContents(cluster: cluster, machines: machines, units: units)
        contents.drains = drains
        contents.leaving = states.filter { self.units[$0.key] == nil && !$0.value.isEmpty }
            .map { Unit.destroyed($0.key, $0.value) }.sorted { $0.name < $1.name }
        return contents
    }

    static func unit(_ item: KeyValue) -> (UnitFile, DesiredState)? {
        guard let record = Coding.record(UnitRecord.self, item.value),
            let file = try? UnitFile(parsing: record.file), let desired = DesiredState(rawValue: record.desired)
        else { return nil }
        return (file, desired)
    }

    static func placement(_ item: KeyValue) -> Placement? {
        Coding.record(PlacementRecord.self, item.value).map {
            Placement(
                machine: ID(SafeText.name($0.machine)), why: SafeText.clean($0.why, limit: 512),
                since: $0.since.map(Timestamp.init(milliseconds:)), revision: item.modRevision)
        }
    }

    static func waiting(_ item: KeyValue) -> Unit.Waiting? {
        Coding.record(WaitingRecord.self, item.value).map {
            Unit.Waiting(
                why: SafeText.clean($0.why, limit: 512), since: $0.since.map(Timestamp.init(milliseconds:)),
                revision: item.modRevision)
        }
    }

    static func roll(_ item: KeyValue) -> Roll? {
        guard let record = Coding.record(RollRecord.self, item.value), let file = try? UnitFile(parsing: record.file)
        else { return nil }
        return Roll(file: file, machines: Set(record.machines.map { ID(SafeText.name($0)) }))
    }

    static func move(_ item: KeyValue) -> Move? {
        Coding.record(MoveRecord.self, item.value).map {
            Move(to: $0.to.map { ID(SafeText.name($0)) }, refusal: $0.refusal.map { SafeText.clean($0, limit: 512) })
        }
    }
}
