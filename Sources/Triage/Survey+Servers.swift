import Model

extension Survey {
    mutating func findServers() {
        for id in inventory.clouds.keys.sorted() {
            guard let part = inventory.clouds[id] else { continue }
            let servers = part.servers.values.sorted { $0.id < $1.id }
            let down = servers.filter { $0.state == .down }
            if down.count == servers.count, down.count > 1 {
                addAllDown(part, down)
            } else {
                for server in down { addDown(server, part, up: servers.count - down.count) }
            }
            for server in servers {
                if case .disabled(let why) = server.state { addClosed(server, why) }
                addFullness(server)
            }
        }
    }

    /// When the cloud said that a server is down; else when the first machine in it left.
    private func fall(of server: Server, _ part: Inventory.CloudPart) -> Timestamp? {
        let told = log.last(.server, .server(server.id)) { $0.weight == .critical }
        return told?.at ?? (part.vmsOn[server.id] ?? []).compactMap { inventory.leftAt[$0] }.min()
    }

    private mutating func addDown(_ server: Server, _ part: Inventory.CloudPart, up: Int) {
        let vms = (part.vmsOn[server.id] ?? []).sorted()
        let heard = vms.filter { isHeard($0) }
        let isDoubtful = !heard.isEmpty
        let since = fall(of: server, part)
        let answered = inventory.sources[.cloud(server.cloud)]?.answeredAt
        var draft = begin(.serverDown, server.id.text, isDoubtful ? .warning : .critical, .server(server.id))
        draft.began(since)
        draft.one = "is down"
        draft.related.servers = [server.id]
        for vm in vms { touch(vm, &draft) }
        touchGone(vms, &draft)
        draft.say(since ?? answered, "cloud \(server.cloud)", server.note ?? "says it is down")
        if isDoubtful {
            draft.one = "is down, says its cloud; \(count(heard.count, "machine")) in it \(isAre(heard.count)) heard of"
            draft.cause = .unsure("the cloud may be wrong: what runs there is heard of")
            draft.say(now, "stores", "hear of \(names(heard.map { .vm($0) }))")
        }
        sayOfOthers(server, part, up, &draft)
        drafts[draft.key] = draft
    }

    private func sayOfOthers(_ server: Server, _ part: Inventory.CloudPart, _ up: Int, _ draft: inout Draft) {
        let all = part.servers.count
        draft.say(nil, "cloud \(server.cloud)", "\(all - up) of \(count(all, "server")) \(isAre(all - up)) down")
        guard let zone = server.zone else { return }
        let there = part.servers.values.filter { $0.zone == zone }
        let fallen = there.count { $0.state == .down }
        draft.say(
            nil, "cloud \(server.cloud)",
            "in zone \(zone) \(fallen) of \(count(there.count, "server")) \(isAre(fallen)) down")
    }

    /// Adds the units of machines that left these VMs, and says when they left.
    func touchGone(_ vms: [ID<VM>], _ draft: inout Draft) {
        let left = vms.compactMap { goneByVM[$0] }
        for one in left { touch(one, &draft) }
        guard let first = left.map(\.at).min(), let last = left.map(\.at).max() else { return }
        let span = last.since(first)
        let text =
            "\(count(left.count, "machine")) in it left" + (left.count > 1 ? " within \(span.atLeastASecond)" : "")
        draft.say(first, "stores", text + ": their leases ended")
    }

    private mutating func addAllDown(_ part: Inventory.CloudPart, _ servers: [Server]) {
        let id = part.cloud.id
        let vms = part.vms.keys.sorted()
        let heard = vms.count { isHeard($0) }
        let since = servers.compactMap { fall(of: $0, part) }.min()
        var draft = begin(heard > 0 ? .controlPlane : .siteDown, id.text, heard > 0 ? .warning : .critical, .cloud(id))
        draft.title = "cloud \(id)"
        draft.began(since)
        draft.related.servers = Set(servers.map(\.id))
        draft.say(since, "cloud \(id)", "says that all \(servers.count) servers are down")
        if heard > 0 {
            draft.one =
                "says that all \(servers.count) servers are down, yet \(count(heard, "machine")) in them "
                + "\(isAre(heard)) heard of: its control plane"
            draft.say(now, "stores", "hear of \(count(heard, "machine")) in its VMs")
        } else {
            for vm in vms { touch(vm, &draft) }
            touchGone(vms, &draft)
            draft.one = "has lost all \(servers.count) servers, and no machine in them is heard of"
            draft.cause = .unsure("power, network or control plane: from here they look the same")
        }
        drafts[draft.key] = draft
    }

    private mutating func addClosed(_ server: Server, _ why: String) {
        let told = log.last(.server, .server(server.id)) { $0.weight == .warning }
        var draft = begin(.serverClosed, server.id.text, .warning, .server(server.id))
        draft.one = "takes no new VMs" + (why.isEmpty ? "" : ": \(why)")
        draft.began(told?.at)
        draft.related.servers = [server.id]
        draft.say(told?.at, "cloud \(server.cloud)", "says it is disabled")
        drafts[draft.key] = draft
    }

    /// Memory is given out once, disk is written once; processors are shared, so their number says nothing.
    private mutating func addFullness(_ server: Server) {
        var full: [String] = []
        if let whole = server.memoryMiB, let used = server.memoryUsedMiB, used > whole, whole > 0 {
            full.append("has given out \(used * 100 / whole) % of its memory")
        }
        if let whole = server.diskGiB, let used = server.diskUsedGiB, whole > 0, used * 100 >= whole * 95 {
            full.append("has \(used * 100 / whole) % of its disk in use")
        }
        guard !full.isEmpty else { return }
        var draft = begin(.serverFull, server.id.text, .warning, .server(server.id))
        draft.one = full.joined(separator: " and ")
        draft.related.servers = [server.id]
        draft.say(nil, "cloud \(server.cloud)", full.joined(separator: ", "))
        drafts[draft.key] = draft
    }
}

/// `is` for one, `are` for more.
func isAre(_ number: Int) -> String { number == 1 ? "is" : "are" }

extension Duration {
    /// As people say it; below a second `a second`.
    var atLeastASecond: String { self < .seconds(1) ? "a second" : brief }
}
