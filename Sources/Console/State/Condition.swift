import Model
import Screen

/// How well an object is, worst first: decides its place in a list, its mark and its face.
enum Condition: UInt8, Comparable, CaseIterable, Sendable {
    case critical, warning, waiting, changing, good, idle

    static func < (left: Condition, right: Condition) -> Bool { left.rawValue < right.rawValue }

    var face: Face {
        switch self {
        case .critical: .critical
        case .warning, .waiting: .warning
        case .changing: .changing
        case .good: .good
        case .idle: .dim
        }
    }

    /// The mark before a name; never the colour alone.
    var mark: String {
        switch self {
        case .critical: "✖"
        case .warning: "!"
        case .waiting: "◌"
        case .changing: "~"
        case .good, .idle: " "
        }
    }

    /// The mark before a count.
    var countMark: String { self == .good ? "●" : self == .idle ? "○" : mark }

    /// Whether somebody should look.
    var isBad: Bool { self <= .waiting }
}

extension Facts {
    /// A server by its state alone.
    func condition(_ server: Server) -> Condition {
        switch server.state {
        case .up: .good
        case .down: .critical
        case .disabled: .warning
        case .unknown: .idle
        }
    }

    /// A VM by its state, and by whether it joined the cluster it was made for.
    func condition(_ vm: VM) -> Condition {
        switch vm.state {
        // A server that its cloud no longer hears of may be alive with all its VMs.
        case .lost where inventory.machineOfVM[vm.id] != nil: return .warning
        case .error, .lost: return .critical
        case .building, .rebooting, .migrating, .resizing, .deleting: return .changing
        case .stopped, .paused, .suspended, .shelved: return .idle
        case .resized, .unknown: return .warning
        case .active: break
        }
        if let absence = absence(of: vm) { return absence.condition }
        return inventory.machine(of: vm.id)?.machine.rival == nil ? .good : .critical
    }

    /// Why a VM that was made for a cluster is no machine of it.
    enum Absence: Hashable {
        /// Young enough to be on its way.
        case joining
        /// It never came.
        case neverCame
        /// Its machine left the cluster, and the VM is switched off or held.
        case left(Timestamp)
        /// Its machine is gone from the cluster while the VM runs.
        case silent(Timestamp)

        var condition: Condition {
            switch self {
            case .joining: .changing
            case .neverCame: .warning
            case .left: .idle
            case .silent: .critical
            }
        }

        func words(_ now: Timestamp) -> String {
            switch self {
            case .joining: "not joined yet"
            case .neverCame: "never joined its cluster"
            case .left(let at): "left its cluster \(now.since(at).brief) ago"
            case .silent(let at): "runs, but is silent since \(now.since(at).brief)"
            }
        }
    }

    /// nil for a VM of no cluster that is looked at here, and for one that has joined.
    func absence(of vm: VM) -> Absence? {
        guard let cluster = vm.cluster, inventory.clusters[cluster] != nil, inventory.machineOfVM[vm.id] == nil else {
            return nil
        }
        if let at = inventory.leftAt[vm.id] { return vm.state == .active ? .silent(at) : .left(at) }
        guard vm.state == .active else { return nil }
        let isYoung = vm.created.map { now.since($0) < Limits.joining } ?? false
        return isYoung ? .joining : .neverCame
    }

    /// A cluster by its quorum, its leader and its machines; its units are counted beside it.
    func condition(_ part: Inventory.ClusterPart) -> Condition {
        if part.cluster.storeTrouble != nil { return .critical }
        if part.cluster.isLeaderless { return .critical }
        if !part.cluster.silentMembers.isEmpty { return .warning }
        if let wanted = part.cluster.wanted, part.machines.count < wanted { return .changing }
        let counts = self.counts[part.cluster.id] ?? UnitCounts()
        return counts[.critical] > 0 ? .warning : .good
    }

    /// A machine that is no VM we know.
    func condition(_ machine: Machine) -> Condition {
        machine.rival != nil ? .critical : machine.isDraining ? .warning : .good
    }

    /// A unit by what is wanted of it and what its machine says.
    func condition(_ unit: Unit, in part: Inventory.ClusterPart) -> Condition {
        if unit.waiting != nil { return .waiting }
        guard let state = unit.state else {
            if unit.desired == .inactive { return .idle }
            if let placement = unit.placement, part.machines[placement.machine] == nil { return .critical }
            return unit.isGlobal && part.machines.isEmpty ? .waiting : .changing
        }
        if let placement = unit.placement, part.machines[placement.machine] == nil { return .critical }
        switch state.active {
        case .failed: return .critical
        case .activating where state.sub == "auto-restart": return state.restarts >= 3 ? .critical : .warning
        case .activating, .deactivating, .reloading: return .changing
        case .active where unit.isBouncing(at: now): return state.restarts >= 3 ? .critical : .warning
        case .active: return unit.desired == .launched ? (unit.move == nil ? .good : .changing) : .changing
        case .inactive: return unit.desired == .launched && !state.isDone ? .warning : .idle
        case .maintenance, .other: return .warning
        }
    }

    /// Why a unit is not as it is wanted, in words; nil when there is nothing to say.
    func why(_ unit: Unit, in part: Inventory.ClusterPart) -> String? {
        if unit.isDestroyed { return "destroyed; its machine still has it" }
        if let waiting = unit.waiting { return waiting.why }
        if let refusal = unit.move?.refusal { return "not moved: \(refusal)" }
        if let placement = unit.placement, part.machines[placement.machine] == nil {
            return "machine \(placement.machine.short) is gone"
        }
        if let note = unit.state?.note { return withRestarts(note, unit.state?.restarts ?? 0) }
        if let move = unit.move {
            return "to move" + (move.to.map { " to \(inventory.name(of: $0, in: part.cluster.id))" } ?? "")
        }
        guard let state = unit.state else { return unit.desired == .inactive ? nil : "not reported yet" }
        if state.active == .inactive, unit.desired == .launched { return "wanted launched, is \(state.sub)" }
        if state.active == .active, unit.desired != .launched { return "wanted \(unit.desired.rawValue)" }
        if unit.isBouncing(at: now) { return withRestarts("restarted by itself", state.restarts) }
        return state.restarts > 0 && state.active != .active ? withRestarts("restarting", state.restarts) : nil
    }

    private func withRestarts(_ text: String, _ restarts: Int) -> String {
        restarts > 0 && !text.hasSuffix("×)") && !text.hasSuffix("th)") ? "\(text) (\(restarts)×)" : text
    }
}

/// The console's figures, each with its reason.
enum Limits {
    /// How long an active VM may take to join before it is shown as one that never did.
    static let joining: Duration = .seconds(180)
    /// Events kept for the events view.
    static let events = 5_000
    /// Log lines kept for one log.
    static let logLines = 20_000
    /// Of a log line that is longer the first quarter of so many characters is kept.
    static let logLineBytes = 16_384
    /// Orders kept for the orders view.
    static let orders = 500
    /// How long `U` unlocks.
    static let unlocked: Duration = .seconds(600)
    /// How long an acknowledged problem stays aside.
    static let acknowledged: Duration = .seconds(1_800)
    /// How long a message stays in the hint line.
    static let message: Duration = .seconds(8)
    /// CPU figures kept per machine.
    static let samples = 24
    /// More targets than this want their number typed.
    static let handful = 5
    /// Above so many rows a list is put in order anew at most twice a second.
    static let manyRows = 5_000
    /// Clusters with more units are not planned while a key waits.
    static let plannedUnits = 20_000
    /// Clusters with more units are not planned for what-if: it would take seconds.
    static let supposedUnits = 200_000
    /// Clusters with more units are planned for what-if only when a key asks for it.
    static let plannedOften = 5_000
    /// How long a drained machine's next unit may take to become active elsewhere before the drain is given up.
    static let drainPatience: Duration = .seconds(180)
    /// How long a drain that ended is shown.
    static let drainShown: Duration = .seconds(120)
    /// Names that a pane's columns are measured by.
    static let measuredNames = 256
    /// How long a machine that joined is watched for its first unit; it may get none.
    static let firstUnit: Duration = .seconds(20)
    /// Up to so many new VMs are shown by their names.
    static let progressByName = 2
    /// How long after the last source's first answer the cursor keeps to the worst row.
    static let settling: Duration = .seconds(3)
    /// How long figures are gathered before they are shown: all machines' at once cost one frame instead of many.
    static let figures: Duration = .seconds(2)
    /// How often a cloud is asked about a VM that is looked at.
    static let look: Duration = .seconds(5)
    /// How far back one can look.
    static let history: Duration = .seconds(1_800)
    /// How long a chapter of it is: from its start every change is gone through again to show a moment of it.
    static let historyChapter: Duration = .seconds(600)
    /// A chapter that is younger goes on when a store tells everything.
    static let historyStep: Duration = .seconds(2)
    /// What looking back may cost, in bytes.
    static let historyBytes = 96 << 20
    /// Matches the palette lists.
    static let palette = 200
}
