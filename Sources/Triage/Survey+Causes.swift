import Model

extension Survey {
    /// Units that begin to wait so soon after machines were lost wait because of that.
    static let aftermath: Duration = .seconds(300)

    mutating func findOrders() {
        let growing = drafts.keys.filter { $0.kind == .growth }.map { Subject.cluster(ID($0.group)) }
        let open = known.asked.filter { $0.outcome == nil && !growing.contains($0.subject) }.sorted {
            ($0.at, $0.phrase) < ($1.at, $1.phrase)
        }
        guard let first = open.first else { return }
        var draft = begin(.order, "", .changing, nil)
        draft.title = ""
        draft.subjects = open.map(\.subject)
        let more = open.count > 1 ? " +\(open.count - 1)" : ""
        draft.one = "you asked: \(first.phrase)\(more); nothing is heard of it yet"
        draft.many = draft.one
        draft.began(first.at)
        draft.cause = .asked
        for one in open.prefix(5) { draft.say(one.at, "you", one.phrase) }
        drafts[draft.key] = draft
    }

    /// Says of every problem which other one is probably behind it.
    mutating func link() {
        let servers = fallenAddresses
        for (key, draft) in drafts where [.unitFails, .unitIdle, .unitWaits].contains(key.kind) {
            for case .unit(let unit) in draft.subjects { failing[unit] = key }
        }
        for key in drafts.keys.sorted() {
            guard let draft = drafts[key] else { continue }
            if case .because = draft.cause { continue }
            if let cause = cause(of: key, draft, servers) { drafts[key]?.cause = cause }
            if let old = age(of: draft) { drafts[key]?.asOf = old }
        }
        for key in drafts.keys.sorted() {
            guard case .because(let first, let why) = drafts[key]?.cause else { continue }
            let found = root(of: first, below: key).map { Problem.Cause.because($0, why) } ?? .separate
            drafts[key]?.cause = found
        }
        gather()
    }

    /// Symptoms of one sort that have one cause are one line.
    private mutating func gather() {
        for key in drafts.keys.sorted() {
            guard case .because(let root, _) = drafts[key]?.cause, let draft = drafts.removeValue(forKey: key) else {
                continue
            }
            let common = Problem.Key(key.kind, "\(root.kind.rawValue) \(root.group)")
            guard var first = drafts.removeValue(forKey: common) else {
                drafts[common] = Draft(draft, as: common)
                continue
            }
            first.join(draft)
            drafts[common] = first
        }
    }

    /// The end of the chain; nil where it leads nowhere or back.
    private func root(of key: Problem.Key, below start: Problem.Key) -> Problem.Key? {
        var key = key
        for _ in 0..<8 {
            guard let draft = drafts[key], key != start else { return nil }
            guard case .because(let next, _) = draft.cause else { return key }
            key = next
        }
        return nil
    }

    private func cause(
        of key: Problem.Key, _ draft: Draft, _ servers: [String: Problem.Key]
    ) -> Problem.Cause? {
        switch key.kind {
        case .cloudSilent: return because(.nothingHeard, "", "all sources fell silent")
        case .storeSilent, .storeTrouble, .memberSilent, .noLeader: return causeOfStore(key, servers)
        case .vmLost: return fallen(ID(key.group)).map { .because($0, "they are on that server") }
        case .clusterShort: return causeOfShortage(ID(key.group))
        case .unitWaits: return causeOfWaiting(draft)
        case .moveRefused: return causeOfRefusal(draft)
        case .unitFails, .unitIdle: return draft.cause ?? causeOfFailure(draft)
        case .machineSilent, .machineFlaps: return draft.cause
        default: return draft.cause
        }
    }

    private func because(_ kind: Problem.Kind, _ group: String, _ why: String) -> Problem.Cause? {
        let key = Problem.Key(kind, group)
        return drafts[key] == nil ? nil : .because(key, why)
    }

    private func causeOfStore(_ key: Problem.Key, _ servers: [String: Problem.Key]) -> Problem.Cause? {
        let id = ID<Cluster>(key.group)
        if key.kind == .storeSilent, let all = because(.nothingHeard, "", "all sources fell silent") { return all }
        if key.kind == .noLeader || key.kind == .storeSilent,
            let store = because(.storeTrouble, key.group, "without its store it has none")
        {
            return key.kind == .storeSilent
                ? because(.storeTrouble, key.group, "without a quorum it takes nothing") : store
        }
        if key.kind == .noLeader, let silent = because(.storeSilent, key.group, "its store is silent") { return silent }
        guard let cluster = inventory.clusters[id]?.cluster else { return nil }
        let silentMembers = cluster.members.filter { !$0.isAnswering }
        let places = silentMembers.flatMap { [$0.name, Self.address($0.endpoint)] }
        let all =
            key.kind == .storeSilent
            ? places
                + (cluster.store ?? "").split(separator: " ").map {
                    Self.address(String($0))
                } : places
        if let server = all.compactMap({ servers[$0] }).first {
            return .because(server, "a member of its store ran there")
        }
        guard key.kind == .noLeader, let taker = newestTaker(of: id, before: now) else { return nil }
        return .because(taker, "it lost machines by that, its leader may be one")
    }

    private func causeOfRefusal(_ draft: Draft) -> Problem.Cause? {
        guard case .unit(let key) = draft.subjects.first, let place = inventory.unit(key)?.placement else { return nil }
        return because(.drain, "\(key.cluster) \(place.machine)", "its machine drains")
    }

    private func causeOfShortage(_ cluster: ID<Cluster>) -> Problem.Cause? {
        for vm in inventory.vms(of: cluster) {
            if case .error(let why) = vm.state {
                return because(.vmError, "\(vm.cloud) \(withoutNumbers(why))", "a VM made for it is in error")
            }
        }
        if let taker = newestTaker(of: cluster, before: now) {
            return .because(taker, "its machines were lost by that")
        }
        return because(.vmNeverJoined, cluster.text, "a VM made for it never joined")
    }

    private func causeOfWaiting(_ draft: Draft) -> Problem.Cause? {
        guard let since = draft.since, case .unit(let key) = draft.subjects.first else { return nil }
        guard let taker = newestTaker(of: key.cluster, before: since + .seconds(5)),
            let fell = drafts[taker]?.since ?? lostAt(key.cluster), since.since(fell) < Self.aftermath
        else { return nil }
        return .because(taker, "it waits since machines were lost")
    }

    private func lostAt(_ cluster: ID<Cluster>) -> Timestamp? {
        (lost[cluster] ?? []).compactMap { inventory.gone[$0]?.at }.max()
    }

    /// What took the machine that a cluster lost last, before a moment.
    private func newestTaker(of cluster: ID<Cluster>, before moment: Timestamp) -> Problem.Key? {
        let gone = (lost[cluster] ?? []).compactMap { inventory.gone[$0] }.filter { $0.at <= moment }
        return gone.sorted { ($1.at, $0.machine.id) < ($0.at, $1.machine.id) }
            .lazy.compactMap { takers[$0.machine.id] }.first
    }

    /// A unit that needs one that fails, fails because of that.
    private func causeOfFailure(_ draft: Draft) -> Problem.Cause? {
        guard case .unit(let key) = draft.subjects.first, let unit = inventory.unit(key) else { return nil }
        let needed = unit.file.options.filter {
            $0.section == "Unit" && ["Requires", "BindsTo", "Requisite"].contains($0.name)
        }.flatMap { $0.joined.split(separator: " ") }
        for text in needed {
            guard let name = try? UnitName(String(text)), let other = failing[UnitKey(key.cluster, name)] else {
                continue
            }
            if other != draft.key { return .because(other, "it needs \(name)") }
        }
        return nil
    }

    /// Names and addresses of what runs on servers that are down.
    private var fallenAddresses: [String: Problem.Key] {
        var found: [String: Problem.Key] = [:]
        for (key, draft) in drafts.sorted(by: { $0.key < $1.key })
        where [.serverDown, .siteDown, .serverSilent].contains(key.kind) {
            for id in draft.vms.sorted() {
                guard let vm = inventory.vm(id) else { continue }
                for word in [vm.name] + vm.addresses where !word.hasPrefix("127.") { found[word] = found[word] ?? key }
            }
        }
        return found
    }

    /// The host of an endpoint: `10.0.0.2` of `https://10.0.0.2:2379`.
    static func address(_ endpoint: String) -> String {
        let rest = endpoint.split(separator: "/").last.map(String.init) ?? endpoint
        guard rest.hasPrefix("[") else { return rest.split(separator: ":").first.map(String.init) ?? rest }
        return String(rest.dropFirst().prefix { $0 != "]" })
    }

    /// When the silent source of a problem's objects answered last; nil while it answers.
    private func age(of draft: Draft) -> Timestamp? {
        let kinds: [Problem.Kind] = [.cloudSilent, .storeSilent, .storeTrouble, .memberSilent, .nothingHeard, .order]
        guard !kinds.contains(draft.key.kind), let subject = draft.subjects.first else { return nil }
        let source: SourceID? =
            switch subject {
            case .cloud(let id): .cloud(id)
            case .source(let id): id
            case .server(let id): inventory.server(id).map { .cloud($0.cloud) }
            case .vm(let id): inventory.cloudOfVM[id].map { .cloud($0) }
            case .cluster(let id): .cluster(id)
            case .machine(let cluster, _): .cluster(cluster)
            case .unit(let key): .cluster(key.cluster)
            }
        return source.flatMap { silent[$0]?.since }
    }
}
