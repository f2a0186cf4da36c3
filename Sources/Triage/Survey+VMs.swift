import Model

extension Survey {
    /// How long an active VM may take to join, and how long one may take to be made.
    static let joining: Duration = .seconds(180)
    static let building: Duration = .seconds(600)

    mutating func findVMs() {
        for cloud in inventory.clouds.keys.sorted() {
            guard let part = inventory.clouds[cloud] else { continue }
            for vm in part.vms.values { find(vm) }
        }
    }

    private mutating func find(_ vm: VM) {
        switch vm.state {
        case .active:
            if vm.cluster != nil, inventory.machineOfVM[vm.id] == nil, inventory.leftAt[vm.id] == nil { absent(vm) }
        case .lost(let why): addLost(vm, why)
        case .error(let why): addError(vm, why)
        case .building: build(vm)
        case .resized:
            addWaiting(vm, "resized", "was resized or moved, and waits for somebody to confirm it")
        case .stopped, .rebooting, .paused, .suspended, .shelved, .migrating, .resizing, .deleting, .unknown: break
        }
    }

    private mutating func absent(_ vm: VM) {
        guard let cluster = vm.cluster, inventory.clusters[cluster] != nil, silence(of: cluster) == nil else { return }
        let age = vm.created.map { now.since($0) }
        if let age, age < Self.joining {
            coming[cluster, default: []].append(vm.id)
            return
        }
        var draft = begin(.vmNeverJoined, cluster.text, .warning, .vm(vm.id))
        draft.one = "runs, and never joined cluster \(name(.cluster(cluster)))"
        draft.many = "run, and never joined cluster \(name(.cluster(cluster)))"
        draft.began(vm.created)
        touch(vm.id, &draft)
        draft.related.clusters.insert(cluster)
        let asked = age.map { "is active, made \($0.brief) ago" } ?? "is active"
        draft.say(vm.created, "cloud \(vm.cloud)", "\(vm.name) \(asked)")
        drafts[draft.key] = draft
    }

    private mutating func build(_ vm: VM) {
        let age = vm.created.map { now.since($0) }
        guard let age, age >= Self.building else {
            if let cluster = vm.cluster { coming[cluster, default: []].append(vm.id) }
            return
        }
        addWaiting(vm, "building", "is being built for \(age.brief)")
    }

    private mutating func addWaiting(_ vm: VM, _ group: String, _ what: String) {
        var draft = begin(.vmWaits, "\(vm.cloud) \(group)", .warning, .vm(vm.id))
        draft.one = what
        draft.many = group == "building" ? "are being built for long" : "wait for somebody to confirm them"
        draft.began(group == "building" ? vm.created : vm.updated)
        touch(vm.id, &draft)
        draft.say(vm.updated ?? vm.created, "cloud \(vm.cloud)", "\(vm.name): \(vm.state.word)")
        drafts[draft.key] = draft
    }

    private mutating func addLost(_ vm: VM, _ why: String) {
        let isHeard = isHeard(vm.id)
        let told = log.last(.vm, .vm(vm.id)) { $0.weight == .critical }
        let reason = why.isEmpty ? "" : ": \(why)"
        var draft = begin(
            .vmLost, vm.server?.text ?? vm.cloud.text + (isHeard ? " heard" : ""), isHeard ? .warning : .critical,
            .vm(vm.id)
        )
        draft.one = isHeard ? "is lost, says its cloud\(reason), but its machine is heard of" : "is lost" + reason
        draft.many = isHeard ? "are lost, says their cloud, but machines are heard of" : "are lost"
        draft.began(told?.at ?? inventory.leftAt[vm.id] ?? vm.updated)
        touch(vm.id, &draft)
        if let left = goneByVM[vm.id] { touch(left, &draft) }
        if let server = vm.server { draft.related.servers.insert(server) }
        draft.say(told?.at ?? vm.updated, "cloud \(vm.cloud)", "\(vm.name) is lost" + reason)
        drafts[draft.key] = draft
    }

    private mutating func addError(_ vm: VM, _ why: String) {
        let told = log.last(.vm, .vm(vm.id)) { $0.weight == .critical }
        var draft = begin(.vmError, "\(vm.cloud) \(withoutNumbers(why))", .critical, .vm(vm.id))
        let reason = why.isEmpty ? "" : ": \(why)"
        draft.one = "is in error" + reason
        draft.many = "are in error" + reason
        draft.began(told?.at ?? vm.updated ?? vm.created)
        touch(vm.id, &draft)
        draft.say(told?.at ?? vm.updated, "cloud \(vm.cloud)", "\(vm.name) is in error" + reason)
        drafts[draft.key] = draft
    }
}

/// A reason without its figures: what differs in these alone is the same reason.
func withoutNumbers(_ text: String) -> String { String(text.filter { !$0.isNumber }) }
