import Model
import Triage

/// A play for triage: what there is at the start, what the sources report when, and when somebody looks.
///
/// A line a thing: `server hv-1`, `vm c-1 on hv-1 of c`, `unit web.service of c on c-1`, `60 server hv-1 down`,
/// `1:30 look`.
struct Play {
    struct Problem: Error, CustomStringConvertible {
        let line: Int
        let text: String
        var description: String { "line \(line): '\(text)' means nothing" }
    }

    static let start = Timestamp(milliseconds: 1_767_582_000_000)

    private var cloud = CloudContents(cloud: Cloud(id: "os", kind: "openstack"))
    private var clusters: [ID<Cluster>: ClusterContents] = [:]
    private(set) var inventory = Inventory()
    private(set) var events: [FarmEvent] = []
    private var asked: [Asked] = []
    private var silent: Set<SourceID> = []
    private var isBegun = false
    private var revision: Int64 = 1
    private(set) var looks: [(at: Timestamp, known: Known)] = []

    init(_ text: String) throws {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let problem = Problem(line: number + 1, text: String(line))
            if let at = Self.moment(first) {
                begin()
                guard try step(Array(words.dropFirst()), at) else { throw problem }
            } else if try !setUp(words) {
                throw problem
            }
        }
    }

    /// `90` and `1:30` are the same moment.
    private static func moment(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ":").map { Int64($0) }
        guard let first = parts.first, let minutesOrSeconds = first else { return nil }
        if parts.count == 1 { return start + .seconds(minutesOrSeconds) }
        guard parts.count == 2, let seconds = parts[1] else { return nil }
        return start + .seconds(minutesOrSeconds * 60 + seconds)
    }

    private mutating func begin() {
        guard !isBegun else { return }
        isBegun = true
        if !cloud.servers.isEmpty || !cloud.vms.isEmpty { tellCloud(Self.start) }
        for id in clusters.keys.sorted() {
            guard let contents = clusters[id] else { continue }
            apply(.cluster(id), .cluster(contents), Self.start)
        }
    }

    private mutating func apply(_ source: SourceID, _ body: Report.Body, _ at: Timestamp) {
        revision += 1
        var isOfStore = false
        if case .changes = body { isOfStore = true }
        if case .cluster = body { isOfStore = true }
        let report = Report(source: source, revision: isOfStore ? revision : 0, observedAt: at, body: body)
        events += inventory.apply(report)
    }

    private mutating func tellCloud(_ at: Timestamp) { apply(SourceID("os"), .cloud(cloud), at) }

    private mutating func change(_ cluster: ID<Cluster>, _ changes: [ClusterChange], _ at: Timestamp) {
        apply(.cluster(cluster), .changes(cluster, changes), at)
    }

    // MARK: what there is at the start

    private mutating func setUp(_ words: [String]) throws -> Bool {
        let settings = Self.settings(words)
        switch words[0] {
        case "server": addServer(words[1], settings)
        case "cluster": addCluster(ID(words[1]), settings)
        case "vm":
            guard let vm = Self.vm(words, settings, Self.start) else { return false }
            cloud.vms.append(vm)
            if vm.state == .active, settings["joined"] != "no", let cluster = vm.cluster {
                join(Self.machine(vm.name, vm.id, settings), cluster)
            }
        case "machine":
            guard words.count > 3 else { return false }
            join(Self.machine(words[1], settings["vm"].map { ID($0) }, settings), ID(words[3]))
        case "unit":
            guard let unit = try unit(words, settings), words.count > 3 else { return false }
            clusters[ID(words[3])]?.units.append(unit)
        default: return false
        }
        return true
    }

    private mutating func addServer(_ name: String, _ settings: [String: String]) {
        var server = Server(id: ID("os/\(name)"), cloud: "os", name: name)
        server.zone = settings["zone"]
        if let disk = settings["disk"]?.split(separator: "/").compactMap({ Int($0) }), disk.count == 2 {
            (server.diskUsedGiB, server.diskGiB) = (disk[0], disk[1])
        }
        if let memory = settings["memory"]?.split(separator: "/").compactMap({ Int($0) }), memory.count == 2 {
            (server.memoryUsedMiB, server.memoryMiB) = (memory[0], memory[1])
        }
        cloud.servers.append(server)
    }

    private mutating func addCluster(_ id: ID<Cluster>, _ settings: [String: String]) {
        var cluster = Cluster(id: id, name: id.text, wanted: settings["wanted"].flatMap { Int($0) })
        cluster.members = (settings["members"] ?? "").split(separator: ",").map {
            Member(name: String($0), endpoint: "http://\($0):2379")
        }
        clusters[id] = ClusterContents(cluster: cluster)
    }

    private mutating func join(_ machine: Machine, _ cluster: ID<Cluster>) {
        if clusters[cluster]?.cluster.leader == nil { clusters[cluster]?.cluster.leader = machine.id }
        clusters[cluster]?.machines.append(machine)
    }

    private static func vm(_ words: [String], _ settings: [String: String], _ at: Timestamp) -> VM? {
        guard words.count > 5, words[2] == "on", words[4] == "of" else { return nil }
        var vm = VM(
            id: ID("vm-\(words[1])"), cloud: "os", name: words[1], server: ID("os/\(words[3])"), cluster: ID(words[5]),
            state: words.contains("building") ? .building : .active)
        vm.created = at - .seconds(Int64(settings["age"] ?? "7200") ?? 7_200)
        if words[3] == "-" { vm.server = nil }
        return vm
    }

    private static func machine(_ name: String, _ vm: ID<VM>?, _ settings: [String: String]) -> Machine {
        var machine = Machine(id: ID("id-\(name)"), name: name, vm: vm, address: "10.0.0.1")
        machine.started = start - .seconds(3_600)
        machine.metadata["zone"] = settings["zone"]
        machine.memoryMiB = 1_024
        machine.milliCPU = 1_000
        return machine
    }

    private func unit(_ words: [String], _ settings: [String: String]) throws -> Unit? {
        guard words.count > 3, words[2] == "of" else { return nil }
        var options = [UnitFile.Option(section: "Service", name: "ExecStart", value: settings["run"] ?? "/bin/serve")]
        if let needs = settings["needs"] { options.append(.init(section: "Unit", name: "Requires", value: needs)) }
        var unit = Unit(
            name: try UnitName(words[1]), file: UnitFile(options: options),
            desired: settings["wanted"].flatMap { DesiredState(rawValue: $0) } ?? .launched)
        for place in words.dropFirst(5) where words[4] == "on" && !place.contains("=") {
            unit.placement = Placement(machine: ID("id-\(place)"), why: "fewest units", since: Self.start)
            unit.states[ID("id-\(place)")] = UnitState(active: .active, sub: "running", since: Self.start)
        }
        return unit
    }

    /// The words `key=value` of a line.
    static func settings(_ words: [String]) -> [String: String] {
        var settings: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { settings[parts[0]] = parts[1] }
        }
        return settings
    }

    // MARK: what is reported

    private mutating func step(_ words: [String], _ at: Timestamp) throws -> Bool {
        guard let verb = words.first else { return false }
        for source in inventory.sources.keys.sorted() where !silent.contains(source) { apply(source, .quiet, at) }
        if verb == "look" {
            look(at)
            return true
        }
        guard words.count > 1 else { return false }
        let rest = words.dropFirst(2).joined(separator: " ")
        switch verb {
        case "server": return server(words[1], rest, at)
        case "vm": return vm(words, at)
        case "silent":
            silent.insert(SourceID(words[1]))
            apply(SourceID(words[1]), .silent(rest.isEmpty ? "no answer" : rest), at)
        case "answers":
            silent.remove(SourceID(words[1]))
            apply(SourceID(words[1]), .quiet, at)
        case "ask", "done": ask(words, at)
        case "members", "leader", "want", "restored": return cluster(words, at)
        case "gone", "joins", "drain", "undrain", "rival", "figures": return machine(words, at)
        default: return try unitStep(words, at)
        }
        return true
    }

    private mutating func look(_ at: Timestamp) {
        looks.append((at, Known(inventory: inventory, now: at, events: events, asked: asked)))
    }

    private mutating func ask(_ words: [String], _ at: Timestamp) {
        let phrase = words.dropFirst(2).joined(separator: " ")
        if words[0] == "ask" {
            asked.append(Asked(at: at, phrase: phrase, subject: .cluster(ID(words[1]))))
        } else if let index = asked.lastIndex(where: { $0.outcome == nil }) {
            asked[index].outcome = words.dropFirst().joined(separator: " ")
        }
    }

    private mutating func server(_ name: String, _ state: String, _ at: Timestamp) -> Bool {
        for index in cloud.servers.indices where cloud.servers[index].name == name || name == "all" {
            switch state.split(separator: " ").first {
            case "down": cloud.servers[index].state = .down
            case "up": cloud.servers[index].state = .up
            case "disabled": cloud.servers[index].state = .disabled(String(state.dropFirst(9)))
            default: return false
            }
        }
        tellCloud(at)
        return true
    }

    private mutating func vm(_ words: [String], _ at: Timestamp) -> Bool {
        if words.count > 5, words[2] == "on", let vm = Self.vm(words, ["age": "0"], at) {
            cloud.vms.append(vm)
            tellCloud(at)
            return true
        }
        let why = words.dropFirst(3).joined(separator: " ")
        let states: [String: VM.State] = [
            "lost": .lost(why), "error": .error(why), "active": .active, "stopped": .stopped, "building": .building,
            "resized": .resized,
        ]
        let names = words[1].split(separator: ",").map(String.init)
        for name in names {
            guard let index = cloud.vms.firstIndex(where: { $0.name == name }), words.count > 2 else { return false }
            if words[2] == "removed" {
                cloud.vms.remove(at: index)
            } else if let state = states[words[2]] {
                cloud.vms[index].state = state
                cloud.vms[index].updated = at
            } else {
                return false
            }
        }
        tellCloud(at)
        return true
    }

    private mutating func cluster(_ words: [String], _ at: Timestamp) -> Bool {
        let id = ID<Cluster>(words[1])
        guard let contents = clusters[id], words.count > 2 || words[0] == "restored" else { return false }
        switch words[0] {
        case "leader": change(id, [.leader(words[2] == "none" ? nil : ID("id-\(words[2])"))], at)
        case "want": change(id, [.wanted(Int(words[2]))], at)
        case "restored":
            var restored = contents
            restored.isRestored = true
            apply(.cluster(id), .cluster(restored), at)
        default:
            var members = contents.cluster.members
            for (name, state) in Self.settings(words).sorted(by: { $0.key < $1.key }) {
                guard let index = members.firstIndex(where: { $0.name == name }) else { return false }
                members[index].isAnswering = state != "silent"
                members[index].hasLeader = state == "up"
                members[index].alarms = state == "full" ? ["no space"] : []
                if state == "full" { members[index].hasLeader = true }
            }
            change(id, [.members(members)], at)
        }
        return true
    }

    private func clusterOf(machine name: String) -> (id: ID<Cluster>, machine: Machine)? {
        for (id, contents) in clusters {
            if let machine = contents.machines.first(where: { $0.name == name }) { return (id, machine) }
        }
        return nil
    }

    private mutating func machine(_ words: [String], _ at: Timestamp) -> Bool {
        let rest = words.dropFirst(2).joined(separator: " ")
        for name in words[1].split(separator: ",").map(String.init) {
            if words[0] == "joins", clusterOf(machine: name) == nil {
                guard let vm = cloud.vms.first(where: { $0.name == name }), let cluster = vm.cluster else {
                    return false
                }
                clusters[cluster]?.machines.append(Self.machine(name, vm.id, [:]))
            }
            guard let (id, machine) = clusterOf(machine: name) else { return false }
            switch words[0] {
            case "gone": change(id, [.machineGone(machine.id)], at)
            case "joins": change(id, [.machine(machine)], at)
            case "drain": change(id, [.draining(machine.id, true)], at)
            case "undrain": change(id, [.draining(machine.id, false)], at)
            case "rival": change(id, [.rival(machine.id, rest)], at)
            default:
                let settings = Self.settings(words)
                let figures = MachineFigures(
                    cpuPercent: settings["cpu"].flatMap { Double($0) },
                    memoryBytes: settings["memory"].flatMap { Int64($0) }.map { $0 << 20 },
                    uptime: settings["uptime"].flatMap { Int64($0) }.map { .seconds($0) })
                apply(.cluster(id), .figures(id, machine.id, figures, [:]), at)
            }
        }
        return true
    }

    private mutating func unitStep(_ words: [String], _ at: Timestamp) throws -> Bool {
        guard words.count > 3, words[2] == "of" else { return false }
        for name in words[1].split(separator: ",") {
            guard try unitStep(try UnitName(String(name)), ID(words[3]), words, at) else { return false }
        }
        return true
    }

    private mutating func unitStep(
        _ name: UnitName, _ cluster: ID<Cluster>, _ words: [String], _ at: Timestamp
    ) throws -> Bool {
        let rest = words.dropFirst(4).filter { !$0.hasPrefix("on=") && !$0.hasPrefix("times=") }.joined(separator: " ")
        let settings = Self.settings(words)
        let known = inventory.clusters[cluster]?.units[name]
        let machine: ID<Machine>? = settings["on"].map { ID("id-\($0)") } ?? known?.placement?.machine
        switch words[0] {
        case "file":
            let file = UnitFile(options: [.init(section: "Service", name: "ExecStart", value: "/bin/new \(rest)")])
            change(cluster, [.unit(name, file, .launched, revision: revision)], at)
        case "submit":
            guard let unit = try unit(words, settings) else { return false }
            change(cluster, [.unit(name, unit.file, unit.desired, revision: revision)], at)
        case "place":
            guard let machine else { return false }
            change(cluster, [.placement(name, Placement(machine: machine, why: rest, since: at))], at)
        case "withdraw": change(cluster, [.placement(name, nil)], at)
        case "wait": change(cluster, [.waiting(name, Unit.Waiting(why: rest, since: at))], at)
        case "refuse": change(cluster, [.move(name, Move(refusal: rest))], at)
        default:
            guard let machine, let state = Self.state(words[0], rest, settings, at) else { return false }
            change(cluster, [.state(name, machine, state)], at)
        }
        return true
    }

    private static func state(
        _ verb: String, _ note: String, _ settings: [String: String], _ at: Timestamp
    ) -> UnitState? {
        let words: [String: (UnitState.Active, String)] = [
            "failed": (.failed, "failed"), "restarts": (.activating, "auto-restart"), "runs": (.active, "running"),
            "starts": (.activating, "start"), "stops": (.deactivating, "stop-sigterm"), "dead": (.inactive, "dead"),
        ]
        guard let (active, sub) = words[verb] else { return nil }
        return UnitState(
            active: active, sub: sub, since: at, restarts: settings["times"].flatMap { Int($0) } ?? 0,
            note: note.isEmpty ? nil : note)
    }
}
