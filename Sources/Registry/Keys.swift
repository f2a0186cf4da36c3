import Model

/// Where each record of a cluster stands in the store.
///
/// `/quarterdeck/<cluster>/…`: `cluster`, `scale`, `settled`, `leader`,
/// `provisioner`, `machines/<id>`, `metadata/<id>/<key>`, `drains/<id>`, `rivals/<id>`,
/// `units/<name>`, `placements/<name>`, `waits/<name>`, `moves/<name>`, `rolls/<name>`, `states/<name>/<machine>`,
/// `imports/<name>`, `events/<time>-<number>`.
struct Keys: Sendable {
    static let root = "/quarterdeck/"
    let prefix: String

    init(_ cluster: ID<Cluster>) {
        prefix = Self.root + cluster.text + "/"
    }

    var cluster: String { prefix + "cluster" }
    var scale: String { prefix + "scale" }
    var leader: String { prefix + "leader" }
    var provisioner: String { prefix + "provisioner" }
    var settled: String { prefix + "settled" }
    func machine(_ id: ID<Machine>) -> String { prefix + "machines/" + id.text }
    func metadata(_ id: ID<Machine>, _ key: String) -> String { prefix + "metadata/" + id.text + "/" + key }
    func drain(_ id: ID<Machine>) -> String { prefix + "drains/" + id.text }
    func rival(_ id: ID<Machine>) -> String { prefix + "rivals/" + id.text }
    func unit(_ name: UnitName) -> String { prefix + "units/" + name.text }
    func placement(_ name: UnitName) -> String { prefix + "placements/" + name.text }
    func waiting(_ name: UnitName) -> String { prefix + "waits/" + name.text }
    func move(_ name: UnitName) -> String { prefix + "moves/" + name.text }
    func roll(_ name: UnitName) -> String { prefix + "rolls/" + name.text }
    func importing(_ name: UnitName) -> String { prefix + "imports/" + name.text }
    func state(_ name: UnitName, _ machine: ID<Machine>) -> String {
        prefix + "states/" + name.text + "/" + machine.text
    }
    func event(_ at: Timestamp, _ number: Int) -> String { prefix + "events/\(at.milliseconds)-\(number)" }

    /// What a key is the key of; nil for keys that are not ours.
    func kind(of key: String) -> RecordKind? {
        guard key.hasPrefix(prefix) else { return nil }
        let parts = key.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("cluster", 1): return .cluster
        case ("scale", 1): return .scale
        case ("leader", 1): return .leader
        case ("machines", 2): return .machine(ID(SafeText.name(parts[1])))
        case ("metadata", 3): return .metadata(ID(SafeText.name(parts[1])), SafeText.name(parts[2]))
        case ("drains", 2): return .drain(ID(SafeText.name(parts[1])))
        case ("rivals", 2): return .rival(ID(SafeText.name(parts[1])))
        case ("events", 2): return .event
        case ("units", 2): return (try? UnitName(parts[1])).map(RecordKind.unit)
        case ("placements", 2): return (try? UnitName(parts[1])).map(RecordKind.placement)
        case ("waits", 2): return (try? UnitName(parts[1])).map(RecordKind.waiting)
        case ("moves", 2): return (try? UnitName(parts[1])).map(RecordKind.move)
        case ("rolls", 2): return (try? UnitName(parts[1])).map(RecordKind.roll)
        case ("states", 3): return (try? UnitName(parts[1])).map { .state($0, ID(SafeText.name(parts[2]))) }
        default: return nil
        }
    }
}

/// The kinds of record a cluster's store has.
enum RecordKind: Hashable, Sendable {
    case cluster, scale, leader, event
    case machine(ID<Machine>)
    case metadata(ID<Machine>, String)
    case drain(ID<Machine>)
    case rival(ID<Machine>)
    case unit(UnitName)
    case placement(UnitName)
    case waiting(UnitName)
    case move(UnitName)
    case roll(UnitName)
    case state(UnitName, ID<Machine>)
}
