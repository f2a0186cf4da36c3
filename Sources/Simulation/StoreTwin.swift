import Keyspace
import Model
import Roles

/// A cluster's store: etcd's data model, with the records themselves kept beside it.
struct StoreTwin: Sendable {
    enum Record: Sendable {
        case machine(Machine)
        case drain
        case unit(UnitFile, DesiredState)
        case placement(Placement)
        case waiting(Unit.Waiting)
        case move(Move)
        case state(UnitState)
        case leader(ID<Machine>)
    }

    private(set) var keyspace = Keyspace()
    private var records: [Record] = []

    var revision: Int64 { keyspace.revision }

    // MARK: Keys

    static func key(_ kind: Character, _ name: String, _ part: String = "") -> [UInt8] {
        Array("\(kind)/\(name)/\(part)".utf8)
    }

    static func unit(_ name: UnitName) -> [UInt8] { key("u", name.text) }
    static func placement(_ name: UnitName) -> [UInt8] { key("p", name.text) }
    static func waiting(_ name: UnitName) -> [UInt8] { key("w", name.text) }
    static func move(_ name: UnitName) -> [UInt8] { key("v", name.text) }
    static func state(_ name: UnitName, _ machine: ID<Machine>) -> [UInt8] { key("s", name.text, machine.text) }
    static func machine(_ id: ID<Machine>) -> [UInt8] { key("m", id.text) }
    static func drain(_ id: ID<Machine>) -> [UInt8] { key("d", id.text) }
    static let leader = key("l", "leader")

    // MARK: Reading

    func record(_ item: Keyspace.KeyValue) -> Record? {
        guard item.value.count == 4 else { return nil }
        let number = item.value.reduce(0) { $0 << 8 | Int($1) }
        return records.indices.contains(number) ? records[number] : nil
    }

    /// A record as it is, or as it was at a revision.
    func record(_ key: [UInt8], at revision: Int64 = 0) -> Record? {
        guard revision > 0 else { return keyspace.item(key).flatMap(record) }
        var request = Keyspace.RangeRequest(.key(key))
        request.revision = revision
        return (try? keyspace.range(request))?.items.first.flatMap(record)
    }

    func item(_ key: [UInt8]) -> Keyspace.KeyValue? { keyspace.item(key) }

    func commits(from revision: Int64) throws(KeyspaceError) -> [Keyspace.Commit] {
        try keyspace.commits(in: .all, from: revision)
    }

    /// Everything there is.
    func contents() -> ClusterContents {
        var contents = ClusterContents(cluster: Cluster(id: "sim", name: "sim"))
        var units: [UnitName: Unit] = [:]
        let items = (try? keyspace.range(Keyspace.RangeRequest(.all)))?.items ?? []
        var drains: Set<ID<Machine>> = []
        var leaving: [UnitName: [ID<Machine>: UnitState]] = [:]
        // Units first, since what is said of them needs them.
        for item in items {
            guard let record = record(item), let name = UnitKeyPart(item.key) else { continue }
            if case .unit(let file, let desired) = record, let unit = name.unit {
                units[unit] = Unit(name: unit, file: file, desired: desired, revision: item.modRevision)
            }
        }
        for item in items {
            guard let record = record(item), let name = UnitKeyPart(item.key) else { continue }
            switch record {
            case .machine(let machine): contents.machines.append(machine)
            case .drain: drains.insert(ID(name.first))
            case .leader(let machine): contents.cluster.leader = machine
            case .unit: break
            case .placement(var placement):
                placement.revision = item.modRevision
                if let unit = name.unit { units[unit]?.placement = placement }
            case .waiting(let waiting): if let unit = name.unit { units[unit]?.waiting = waiting }
            case .move(let move): if let unit = name.unit { units[unit]?.move = move }
            case .state(let state):
                guard let unit = name.unit else { continue }
                if units[unit] == nil { leaving[unit, default: [:]][ID(name.second)] = state }
                units[unit]?.states[ID(name.second)] = state
            }
        }
        for at in contents.machines.indices where drains.contains(contents.machines[at].id) {
            contents.machines[at].isDraining = true
        }
        contents.drains = drains
        contents.leaving = leaving.map { Unit.destroyed($0.key, $0.value) }.sorted { $0.name < $1.name }
        contents.units = units.values.sorted { $0.name < $1.name }
        return contents
    }

    /// What a change means to the roles.
    func change(_ event: Keyspace.Event) -> ClusterChange? {
        guard let part = UnitKeyPart(event.item.key) else { return nil }
        if event.isDelete { return gone(part) }
        guard let record = record(event.item) else { return nil }
        switch record {
        case .machine(let machine): return .machine(machine)
        case .drain: return .draining(ID(part.first), true)
        case .leader(let machine): return .leader(machine)
        case .unit(let file, let desired):
            return part.unit.map { .unit($0, file, desired, revision: event.item.modRevision) }
        case .placement(var placement):
            placement.revision = event.item.modRevision
            return part.unit.map { .placement($0, placement) }
        case .waiting(let waiting): return part.unit.map { .waiting($0, waiting) }
        case .move(let move): return part.unit.map { .move($0, move) }
        case .state(let state): return part.unit.map { .state($0, ID(part.second), state) }
        }
    }

    private func gone(_ part: UnitKeyPart) -> ClusterChange? {
        switch part.kind {
        case "m": .machineGone(ID(part.first))
        case "d": .draining(ID(part.first), false)
        case "l": .leader(nil)
        case "u": part.unit.map { .unitGone($0) }
        case "p": part.unit.map { .placement($0, nil) }
        case "w": part.unit.map { .waiting($0, nil) }
        case "v": part.unit.map { .move($0, nil) }
        case "s": part.unit.map { .state($0, ID(part.second), nil) }
        default: nil
        }
    }

    // MARK: Writing

    private mutating func bytes(_ record: Record) -> [UInt8] {
        records.append(record)
        let number = records.count - 1
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    mutating func put(_ key: [UInt8], _ record: Record?, lease: Int64 = 0) -> Keyspace.Operation {
        guard let record else { return .delete(Keyspace.DeleteRequest(.key(key))) }
        return .put(Keyspace.PutRequest(key, bytes(record), lease: lease))
    }

    mutating func txn(
        if guards: [Keyspace.Compare] = [], _ operations: [Keyspace.Operation]
    ) throws(KeyspaceError) -> Keyspace.Applied<Keyspace.TxnAnswer> {
        try keyspace.txn(Keyspace.Txn(if: guards, then: operations))
    }

    mutating func grantLease(seconds: Int64, at now: Timestamp) -> Int64 {
        (try? keyspace.grantLease(ttlSeconds: seconds, atMilliseconds: now.milliseconds).id) ?? 0
    }

    mutating func keepAlive(_ lease: Int64, at now: Timestamp) -> Bool {
        (try? keyspace.keepAlive(lease, atMilliseconds: now.milliseconds)) != nil
    }

    mutating func expireLeases(at now: Timestamp) -> [Keyspace.Commit] {
        keyspace.expireLeases(atMilliseconds: now.milliseconds).compactMap(\.commit)
    }

    mutating func compact(keeping revisions: Int64) {
        try? keyspace.compact(to: keyspace.revision - revisions)
    }
}

/// A key taken apart again.
struct UnitKeyPart {
    let kind: Character
    let first: String
    let second: String

    init?(_ key: [UInt8]) {
        let parts = String(decoding: key, as: UTF8.self)
            .split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = parts[0].first else { return nil }
        self.kind = kind
        first = String(parts[1])
        second = String(parts[2])
    }

    var unit: UnitName? { try? UnitName(first) }
}
