import Model

/// A machine that fell silent, and where it ran.
private struct Silenced {
    let left: GoneMachine
    let vm: VM?
    let server: ID<Server>?
}

extension Survey {
    /// Machines that fall silent within this time have one cause, probably.
    static let together: Duration = .seconds(60)
    /// A machine without a VM that left may have been switched off; later than this nobody asks.
    static let missed: Duration = .seconds(1_800)

    /// Machines whose lease ended: with their server, with others of their cluster, or alone.
    mutating func findLostMachines() {
        var rest: [ID<Cluster>: [Silenced]] = [:]
        var byServer: [ID<Server>: [Silenced]] = [:]
        for left in inventory.gone.values.sorted(by: { $0.machine.id < $1.machine.id }) {
            guard let silenced = silenced(left) else { continue }
            lost[left.cluster, default: []].append(left.machine.id)
            if let key = silenced.server.flatMap({ fallen($0) }) {
                takers[left.machine.id] = key
                if silenced.vm?.state == .active { addSilent(silenced, group: key.group, because: key) }
            } else if case .lost = silenced.vm?.state {
                let key = Problem.Key(.vmLost, silenced.server?.text ?? silenced.vm?.cloud.text ?? "")
                takers[left.machine.id] = key
            } else if case .error(let why) = silenced.vm?.state, let cloud = silenced.vm?.cloud {
                takers[left.machine.id] = Problem.Key(.vmError, "\(cloud) \(withoutNumbers(why))")
            } else if let server = silenced.server {
                byServer[server, default: []].append(silenced)
            } else {
                rest[left.cluster, default: []].append(silenced)
            }
        }
        for (server, machines) in byServer.sorted(by: { $0.key < $1.key }) {
            if !addServerSilent(server, machines) {
                for one in machines { rest[one.left.cluster, default: []].append(one) }
            }
        }
        for (cluster, machines) in rest.sorted(by: { $0.key < $1.key }) {
            addRest(cluster, machines.sorted { $0.left.machine.id < $1.left.machine.id })
        }
    }

    /// nil for a machine that nobody misses: its VM was removed or switched off, or it drained first.
    private func silenced(_ left: GoneMachine) -> Silenced? {
        guard inventory.clusters[left.cluster] != nil else { return nil }
        guard let id = left.machine.vm else { return isMissed(left) ? Silenced(left: left, vm: nil, server: nil) : nil }
        if inventory.isRemoved(id) || inventory.machineOfVM[id] != nil { return nil }
        guard let vm = inventory.vm(id) else {
            return isMissed(left) ? Silenced(left: left, vm: nil, server: nil) : nil
        }
        switch vm.state {
        case .active, .lost, .error, .unknown: return Silenced(left: left, vm: vm, server: vm.server)
        case .building, .stopped, .rebooting, .paused, .suspended, .shelved, .migrating, .resizing, .resized, .deleting:
            return nil
        }
    }

    private func isMissed(_ left: GoneMachine) -> Bool {
        !left.machine.isDraining && now.since(left.at) < Self.missed
    }

    /// What is said of a server that is down, when it is.
    func fallen(_ server: ID<Server>) -> Problem.Key? {
        let alone = Problem.Key(.serverDown, server.text)
        if drafts[alone] != nil { return alone }
        guard let cloud = inventory.server(server)?.cloud else { return nil }
        return [.siteDown, .controlPlane].map { Problem.Key($0, cloud.text) }
            .first { drafts[$0]?.related.servers.contains(server) ?? false }
    }

    private mutating func addSilent(_ one: Silenced, group: String, because key: Problem.Key?) {
        var draft = begin(
            .machineSilent, group, .critical,
            one.vm.map { .vm($0.id) } ?? .machine(one.left.cluster, one.left.machine.id))
        let runs = one.vm == nil ? "" : "; its VM runs, says its cloud"
        draft.one = "fell silent and left cluster \(name(.cluster(one.left.cluster)))" + runs
        draft.many = key == nil ? "fell silent and left cluster \(name(.cluster(one.left.cluster)))" : nil
        draft.began(one.left.at)
        draft.related.clusters.insert(one.left.cluster)
        if let server = one.server { draft.related.servers.insert(server) }
        touch(one.left, &draft)
        draft.say(one.left.at, "store of \(one.left.cluster)", "\(one.left.machine.name) left: its lease ended")
        if let vm = one.vm { draft.say(vm.updated, "cloud \(vm.cloud)", "VM \(vm.name) is \(vm.state.word)") }
        if one.vm == nil, one.left.machine.vm == nil {
            draft.cause = .unsure("it has no VM: whether somebody switched it off is not known")
        }
        if let key { draft.cause = .because(key, "that carried it") }
        drafts[draft.key] = draft
    }

    /// All machines of a server at once, while the cloud says that it is up.
    private mutating func addServerSilent(_ server: ID<Server>, _ machines: [Silenced]) -> Bool {
        guard machines.count > 1, let known = inventory.server(server) else { return false }
        let vms = inventory.clouds[known.cloud]?.vmsOn[server] ?? []
        let times = machines.map(\.left.at)
        guard let first = times.min(), let last = times.max(), last.since(first) <= Self.together else { return false }
        guard !vms.contains(where: { inventory.machineOfVM[$0] != nil }) else { return false }
        let key = Problem.Key(.serverSilent, server.text)
        var draft = begin(.serverSilent, server.text, .critical, .server(server))
        draft.one = "has no machine left of \(machines.count), though its cloud says it is \(known.state.word)"
        draft.began(first)
        draft.related.servers = [server]
        for one in machines { touch(one.left, &draft) }
        draft.cause = .unsure("the server or its network: the cloud has not noticed")
        draft.say(first, "stores", "\(machines.count) machines in it left within \(last.since(first).atLeastASecond)")
        draft.say(nil, "cloud \(known.cloud)", "says it is \(known.state.word)")
        drafts[draft.key] = draft
        for one in machines { takers[one.left.machine.id] = key }
        return true
    }

    /// Several of a cluster at once are one problem: the network between them, or the store.
    private mutating func addRest(_ cluster: ID<Cluster>, _ machines: [Silenced]) {
        let times = machines.map(\.left.at).sorted()
        let there = inventory.clusters[cluster]?.machines.count ?? 0
        guard let first = times.first, let last = times.last, machines.count > 1, last.since(first) <= Self.together,
            machines.count * 3 >= machines.count + there
        else {
            for one in machines {
                takers[one.left.machine.id] = Problem.Key(.machineSilent, cluster.text)
                addSilent(one, group: cluster.text, because: nil)
            }
            return
        }
        let all = machines.count + there
        let zones = Set(machines.map { $0.left.machine.metadata["zone"] ?? "" })
        var draft = begin(.partition, cluster.text, .critical, .cluster(cluster))
        let which = there == 0 ? "all \(all)" : "\(machines.count) of \(all)"
        let span = last.since(first)
        draft.one = "has lost \(which) machines within \(span.atLeastASecond)"
        if machines.allSatisfy({ $0.vm?.state == .active }) { draft.one += "; their VMs run" }
        draft.began(first)
        draft.related.clusters = [cluster]
        for one in machines { touch(one.left, &draft) }
        let zone = zones.count == 1 && zones != [""] ? " of zone \(zones.first ?? "")" : ""
        draft.cause = .unsure(
            there == 0 ? "the way from its machines to its store" : "the network between them and the store")
        draft.say(first, "store of \(cluster)", "\(machines.count) machines\(zone) left")
        if there > 0 { draft.say(now, "store of \(cluster)", "\(there) machines are heard of") }
        for one in machines.prefix(3) {
            if let vm = one.vm { draft.say(vm.updated, "cloud \(vm.cloud)", "VM \(vm.name) is \(vm.state.word)") }
        }
        drafts[draft.key] = draft
        for one in machines { takers[one.left.machine.id] = Problem.Key(.partition, cluster.text) }
    }
}
