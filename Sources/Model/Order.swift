/// What an operator asked.
public enum Order: Hashable, Sendable {
    /// Store a unit and say what is wanted of it.
    case submit(ID<Cluster>, UnitName, UnitFile, Wanted)
    /// Want a state of a stored unit.
    case want(ID<Cluster>, UnitName, DesiredState)
    /// Stop a unit and forget it.
    case destroy(ID<Cluster>, UnitName)
    /// Restart a unit now where it runs; on the machine named, or on all that have it.
    case restart(ID<Cluster>, UnitName, on: ID<Machine>?)
    /// Reschedule a unit: to the machine named, or anywhere but where it is.
    case move(ID<Cluster>, UnitName, to: ID<Machine>?)
    /// Move all units off a machine and let it take none.
    case drain(ID<Cluster>, ID<Machine>)
    /// Let a machine take units again.
    case undrain(ID<Cluster>, ID<Machine>)
    /// Give a global unit's new file to these machines, and no other yet; those of before are among them.
    case roll(ID<Cluster>, UnitName, UnitFile, on: [ID<Machine>])
    /// Give a global unit's new file to all machines, or the one of before back to those that have it.
    case endRoll(ID<Cluster>, UnitName, keepsNew: Bool)
    /// Want so many machines.
    case scale(ID<Cluster>, to: Int, VMChoice)
    /// Make one VM.
    case createVM(ID<Cloud>, VMSpec)
    /// Do something with a VM.
    case act(ID<Cloud>, ID<VM>, VMAction)

    /// The cluster whose source carries it out; nil for a cloud's order.
    public var cluster: ID<Cluster>? {
        switch self {
        case .submit(let cluster, _, _, _), .want(let cluster, _, _), .destroy(let cluster, _),
            .restart(let cluster, _, _), .move(let cluster, _, _), .drain(let cluster, _),
            .undrain(let cluster, _), .scale(let cluster, _, _), .roll(let cluster, _, _, _),
            .endRoll(let cluster, _, _):
            cluster
        case .createVM, .act: nil
        }
    }

    /// The cloud whose source carries it out; nil for a cluster's order.
    public var cloud: ID<Cloud>? {
        switch self {
        case .createVM(let cloud, _), .act(let cloud, _, _): cloud
        case .submit, .want, .destroy, .restart, .move, .drain, .undrain, .roll, .endRoll, .scale: nil
        }
    }

    /// What is asked, as one phrase: `stop web.service`.
    public var phrase: String {
        switch self {
        case .submit(_, let name, _, let wanted): "submit \(name) as \(wanted.desired.rawValue)"
        case .want(_, let name, .launched): "start \(name)"
        case .want(_, let name, .loaded): "stop \(name)"
        case .want(_, let name, .inactive): "unload \(name)"
        case .destroy(_, let name): "destroy \(name)"
        case .restart(_, let name, _): "restart \(name)"
        case .move(_, let name, let machine): "move \(name)" + (machine.map { " to \($0.short)" } ?? "")
        case .drain(_, let machine): "drain \(machine.short)"
        case .undrain(_, let machine): "undo the drain of \(machine.short)"
        case .roll(_, let name, let file, let machines):
            "roll \(file.hash.short) of \(name) out to \(machines.map(\.short).joined(separator: ", "))"
        case .endRoll(_, let name, let keepsNew): keepsNew ? "end the roll of \(name)" : "roll \(name) back"
        case .scale(let cluster, let count, _): "scale \(cluster) to \(count)"
        case .createVM(_, let spec): "create VM \(SafeText.name(spec.name))"
        case .act(_, let vm, let action): "\(action.verb) VM \(vm.short)"
        }
    }
}

/// What is wanted of a unit that is stored, and over which record of it.
public struct Wanted: Hashable, Sendable {
    /// The state.
    public var desired: DesiredState
    /// The revision of the record that is written over: any other is left as it is. Nil writes over whatever is there.
    public var over: Int64?

    /// A state wanted over a record of that revision.
    public init(_ desired: DesiredState, over: Int64? = nil) {
        self.desired = desired
        self.over = over
    }

    /// Nothing is to be on any machine.
    public static let inactive = Wanted(.inactive)
    /// It is to be on a machine.
    public static let loaded = Wanted(.loaded)
    /// It is to run.
    public static let launched = Wanted(.launched)
}

/// What became of an order; the text says what happened, where, and what to do.
public enum Outcome: Hashable, Sendable {
    /// Carried out.
    case done(String)
    /// Not allowed or not possible; nothing was changed.
    case refused(String)
    /// Tried, and it went wrong.
    case failed(String)
    /// The source did not answer; whether anything was changed is not known unless the text says so.
    case unreachable(String)

    /// The text, sanitised by whoever made it.
    public var text: String {
        switch self {
        case .done(let text), .refused(let text), .failed(let text), .unreachable(let text): text
        }
    }

    /// Whether it was carried out.
    public var isDone: Bool {
        if case .done = self { true } else { false }
    }
}
