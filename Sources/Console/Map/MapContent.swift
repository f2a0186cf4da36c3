import Model

/// What the map shows: every server with its VMs, and those of no known server in a box of their own.
struct MapContent: Sendable {
    /// A VM, or a machine without one that we know.
    struct Cell: Hashable, Sendable {
        let subject: Subject
        let name: String
        let cluster: ID<Cluster>?
        let condition: Condition
        let isStale: Bool
        let units: Int
        /// Units on it that somebody should look at.
        let bad: Int
        /// How far a new VM has come: of three steps to a machine so many are behind it; nil for others.
        let step: Int?
        /// Of one core, in percent.
        let load: Double?
    }

    struct Box: Hashable, Sendable {
        let server: ID<Server>?
        let name: String
        let condition: Condition
        let isStale: Bool
        /// Its state where that is not `up`.
        let state: String
        /// Of its virtual processors so many are taken.
        let taken: (used: Int, all: Int)?
        let cells: [Cell]

        /// The worst of it and of all it carries.
        var worst: Condition { min(condition, cells.map(\.condition).min() ?? .idle) }
        var load: Double? {
            let known = cells.compactMap(\.load)
            return known.isEmpty ? nil : known.reduce(0, +)
        }

        static func == (left: Box, right: Box) -> Bool {
            left.server == right.server && left.name == right.name && left.condition == right.condition
                && left.isStale == right.isStale && left.state == right.state && left.cells == right.cells
                && left.taken?.used == right.taken?.used && left.taken?.all == right.taken?.all
        }

        func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    private(set) var boxes: [Box] = []
    private(set) var cellCount = 0

    init() {}

    /// - Parameter bad: how many units of each machine somebody should look at
    init(_ facts: Facts, bad: [ID<Machine>: Int]) {
        let inventory = facts.inventory
        var homeless: [Cell] = []
        for cloud in inventory.clouds.keys.sorted() {
            guard let part = inventory.clouds[cloud] else { continue }
            let isStale = facts.silence(of: .cloud(cloud)) != nil
            for server in part.servers.values {
                let vms = (part.vmsOn[server.id] ?? []).compactMap { part.vms[$0] }
                let cells = vms.map { Self.cell($0, facts, bad, isStale) }
                boxes.append(
                    Box(
                        server: server.id, name: server.name, condition: facts.condition(server), isStale: isStale,
                        state: server.state == .up ? "" : server.state.word,
                        taken: server.vcpus.map { (server.vcpusUsed ?? 0, $0) }, cells: Self.inOrder(cells)))
            }
            homeless += part.vms.values.filter { vm in vm.server.flatMap { part.servers[$0] } == nil }
                .map { Self.cell($0, facts, bad, isStale) }
        }
        for (id, part) in inventory.clusters {
            let isStale = facts.silence(of: .cluster(id)) != nil
            homeless += part.machines.values.filter { machine in machine.vm.flatMap { inventory.vm($0) } == nil }
                .map { machine in
                    Cell(
                        subject: .machine(id, machine.id), name: machine.name, cluster: id,
                        condition: facts.condition(machine), isStale: isStale,
                        units: facts.unitCount(on: id, machine.id), bad: bad[machine.id] ?? 0, step: nil,
                        load: facts.samples[machine.id].last)
                }
        }
        boxes.sort { left, right in
            Self.precedes(left.name, right.name) ?? ((left.server?.text ?? "") < (right.server?.text ?? ""))
        }
        if !homeless.isEmpty {
            boxes.append(
                Box(
                    server: nil, name: "no server known", condition: .idle, isStale: false, state: "", taken: nil,
                    cells: Self.inOrder(homeless)))
        }
        cellCount = boxes.reduce(0) { $0 + $1.cells.count }
    }

    private static func cell(_ vm: VM, _ facts: Facts, _ bad: [ID<Machine>: Int], _ isStale: Bool) -> Cell {
        let place = facts.inventory.machineOfVM[vm.id]
        let condition = facts.condition(vm)
        var step: Int?
        if vm.state == .building { step = 1 }
        if vm.state == .active, facts.absence(of: vm) == .joining { step = 2 }
        return Cell(
            subject: .vm(vm.id), name: vm.name, cluster: place?.cluster ?? vm.cluster, condition: condition,
            isStale: isStale, units: place.map { facts.unitCount(on: $0.cluster, $0.machine) } ?? 0,
            bad: place.flatMap { bad[$0.machine] } ?? 0, step: step,
            load: place.flatMap { facts.samples[$0.machine].last })
    }

    private static func inOrder(_ cells: [Cell]) -> [Cell] {
        cells.sorted { left, right in precedes(left.name, right.name) ?? ("\(left.subject)" < "\(right.subject)") }
    }

    /// Names with their numbers as numbers, `server2` before `server10`; nil for the same name.
    static func precedes(_ left: String, _ right: String) -> Bool? {
        var (a, b) = (Array(left.utf8)[...], Array(right.utf8)[...])
        while let first = a.first, let second = b.first {
            if isDigit(first), isDigit(second) {
                let (one, other) = (a.prefix(while: isDigit), b.prefix(while: isDigit))
                let (x, y) = (one.drop { $0 == 0x30 }, other.drop { $0 == 0x30 })
                if x.count != y.count { return x.count < y.count }
                if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
                a = a.dropFirst(one.count)
                b = b.dropFirst(other.count)
            } else {
                if first != second { return first < second }
                a = a.dropFirst()
                b = b.dropFirst()
            }
        }
        if a.isEmpty, b.isEmpty { return left == right ? nil : left < right }
        return a.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
