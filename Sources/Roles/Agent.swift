public import Model
import Scheduling

/// One machine: what is wanted there against what its unit manager has, and what the store is told of it.
///
/// **Invariant:** a unit is stopped or unloaded only because the store said so, or because this machine has been cut
/// off for longer than the grace time while others may hear the store; silence of the store alone changes nothing. At
/// most one operation of a unit is under way at a time, and one failing unit never holds up the others.
public struct Agent: Role {
    /// What it is told.
    public enum Event: Sendable {
        /// What the unit manager has, at the start: adopted as it is.
        case adopted([LocalUnit])
        /// Everything in the store, anew, as of a revision; 0 when it is not known.
        case contents(ClusterContents, revision: Int64 = 0)
        /// What changed at a revision, in order; 0 when it is not known.
        case changes([ClusterChange], revision: Int64 = 0)
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
        /// The lease was renewed.
        case heard
        /// Another computer has the machine's ID.
        case refused
        /// Answer of the other machines: each of them answered, and none of them hears the store.
        case peers(hearNothing: Bool)
        /// The time asked for has come.
        case wake
        /// The unit manager answers again: what it could not do is tried again.
        case answersAgain
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
        /// Ask these machines' agents whether they hear the store, and tell `peers`.
        case askPeers([ID<Machine>: String])
        /// Read everything anew and tell it as `contents`.
        case readAnew
        /// Tell `wake` then.
        case wake(at: Timestamp)
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
        /// A new file that some machines have already.
        var roll: Roll?
    }

    struct Local: Hashable, Sendable {
        var hash: UnitHash
        var isLaunched: Bool
        var state: UnitState?
        /// What went wrong with its last operation.
        var failure: String?
        /// Its last load failed: the unit manager may have it or not.
        var isBroken = false
    }

    /// What an operation is for; one that failed is not repeated for the same.
    struct Operation: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case load, start, stop, unload
        }

        var kind: Kind
        var hash: UnitHash
        var desired: DesiredState
    }

    let machine: Machine
    /// The machine's metadata, as the store has it.
    var metadata: [String: String]
    let grace: Duration?
    var contact = Contact()
    var wanted: [UnitName: Wanted] = [:]
    /// Units that are placed on this machine.
    var placed: Set<UnitName> = []
    /// Global units that are stored, and those of them that run here.
    var globals: Set<UnitName> = []
    var ownGlobals: Set<UnitName> = []
    var local: [UnitName: Local] = [:]
    var busy: [UnitName: Operation] = [:]
    var failed: [UnitName: Operation] = [:]
    /// Units that were to be stopped while an operation was under way, and are to run by now: they are started anew.
    var overtaken: Set<UnitName> = []
    var published: [UnitName: UnitState] = [:]
    var stored: Set<UnitName> = []
    var hasContents = false
    var isRegistered = false
    /// Another computer has the machine's ID: what is placed on it runs there.
    var isRefused = false
    /// The newest revision that was heard of, where the feed tells revisions.
    var seen: Int64 = 0

    /// The agent of a machine that has nothing yet.
    ///
    /// - Parameter grace: how long the lease may be gone before units stop that another machine may run by then; nil
    ///   for ever
    public init(machine: Machine, grace: Duration? = nil) {
        self.machine = machine
        metadata = machine.metadata
        self.grace = grace
    }

    /// The units that were stopped because this machine is cut off; empty while it is not.
    public var cutOffUnits: Set<UnitName> { contact.stopped }

    /// Takes one event in and says what is to be done.
    public mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .adopted(let units): adopt(units)
        case .contents(let contents, let revision): take(contents, revision, &effects)
        case .changes(let changes, let revision): take(changes, revision, &effects)
        case .registered:
            isRegistered = true
            allow(&effects)
            hear(at: now, &effects)
            published = [:]
            for name in Set(local.keys).union(stored).sorted() { publish(name, &effects) }
        case .leaseLost:
            isRegistered = false
            published = [:]
            effects.append(.register)
        case .state(let name, let state):
            take(state, of: name)
            publish(name, &effects)
        case .finished(let name, let failure):
            finish(name, failure)
            reconcile(name, &effects)
            publish(name, &effects)
        case .unpublished(let name): published[name] = nil
        case .heard: hear(at: now, &effects)
        case .refused: refuse(&effects)
        case .peers(let hearNothing): judge(hearNothing, at: now, &effects)
        case .wake: watchContact(at: now, &effects)
        case .answersAgain:
            for name in failed.keys.sorted() {
                failed[name] = nil
                reconcile(name, &effects)
            }
        }
        return effects
    }

    private mutating func adopt(_ units: [LocalUnit]) {
        for unit in units {
            local[unit.name] = Local(hash: unit.hash, isLaunched: unit.isLaunched, state: unit.state)
        }
    }

    /// While an operation is under way, that a unit is not there is no news.
    private mutating func take(_ state: UnitState?, of name: UnitName) {
        guard local[name] != nil, state != nil || busy[name] == nil else { return }
        local[name]?.state = state
    }

    private mutating func take(_ contents: ClusterContents, _ revision: Int64, _ effects: inout [Effect]) {
        if contents.isRestored {
            seen = 0
            published = [:]
            // A store that was emptied says nothing of what is wanted: what runs goes on until units are stored again.
            if contents.units.isEmpty { return }
        }
        if revision > 0, revision < seen {
            if contact.isBack { effects.append(.readAnew) }
            return
        }
        seen = max(seen, revision)
        hasContents = true
        overtaken = []
        if contact.isBack { contact = Contact(heard: contact.heard, wakesAt: contact.wakesAt) }
        contact.peers = [:]
        for machine in contents.machines { note(machine) }
        wanted = [:]
        placed = []
        globals = []
        stored = []
        for unit in contents.units {
            note(unit.name, unit.file, unit.desired, unit.requirements, unit.placement?.machine)
            wanted[unit.name]?.roll = unit.roll
            if unit.states[machine.id] != nil { stored.insert(unit.name) } else { published[unit.name] = nil }
        }
        for unit in contents.leaving where unit.states[machine.id] != nil { stored.insert(unit.name) }
        ownGlobals = runningGlobals()
        for name in placed.union(globals).union(local.keys).union(stored).sorted() {
            if failed[name]?.kind == .unload { failed[name] = nil }
            reconcile(name, &effects)
            publish(name, &effects)
        }
    }

    private mutating func note(
        _ name: UnitName, _ file: UnitFile, _ desired: DesiredState, _ requirements: Requirements,
        _ place: ID<Machine>?
    ) {
        wanted[name] = Wanted(
            file: file, desired: desired, requirements: requirements, machine: place, roll: wanted[name]?.roll)
        if place == machine.id { placed.insert(name) } else { placed.remove(name) }
        if requirements.isGlobal { globals.insert(name) } else { globals.remove(name) }
    }

    private mutating func take(_ changes: [ClusterChange], _ revision: Int64, _ effects: inout [Effect]) {
        guard hasContents, revision == 0 || revision > seen else { return }
        seen = max(seen, revision)
        for change in changes {
            switch change {
            case .unit(let name, let file, let desired, _):
                let wasGlobal = globals.contains(name)
                let asks = Requirements(of: file, name: name)
                if busy[name] != nil, local[name]?.isLaunched == true, desired < .launched { overtaken.insert(name) }
                note(name, file, desired, asks, wanted[name]?.machine)
                reconcile(name, andGlobals: wasGlobal || asks.isGlobal || placed.contains(name), &effects)
            case .unitGone(let name):
                let mattered = globals.contains(name) || placed.contains(name)
                wanted[name] = nil
                placed.remove(name)
                globals.remove(name)
                reconcile(name, andGlobals: mattered, &effects)
                publish(name, &effects)
            case .placement(let name, let placement):
                guard let unit = wanted[name], unit.machine != placement?.machine else { continue }
                let wasHere = placed.contains(name)
                note(name, unit.file, unit.desired, unit.requirements, placement?.machine)
                reconcile(name, andGlobals: wasHere != placed.contains(name), &effects)
            case .machine(let machine):
                let before = metadata
                note(machine)
                if metadata != before { reconcileGlobals(&effects) }
            case .roll(let name, let roll):
                wanted[name]?.roll = roll
                reconcile(name, &effects)
            case .machineGone(let id): contact.peers[id] = nil
            case .draining, .rival, .waiting, .move, .state, .leader, .wanted, .members, .access, .event: break
            }
        }
    }
}
