public import Model

/// Turns wanted machine counts into VMs; runs where the cloud's credentials are, never on a machine.
///
/// A count is worked towards until it is reached once; a VM lost later is shown, not replaced behind anyone's back.
/// **Invariant:** one VM of a name is asked for at most once while its fate is unknown.
public struct Provisioner: Role {
    /// What it is told.
    public enum Event: Sendable {
        /// So many machines are wanted; the number tells one wish from the next.
        case wanted(count: Int, VMChoice, wish: Int64)
        /// The VMs of the cluster, all of them.
        case vms([VM])
        /// The machines that joined, and how many units each has.
        case machines([Machine], units: [ID<Machine>: Int])
        /// The cloud took the order for a VM of that name, or refused with its words.
        case created(String, failure: String?)
        /// The cloud took the order to delete a VM, or refused.
        case deleted(ID<VM>, failure: String?)
        /// The time asked for has come.
        case wake
    }

    /// What it wants done.
    public enum Effect: Hashable, Sendable {
        /// Make a VM; looked up by its name first.
        case create(VMSpec)
        /// Move all units off a machine before its VM goes.
        case drain(ID<Machine>)
        /// Remove a VM.
        case delete(ID<VM>)
        /// The wish is fulfilled, or given up with the reason.
        case settled(wish: Int64, failure: String?)
        /// Something operators should see.
        case tell(FarmEvent)
        /// Tell `wake` then.
        case wake(at: Timestamp)
    }

    /// How many VMs may be asked for or building at a time, so that a cloud that has no room for all says so early.
    public static let buildingMax = 8
    /// How long an active VM may take to boot and join before that is said.
    public static let joinDeadline = Duration.seconds(180)
    /// How long a drain may take before its VM goes all the same.
    public static let drainDeadline = Duration.seconds(30)
    /// How long the cloud may take to show a VM that it took the order for.
    public static let showDeadline = Duration.seconds(120)

    struct Wish: Hashable, Sendable {
        var count: Int
        var choice: VMChoice
        var number: Int64
    }

    let cluster: ID<Cluster>
    var wish: Wish?
    var settled: Int64 = -1
    var vms: [VM] = []
    var hasVMs = false
    var machineOf: [ID<VM>: ID<Machine>] = [:]
    var unitsOn: [ID<Machine>: Int] = [:]
    /// VMs that were asked for and that the cloud does not show yet.
    var asked: [String: Timestamp] = [:]
    /// All names that were asked for under this wish.
    var names: Set<String> = []
    var deleting: Set<ID<VM>> = []
    var draining: [ID<VM>: Timestamp] = [:]
    var late: Set<ID<VM>> = []
    /// Since when each VM has been active; for those that were before this began, since they were made.
    var activeSince: [ID<VM>: Timestamp] = [:]

    /// The provisioner of one cluster.
    public init(cluster: ID<Cluster>) {
        self.cluster = cluster
    }

    /// Takes one event in and says what is to be done.
    public mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .wanted(let count, let choice, let number):
            if number > (wish?.number ?? -1) {
                wish = Wish(count: count, choice: choice, number: number)
                names = []
            }
        case .vms(let all):
            vms = all.filter { $0.cluster == cluster }
            noteActive(at: now)
            hasVMs = true
            for vm in vms { asked[vm.name] = nil }
            let there = Set(vms.map(\.id))
            deleting.formIntersection(there)
            draining = draining.filter { there.contains($0.key) }
            late.formIntersection(there)
            giveUpFailed(at: now, &effects)
        case .machines(let machines, let units):
            machineOf = [:]
            for machine in machines { if let vm = machine.vm { machineOf[vm] = machine.id } }
            unitsOn = units
        case .created(let name, let failure):
            if let failure {
                asked[name] = nil
                give(up: "VM \(name) cannot be made: \(failure)", at: now, &effects)
            }
        case .deleted(let vm, let failure):
            if let failure {
                deleting.remove(vm)
                give(up: "VM \(vm.short) cannot be deleted: \(failure)", at: now, &effects)
            }
        case .wake: break
        }
        giveUpUnseen(at: now, &effects)
        work(at: now, &effects)
        watchJoins(at: now, &effects)
        return effects
    }

    private mutating func noteActive(at now: Timestamp) {
        let active = vms.filter { $0.state == .active }
        let since = active.map { ($0.id, activeSince[$0.id] ?? (hasVMs ? now : $0.created ?? now)) }
        activeSince = Dictionary(since) { first, _ in first }
    }

    private mutating func give(up text: String, at now: Timestamp, _ effects: inout [Effect]) {
        effects.append(.tell(FarmEvent(at: now, weight: .critical, subject: .cluster(cluster), text: text)))
        guard let wish, wish.number > settled else { return }
        settled = wish.number
        effects.append(.settled(wish: wish.number, failure: text))
    }

    /// A VM that fails after the cloud took the order would fail again: making more of them helps nobody.
    private mutating func giveUpFailed(at now: Timestamp, _ effects: inout [Effect]) {
        for vm in vms.sorted(by: { $0.name < $1.name }) where names.contains(vm.name) {
            guard case .error(let fault) = vm.state, names.remove(vm.name) != nil else { continue }
            give(up: "VM \(vm.name) failed: \(fault.isEmpty ? "the cloud does not say why" : fault)", at: now, &effects)
        }
    }

    private mutating func giveUpUnseen(at now: Timestamp, _ effects: inout [Effect]) {
        for (name, since) in asked.sorted(by: { $0.key < $1.key }) where now.since(since) >= Self.showDeadline {
            asked[name] = nil
            give(
                up: "VM \(name) was asked for \(now.since(since).brief) ago and the cloud never showed it", at: now,
                &effects)
        }
    }

    private mutating func work(at now: Timestamp, _ effects: inout [Effect]) {
        guard let wish, hasVMs, wish.number > settled else { return }
        let good = vms.filter { isCounted($0) && !deleting.contains($0.id) && draining[$0.id] == nil }
        let count = good.count + asked.count
        if count < wish.count {
            let building = vms.count { $0.state == .building }
            let room = max(0, Self.buildingMax - asked.count - building)
            for _ in 0..<min(wish.count - count, room) { create(wish, at: now, &effects) }
        } else if count > wish.count, asked.isEmpty {
            for vm in surplus(good, count - wish.count) { shed(vm, at: now, &effects) }
        }
        finishDrains(hasRefuge: good.contains { draining[$0.id] == nil }, at: now, &effects)
        let isDone =
            asked.isEmpty && draining.isEmpty && good.count == wish.count
            && good.allSatisfy { machineOf[$0.id] != nil }
        if isDone {
            settled = wish.number
            effects.append(.settled(wish: wish.number, failure: nil))
        }
    }

    private func isCounted(_ vm: VM) -> Bool {
        switch vm.state {
        case .building, .active, .rebooting, .paused, .stopped, .suspended, .shelved, .migrating, .resizing, .resized,
            .unknown:
            true
        case .deleting, .error, .lost: false
        }
    }

    private mutating func create(_ wish: Wish, at now: Timestamp, _ effects: inout [Effect]) {
        let taken = Set(vms.map(\.name)).union(asked.keys)
        var number = 1
        while taken.contains("\(cluster)-\(number)") { number += 1 }
        let name = "\(cluster)-\(number)"
        asked[name] = now
        names.insert(name)
        effects.append(.create(VMSpec(name: name, cluster: cluster, choice: wish.choice)))
        effects.append(.wake(at: now + Self.showDeadline))
    }

    /// The VMs to go first: those that never joined, then those with the fewest units, then the youngest names.
    private func surplus(_ good: [VM], _ count: Int) -> [VM] {
        let ranked = good.sorted { left, right in
            let (leftUnits, rightUnits) = (units(of: left), units(of: right))
            if leftUnits != rightUnits { return leftUnits < rightUnits }
            return (left.name.utf8.count, left.name) > (right.name.utf8.count, right.name)
        }
        return Array(ranked.prefix(count))
    }

    private func units(of vm: VM) -> Int { machineOf[vm.id].map { unitsOn[$0] ?? 0 } ?? -1 }

    private mutating func shed(_ vm: VM, at now: Timestamp, _ effects: inout [Effect]) {
        draining[vm.id] = now
        if let machine = machineOf[vm.id] {
            effects.append(.drain(machine))
            effects.append(.wake(at: now + Self.drainDeadline))
        }
    }

    /// Deletes what has no units left, or has waited long enough, or has nowhere to send them.
    private mutating func finishDrains(hasRefuge: Bool, at now: Timestamp, _ effects: inout [Effect]) {
        for (vm, since) in draining.sorted(by: { $0.key < $1.key }) where !deleting.contains(vm) {
            let left = machineOf[vm].map { unitsOn[$0] ?? 0 } ?? 0
            guard left == 0 || !hasRefuge || now.since(since) >= Self.drainDeadline else { continue }
            deleting.insert(vm)
            effects.append(.delete(vm))
        }
    }

    private mutating func watchJoins(at now: Timestamp, _ effects: inout [Effect]) {
        for vm in vms where vm.state == .active && machineOf[vm.id] == nil && !late.contains(vm.id) {
            guard let since = activeSince[vm.id] else { continue }
            if now.since(since) >= Self.joinDeadline {
                late.insert(vm.id)
                let text =
                    "has not joined \(cluster) within \(Self.joinDeadline.brief): look at its console log, or delete it"
                effects.append(.tell(FarmEvent(at: now, weight: .critical, subject: .vm(vm.id), text: text)))
            } else {
                effects.append(.wake(at: since + Self.joinDeadline))
            }
        }
    }
}
