public import Model

/// Why a machine cannot run a unit.
public enum Misfit: Hashable, Sendable {
    /// It drains.
    case draining
    /// Its lease ended a moment ago, or it has not shown up yet.
    case absent
    /// The unit wants another machine by ID.
    case otherMachine(wanted: String)
    /// It lacks metadata: the key, and the values that would do.
    case lacksMetadata(key: String, values: [String])
    /// The machine's metadata is not as a rule asks.
    case breaksRule(MetadataRule)
    /// A unit that must be beside it is placed elsewhere.
    case peerElsewhere(UnitName)
    /// A unit that must be beside it is placed nowhere.
    case peerNotPlaced(UnitName)
    /// A unit there and this one refuse each other.
    case conflict(with: Glob)
    /// A unit there replaces this one.
    case givesWay(to: Glob)
    /// Too little processor is free, in thousandths of a core.
    case milliCPU(asked: Int, free: Int)
    /// Too little memory is free, in MiB.
    case memory(asked: Int, free: Int)
    /// The unit is to leave it.
    case leaving

    /// What is wrong with one machine: `has no gpu=true`.
    public var sentence: String {
        switch self {
        case .draining: "is draining"
        case .absent: "is not heard of"
        case .otherMachine(let wanted): "is not the machine '\(wanted.prefix(8))' that it wants"
        case .lacksMetadata(let key, let values): "has no \(Self.metadata(key, values))"
        case .breaksRule(let rule): "is not \(rule)"
        case .peerElsewhere(let peer): "does not have its peer \(peer)"
        case .peerNotPlaced(let peer): "cannot have it before its peer \(peer) is placed"
        case .conflict(let glob): "has a unit that conflicts by \(glob)"
        case .givesWay(let glob): "has a unit that replaces it by \(glob)"
        case .milliCPU(let asked, let free): "has \(Self.cores(free)) of the \(Self.cores(asked)) cores asked"
        case .memory(let asked, let free): "has \(free) of the \(asked) MiB asked"
        case .leaving: "is the one it leaves"
        }
    }

    /// What many machines lack, for a count: `2 have no disk=ssd`.
    var plural: String {
        switch self {
        case .draining: "draining"
        case .absent: "not heard of"
        case .otherMachine(let wanted): "not '\(wanted.prefix(8))'"
        case .lacksMetadata(let key, let values): "without \(Self.metadata(key, values))"
        case .breaksRule(let rule): "not \(rule)"
        case .peerElsewhere(let peer): "without its peer \(peer)"
        case .peerNotPlaced(let peer): "before its peer \(peer) is placed"
        case .conflict(let glob): "with a conflict by \(glob)"
        case .givesWay(let glob): "where \(glob) replaces it"
        case .milliCPU: "short of processor"
        case .memory: "short of memory"
        case .leaving: "being left"
        }
    }

    /// The same misfit without the figures of one machine, so that machines can be counted by it.
    var kind: Misfit {
        switch self {
        case .milliCPU(let asked, _): .milliCPU(asked: asked, free: 0)
        case .memory(let asked, _): .memory(asked: asked, free: 0)
        case .draining, .absent, .otherMachine, .lacksMetadata, .breaksRule, .peerElsewhere, .peerNotPlaced, .conflict,
            .givesWay, .leaving:
            self
        }
    }

    static func metadata(_ key: String, _ values: [String]) -> String {
        values.map { "\(key)=\($0)" }.joined(separator: " or ")
    }

    static func cores(_ milli: Int) -> String {
        milli % 1_000 == 0 ? "\(milli / 1_000)" : "\(milli / 1_000).\((milli % 1_000) / 100)"
    }
}

/// What a unit would rather not have on a machine that fits.
public struct Dislikes: Hashable, Sendable {
    /// Units there that it avoids.
    public let beside: Int
    /// Rules on metadata that it prefers and that do not hold there.
    public let unmet: Int

    /// All of it.
    public var count: Int { beside + unmet }

    var sentence: String {
        [
            beside == 0 ? nil : "beside \(beside) \(beside == 1 ? "unit" : "units") that it avoids",
            unmet == 0 ? nil : "without \(unmet) of what it prefers",
        ].compactMap(\.self).joined(separator: ", ")
    }
}

/// How many machines cannot run a unit for one kind of misfit.
public struct MisfitCount: Hashable, Sendable {
    /// What is wrong with them.
    public let misfit: Misfit
    /// How many.
    public let machines: Int
}

/// Why a decision was taken.
public enum Reason: Hashable, Sendable {
    /// It is wanted and this is the machine with the fewest units that fits: so many units, of so many machines.
    case wanted(units: Int, machines: Int)
    /// It is the machine with the fewest units of those that come nearest to what the unit prefers.
    case preferred(Dislikes, units: Int)
    /// It stays on its machine, which is gone or does not fit, for it is sticky.
    case sticky(ID<Machine>, Misfit?)
    /// Its peer is there.
    case besidePeer(UnitName)
    /// The file names the machine.
    case named
    /// Nobody wants it on a machine.
    case notWanted
    /// It was destroyed.
    case destroyed
    /// Its machine's lease ended.
    case machineGone(ID<Machine>)
    /// Its machine gives its units away.
    case draining(ID<Machine>)
    /// Its machine no longer fits.
    case noLongerFits(Misfit)
    /// An operator asked.
    case moved
    /// It is where the operator wants it.
    case alreadyThere
    /// It is on no machine.
    case notPlaced
    /// Another unit replaces it there.
    case replaced(by: UnitName)
    /// It has become a global unit, which is placed by nobody.
    case global
    /// No machine can run it.
    case noMachineFits([MisfitCount])
    /// There is no machine at all.
    case noMachines
    /// So many machines were lost at once that their units come back slowly.
    case massLoss(lost: Int, of: Int)

    /// The reason in words.
    public var sentence: String {
        switch self {
        case .wanted(let units, let machines):
            machines == 1 ? "the only machine that fits" : "fewest units (\(units)) of \(machines) machines"
        case .preferred(let dislikes, let units):
            dislikes.count == 0
                ? "as it prefers, with the fewest units (\(units))"
                : "no machine is as it prefers: here \(dislikes.sentence)"
        case .sticky(let machine, let misfit):
            misfit.map { "sticky: stays on its machine, which \($0.sentence); only an operator moves it" }
                ?? "sticky: waits for machine \(machine.short), which is gone; only an operator moves it"
        case .besidePeer(let peer): "beside its peer \(peer)"
        case .named: "its file names this machine"
        case .notWanted: "not wanted on a machine"
        case .destroyed: "destroyed"
        case .machineGone(let machine): "machine \(machine.short) is gone"
        case .draining(let machine): "machine \(machine.short) is draining"
        case .noLongerFits(let misfit): "the machine \(misfit.sentence)"
        case .moved: "moved by an operator"
        case .alreadyThere: "it is there already"
        case .notPlaced: "it is on no machine"
        case .replaced(let unit): "replaced there by \(unit)"
        case .global: "global: runs on every machine that fits"
        case .noMachineFits(let counts): Self.sentence(counts)
        case .noMachines: "there is no machine"
        case .massLoss(let lost, let all): "\(lost) of \(all) machines were lost at once: units come back slowly"
        }
    }

    private static func sentence(_ counts: [MisfitCount]) -> String {
        let all = counts.reduce(0) { $0 + $1.machines }
        if counts.count == 1, let only = counts.first {
            switch only.misfit {
            case .lacksMetadata(let key, let values):
                return "no machine has \(Misfit.metadata(key, values)) (0 of \(all))"
            case .peerNotPlaced(let peer): return "its peer \(peer) is not placed"
            case .otherMachine(let wanted): return "machine '\(wanted.prefix(8))' is not here"
            case .breaksRule(let rule): return "no machine is \(rule) (0 of \(all))"
            case .draining, .absent, .peerElsewhere, .conflict, .givesWay, .milliCPU, .memory, .leaving: break
            }
        }
        return "no machine fits: " + counts.map { "\($0.machines) \($0.misfit.plural)" }.joined(separator: ", ")
    }
}

/// One step of a plan.
public enum Decision: Hashable, Sendable {
    /// Put a unit on a machine.
    case place(UnitName, on: ID<Machine>, because: Reason)
    /// Take a unit off a machine.
    case withdraw(UnitName, from: ID<Machine>, because: Reason)
    /// Leave a unit without a machine, and say why.
    case wait(UnitName, because: Reason)
    /// Leave a unit where it must not stay, because nothing else fits.
    case hold(UnitName, on: ID<Machine>, because: Reason)
    /// Do not carry out an operator's move.
    case refuseMove(UnitName, because: Reason)

    /// The unit it is about.
    public var unit: UnitName {
        switch self {
        case .place(let unit, _, _), .withdraw(let unit, _, _), .wait(let unit, _), .hold(let unit, _, _),
            .refuseMove(let unit, _):
            unit
        }
    }
}
