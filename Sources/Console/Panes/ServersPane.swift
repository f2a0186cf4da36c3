import Model
import Screen

extension Pane {
    static let servers = Pane(
        id: .servers, title: "Servers",
        columns: [
            Column(
                key: "name", title: "NAME", width: 10, least: 7, growth: 20, priority: 0, fit: .middle, isNames: true),
            Column(key: "state", title: "STATE", width: 8, least: 5, priority: 0),
            Column(key: "vcpu", title: "VCPU", width: 7, priority: 2, fit: .right, isSearched: false),
            Column(key: "ram", title: "RAM", width: 8, priority: 3, fit: .right, isSearched: false),
            Column(key: "vms", title: "VMS", width: 3, priority: 1, fit: .right, isSearched: false),
            Column(key: "units", title: "UNITS", width: 5, priority: 4, fit: .right, isSearched: false),
            Column(key: "cpu", title: "CPU", width: 10, priority: 5, isSearched: false),
            Column(key: "cloud", title: "CLOUD", width: 10, priority: 7),
            Column(key: "disk", title: "DISK", width: 11, priority: 8, fit: .right, isSearched: false, isForZoom: true),
            Column(key: "zone", title: "ZONE", width: 10, priority: 9, isForZoom: true),
            Column(key: "note", title: "NOTE", width: 18, least: 10, growth: 1_000, priority: 6),
        ],
        word: { subject, column, facts in
            guard case .server(let id) = subject, let server = facts.inventory.server(id) else { return .none }
            return facts.word(of: server, column)
        },
        entries: { facts in
            facts.inventory.clouds.values.flatMap(\.servers.values)
                .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
                .map { (.server($0.id), facts.condition($0)) }
        },
        emptiness: "no server in this context")
}

extension Facts {
    fileprivate func word(of server: Server, _ column: Int) -> Word {
        switch column {
        case 0: Word(server.name)
        case 1: Word(server.state.word, condition(server).face, number: nil)
        case 2: Figure.share(server.vcpusUsed, server.vcpus)
        case 3: memory(server)
        case 4: count(inventory.clouds[server.cloud]?.vmsOn[server.id]?.count ?? 0)
        case 5: count(machines(on: server).reduce(0) { $0 + unitCount(on: $1.cluster, $1.machine) })
        case 6: load(machines(on: server).map(\.machine), graph: 4)
        case 7: Word(server.cloud.text, .dim)
        case 8: disk(server)
        case 9: server.zone.map { Word($0) } ?? .none
        default: note(server)
        }
    }

    private func memory(_ server: Server) -> Word {
        guard let whole = server.memoryMiB else { return .none }
        let used = server.memoryUsedMiB
        let face: Face = used.map { $0 > whole } ?? false ? .warning : .text
        let share = used.map { Double($0) / Double(max(1, whole)) }
        return Word("\(used.map { "\(($0 + 512) / 1024)" } ?? "–")/\((whole + 512) / 1024)G", face, number: share)
    }

    private func disk(_ server: Server) -> Word {
        guard let whole = server.diskGiB else { return .none }
        let share = server.diskUsedGiB.map { Double($0) / Double(max(1, whole)) }
        return Word("\(server.diskUsedGiB.map(String.init) ?? "–")/\(whole)G", number: share)
    }

    private func note(_ server: Server) -> Word {
        switch server.state {
        case .disabled(let why): Word(why.isEmpty ? "takes no new VMs" : why, .warning)
        case .down: Word(server.note ?? "does not answer", .critical)
        case .up, .unknown: server.note.map { Word($0, .dim) } ?? .empty
        }
    }

    /// The machines in a server's VMs.
    func machines(on server: Server) -> [(cluster: ID<Cluster>, machine: ID<Machine>)] {
        (inventory.clouds[server.cloud]?.vmsOn[server.id] ?? []).sorted().compactMap { inventory.machineOfVM[$0] }
    }

    /// A small graph of what machines use together, and the newest figure.
    func load(_ machines: [ID<Machine>], graph width: Int = 7) -> Word {
        let values = samples.sum(machines)
        guard let last = values.last else { return .empty }
        let ceiling = max(100, values.max() ?? 0)
        let figure = Figure.percent(last)
        return Word(
            Graph.blocks(values, width: width, ceiling: ceiling) + " " + figure.text, last >= 90 ? .warning : .graph,
            number: last)
    }

    func count(_ value: Int) -> Word { Word("\(value)", value == 0 ? .dim : .text, number: Double(value)) }
}
