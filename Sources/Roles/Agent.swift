public import Model
import Scheduling

/// One machine: what is wanted there against what its unit manager has, and what the store is told of it.
///
/// **Invariant:** a unit is stopped or unloaded only because the store said so; silence of the store changes nothing.
/// At most one operation of a unit is under way at a time, and one failing unit never holds up the others.
public struct Agent: Role {
    /// What it is told.
    public enum Event: Sendable {
        /// What the unit manager has, at the start: adopted as it is.
        case adopted([LocalUnit])
        /// Everything in the store, anew.
        case contents(ClusterContents)
        /// What changed, in order.
        case changes([ClusterChange])
        /// The machine is registered; everything has to be told under the new lease.
        case registered
        /// The lease ended or was lost: register anew.
        case leaseLost
        /// The unit manager says something new of a unit; nil when it has it no longer.
        case state(UnitName, UnitState?)
        /// An operation ended; the text says what went wrong.
        case finished(UnitName, failure: String?)
        /// A state could not be told.
        case unpublished(UnitName)
    }

    /// What it wants done.
    public enum Effect: Hashable, Sendable {
        /// Take a lease and register the machine under it.
        case register
        /// Give a unit's file to the unit manager, in place of any it has, and start it when wanted.
        case load(UnitName, UnitFile, start: Bool)
        /// Start a loaded unit.
        case start(UnitName)
        /// Stop a unit and keep it loaded.
        case stop(UnitName)
        /// Stop a unit and take its file away.
        case unload(UnitName)
        /// Tell the store, under the machine's lease; nil takes the record away.
        case publish(UnitName, UnitState?)
    }

    /// A unit that the unit manager has.
    public struct LocalUnit: Hashable, Sendable {
        /// Its name.
        public let name: UnitName
        /// The hash of the file it has.
        public let hash: UnitHash
        /// It was told to start it.
        public let isLaunched: Bool
        /// Its state.
        public let state: UnitState

        /// A unit as it is.
        public init(name: UnitName, hash: UnitHash, isLaunched: Bool, state: UnitState) {
            self.name = name
            self.hash = hash
            self.isLaunched = isLaunched
            self.state = state
        }
    }

    struct Wanted: Hashable, Sendable {
        var file: UnitFile
        var desired: DesiredState
        var requirements: Requirements
        var machine: ID<Machine>?
    }

    struct Local: Hashable, Sendable {
        var hash: UnitHash
        var isLaunched: Bool
        var state: UnitState?
        /// The operation that failed, with the hash and desired state it failed for; it is not repeated for the same.
        var failure: String?
    }

    let machine: Machine
    var wanted: [UnitName: Wanted] = [:]
    var local: [UnitName: Local] = [:]
    var busy: Set<UnitName> = []
    var failed: [UnitName: (hash: UnitHash, desired: DesiredState, text: String)] = [:]
    var published: [UnitName: UnitState] = [:]
    var stored: Set<UnitName> = []
    var hasContents = false
    var isRegistered = false

    /// The agent of a machine that has nothing yet.
    public init(machine: Machine) {
        self.machine = machine
    }

    /// Takes one event in and says what is to be done.
    public mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .adopted(let units): adopt(units)
        case .contents(let contents): take(contents, &effects)
        case .changes(let changes): take(changes, &effects)
        case .registered:
            isRegistered = true
            published = [:]
            for name in Set(local.keys).union(stored).sorted() { publish(name, &effects) }
        case .leaseLost:
            isRegistered = false
            published = [:]
            effects.append(.register)
        case .state(let name, let state):
            if let state, local[name] != nil { local[name]?.state = state }
            publish(name, &effects)
        case .finished(let name, let failure):
            finish(name, failure)
            reconcile(name, &effects)
            publish(name, &effects)
        case .unpublished(let name): published[name] = nil
        }
        return effects
    }

    private mutating func adopt(_ units: [LocalUnit]) {
        for unit in units {
            local[unit.name] = Local(hash: unit.hash, isLaunched: unit.isLaunched, state: unit.state)
        }
    }

    private mutating func take(_ contents: ClusterContents, _ effects: inout [Effect]) {
        hasContents = true
        wanted = [:]
        stored = []
        for unit in contents.units {
            wanted[unit.name] = Wanted(
                file: unit.file, desired: unit.desired, requirements: unit.requirements,
                machine: unit.placement?.machine)
            if unit.states[machine.id] != nil { stored.insert(unit.name) }
        }
        for name in Set(wanted.keys).union(local.keys).union(stored).sorted() {
            reconcile(name, &effects)
            publish(name, &effects)
        }
    }

    private mutating func take(_ changes: [ClusterChange], _ effects: inout [Effect]) {
        guard hasContents else { return }
        for change in changes {
            switch change {
            case .unit(let name, let file, let desired, _):
                wanted[name] = Wanted(
                    file: file, desired: desired, requirements: Requirements(of: file, name: name),
                    machine: wanted[name]?.machine)
                reconcile(name, &effects)
            case .unitGone(let name):
                wanted[name] = nil
                reconcile(name, &effects)
            case .placement(let name, let placement):
                wanted[name]?.machine = placement?.machine
                reconcile(name, &effects)
                if wanted[name]?.requirements.conflicts.isEmpty == false { reconcileGlobals(&effects) }
            case .machine, .machineGone, .draining, .waiting, .move, .state, .leader, .wanted, .members, .event:
                break
            }
        }
    }

    private mutating func reconcileGlobals(_ effects: inout [Effect]) {
        for name in wanted.keys.sorted() where wanted[name]?.requirements.isGlobal == true { reconcile(name, &effects) }
    }
}
