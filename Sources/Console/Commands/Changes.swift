import Model
import Screen
import Triage

extension Command {
    static let start = change(
        "start", "s", "start units; switch VMs on", hint: "start", availability: { $0.has(.unit, .vm) }
    ) { $0.ask(.start) }

    static let drain = change(
        "drain", "d", "move all units off a VM or server, and let it take none; again: undo", hint: "drain",
        isDestructive: true, availability: { $0.canDrain }
    ) { $0.ask(.drain) }

    static let deleteVM = change(
        "delete VM", "X", "delete VMs for ever", isDestructive: true, availability: { $0.has(.vm) }
    ) { $0.ask(.delete) }

    static let unlock = Command(
        name: "unlock", keys: [.character("U")], group: .program, help: "allow changes for 10 minutes; again: lock",
        modes: Mode.places,
        availability: { console in
            if console.setup.isReadOnly { return .no("this context is read-only") }
            return console.setup.startsLocked ? .yes : .no("this context is never locked")
        }
    ) { console in
        let isLocked = !console.isUnlocked
        console.unlockedUntil = isLocked ? console.clock + Limits.unlocked : nil
        console.tell(isLocked ? "unlocked for 10 minutes" : "locked", isLocked ? .warning : .text)
        return []
    }

    static let changes: [Command] = [
        start,
        change(
            "stop", "S", "stop units; switch VMs off", hint: "stop", isDestructive: true,
            availability: { $0.has(.unit, .vm) }
        ) { $0.ask(.stop) },
        change(
            "restart", "r", "restart units where they run; reboot VMs", hint: "restart", isDestructive: true,
            availability: { $0.has(.unit, .vm) }
        ) { $0.ask(.restart) },
        change(
            "unload", "u", "take units off their machines and keep their files", isDestructive: true,
            availability: { $0.has(.unit) }
        ) { $0.ask(.unload) },
        change(
            "move", "M", "move units to another machine, VMs to another server", hint: "move",
            availability: { $0.has(.unit, .vm) }
        ) {
            $0.askMove()
        },
        change(
            "scale out", "+", "more VMs for the cluster", hint: "scale out",
            availability: { $0.hasCluster }
        ) { $0.askScale(1) },
        change(
            "scale in", "-", "fewer VMs for the cluster", isDestructive: true,
            availability: { $0.hasCluster }
        ) { $0.askScale(-1) },
        drain,
        change(
            "destroy", "D", "stop units and forget their files", isDestructive: true,
            availability: { $0.has(.unit) }
        ) { $0.ask(.destroy) },
        deleteVM,
        change("log in", "c", "log in to the machine or VM by ssh, in this terminal", availability: { $0.canLogIn }) {
            $0.login.map { [.logIn($0)] } ?? []
        },
        change(
            "submit", "a", "store a unit file in the cluster", modes: [.deck, .details, .log],
            availability: { $0.hasCluster }
        ) {
            $0.dialog = .prompt(Prompt(.submit, text: ""))
            return []
        },
        Command(
            name: "undo", keys: [.character("Z")], group: .act,
            help: "take back your last order that can be taken back",
            modes: [.deck, .orders, .triage], isChange: true,
            availability: { $0.undoable == nil ? .no("there is no order to take back") : .yes }
        ) { $0.undo() },
        unlock,
    ]

    private static func change(
        _ name: String, _ key: Character, _ help: String, hint: String? = nil, isDestructive: Bool = false,
        modes: Set<Mode> = Mode.objects,
        availability: @escaping @Sendable (Console) -> Availability,
        run: @escaping @Sendable (inout Console) -> [Console.Effect]
    ) -> Command {
        Command(
            name: name, keys: [.character(key)], group: .act, help: help, hint: hint, modes: modes,
            isChange: true,
            isDestructive: isDestructive, availability: availability, run: run)
    }
}

extension Console {
    enum Kind: String { case unit, vm, cluster, server }

    /// The marked objects, or the one under the cursor.
    var targets: [Subject] {
        if place == .triage { return triage.selected?.subjects.filter { facts.exists($0) } ?? [] }
        if place == .deck, !panes[focus.rawValue].marks.isEmpty {
            let index = indexes[focus.rawValue]
            return panes[focus.rawValue].rows.map { index.subjects[Int($0)] }
                .filter { panes[focus.rawValue].marks.contains($0) }
        }
        return subject.map { facts.exists($0) ? [$0] : [] } ?? []
    }

    /// Whether the targets are of these kinds.
    func has(_ kinds: Kind...) -> Command.Availability {
        let targets = targets
        guard let first = targets.first else { return .no("there is nothing selected") }
        let isFitting = targets.allSatisfy { target in
            switch target {
            case .unit: kinds.contains(.unit)
            case .vm: kinds.contains(.vm)
            case .cluster: kinds.contains(.cluster)
            case .server: kinds.contains(.server)
            case .machine, .cloud, .source: false
            }
        }
        let words = kinds.map { $0 == .vm ? "VM" : $0.rawValue }.joined(separator: " or ")
        return isFitting ? .yes : .no("this is for a \(words); \(facts.name(of: first)) is a \(Facts.kind(of: first))")
    }

    /// The cluster at hand: the one selected, or the one that the selected object belongs to.
    var cluster: ID<Cluster>? {
        switch subject {
        case .cluster(let id): return id
        case .unit(let key): return key.cluster
        case .machine(let cluster, _): return cluster
        case .vm(let id): return facts.inventory.vm(id)?.cluster ?? facts.inventory.machineOfVM[id]?.cluster
        case .server, .cloud, .source, nil: break
        }
        for scope in scopes.reversed() {
            if case .cluster(let id) = scope { return id }
        }
        return facts.inventory.clusters.count == 1 ? facts.inventory.clusters.keys.first : nil
    }

    var hasCluster: Command.Availability { cluster == nil ? .no("select a cluster first") : .yes }

    /// Why nothing may be changed of what is at hand, by our role in its cluster; nil when it may, as far as is known.
    var roleRefusal: String? {
        roleRefusal(
            targets.compactMap { target in
                switch target {
                case .unit(let key): key.cluster
                case .machine(let cluster, _), .cluster(let cluster): cluster
                case .vm, .server, .cloud, .source: nil
                }
            })
    }

    func roleRefusal(_ clusters: [ID<Cluster>]) -> String? {
        let cluster = clusters.first { facts.inventory.clusters[$0]?.cluster.mayWrite == false }
        return cluster.map {
            "your role in cluster \(facts.name(of: .cluster($0))) only looks: its store refuses changes"
        }
    }

    var canDrain: Command.Availability {
        drained.isEmpty ? .no("only a VM that has joined, or a server with such VMs, can be drained") : .yes
    }

    /// The machines that draining the targets means.
    var drained: [(cluster: ID<Cluster>, machine: Machine)] {
        targets.flatMap { target -> [(cluster: ID<Cluster>, machine: Machine)] in
            if case .server(let id) = target {
                return facts.inventory.vms(on: id).compactMap { facts.machine(of: .vm($0.id)) }
            }
            if case .unit = target { return [] }
            return facts.machine(of: target).map { [$0] } ?? []
        }
    }

    /// The order that is taken back next: the one chosen in the orders view, else the last one.
    var undoable: OrderRecord? {
        if place == .orders { return shownOrder.flatMap { $0.canUndo ? $0 : nil } }
        return orders.last(where: \.canUndo)
    }

    /// Says what taking back means, and asks.
    mutating func undo() -> [Effect] {
        guard let record = undoable, let order = record.undo else { return [] }
        let subject = Self.subject(of: order)
        guard facts.exists(subject) else {
            tell("\(facts.name(of: subject)) is gone, so '\(record.phrase)' cannot be taken back", .warning)
            return []
        }
        let age = clock.since(record.askedAt).brief
        dialog = .confirmation(
            confirmation(
                "take back '\(record.phrase)', asked \(age) ago", does: phrase(order), [subject], [order]))
        return []
    }
}
