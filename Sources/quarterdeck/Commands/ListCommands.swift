import AgentAPI
import ArgumentParser
import Model
import NodeAgent
import Registry
import Runtime

struct ListUnits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-units", abstract: "Units on machines and their states; wide, those that wait for one too.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @OptionGroup var list: ListOptions

    func run() async throws {
        let connections = try context.connections(only: cluster.cluster)
        let list = list
        let showsWaiting = list.asks(for: ["why", "desired"])
        try await list.show(connections) { inventory in
            let measured = list.output == .table ? inventory : await connections.measured(inventory)
            let all = UnitRow.rows(measured)
            let rows = showsWaiting ? all : all.filter { $0.active != nil }
            if rows.count < all.count, Output.isTerminal, !list.watch {
                Output.error("\(all.count - rows.count) more are on no machine yet; 'list-units -o wide' says why")
            }
            return ListContent(rows, Self.columns(isOnly: connections.clusters.count < 2))
        }
    }

    /// fleet's columns, and ours after them.
    private static func columns(isOnly: Bool) -> [ListContent.Made<UnitRow>] {
        [
            ("UNIT", false, { row, _ in row.unit }),
            ("MACHINE", false, { row, full in row.machine.map { Shown.machine($0, full, row.address) } }),
            ("LOAD", true, { row, _ in row.load }), ("ACTIVE", false, { row, _ in row.active }),
            ("SUB", false, { row, _ in row.sub }),
            ("HASH", true, { row, full in row.hash.map { full ? $0 : String($0.prefix(7)) } }),
            ("CLUSTER", isOnly, { row, _ in row.cluster }), ("DESIRED", true, { row, _ in row.desired }),
            ("VM", true, { row, _ in row.vm }), ("SERVER", true, { row, _ in row.server }),
            ("SINCE", true, { row, _ in row.since }), ("RESTARTS", true, { row, _ in row.restarts.map(String.init) }),
            ("CPU", true, { row, _ in row.cpuPercent.map { "\($0)%" } }),
            ("MEMORY", true, { row, _ in row.memoryBytes.map(Shown.bytes) }), ("WHY", true, { row, _ in row.why }),
        ]
    }
}

extension Connections {
    /// The inventory with what machines and units use, as far as their agents answer within a second.
    func measured(_ inventory: Inventory) async -> Inventory {
        let reports = await withTaskGroup(of: Report?.self) { group in
            for cluster in clusters {
                let (id, agents) = (cluster.id, cluster.agents)
                for machine in (inventory.clusters[id]?.machines ?? [:]).values {
                    guard let api = machine.api else { continue }
                    group.addTask {
                        guard let found = try? await withDeadline(.seconds(1), { try await agents.figures(at: api) })
                        else { return nil }
                        return Report(
                            source: .cluster(id), observedAt: clock.now(),
                            body: .figures(id, machine.id, found.0, found.1))
                    }
                }
            }
            var found: [Report] = []
            for await report in group { if let report { found.append(report) } }
            return found
        }
        var measured = inventory
        for report in reports { _ = measured.apply(report) }
        return measured
    }
}

/// How things are shown in tables.
enum Shown {
    static func machine(_ id: String, _ full: Bool, _ name: String?) -> String {
        (full || id.count <= 8 ? id : id.prefix(8) + "...") + (name.map { "/\($0)" } ?? "")
    }

    static func bytes(_ count: Int64) -> String {
        count >= 1 << 30 ? "\(count * 10 / (1 << 30) / 10)G" : "\(count / (1 << 20))M"
    }

    static func pairs(_ metadata: [String: String]) -> String? {
        metadata.isEmpty
            ? nil : metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

struct ListUnitFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-unit-files", abstract: "Stored unit files and what is wanted of them.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @OptionGroup var list: ListOptions

    func run() async throws {
        let connections = try context.connections(only: cluster.cluster)
        let isOnly = connections.clusters.count < 2
        try await list.show(connections) { inventory in
            ListContent(
                UnitFileRow.rows(inventory),
                [
                    ("UNIT", false, { row, _ in row.unit }),
                    ("HASH", false, { row, full in full ? row.hash : String(row.hash.prefix(7)) }),
                    ("DSTATE", false, { row, _ in row.desired }), ("STATE", false, { row, _ in row.current }),
                    ("TARGET", false, { row, full in row.global ? "global" : Self.machine(row, full) }),
                    ("TMACHINE", true, { row, full in Self.machine(row, full) }),
                    ("GLOBAL", true, { row, _ in "\(row.global)" }), ("DESC", true, { row, _ in row.description }),
                    ("CLUSTER", isOnly, { row, _ in row.cluster }),
                ])
        }
    }

    private static func machine(_ row: UnitFileRow, _ full: Bool) -> String? {
        row.machine.map { Shown.machine($0, full, row.address) }
    }
}

struct ListMachines: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-machines", abstract: "Machines that have joined.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @OptionGroup var list: ListOptions

    func run() async throws {
        let connections = try context.connections(only: cluster.cluster)
        let isOnly = connections.clusters.count < 2
        try await list.show(connections) { inventory in
            ListContent(
                MachineRow.rows(inventory),
                [
                    ("MACHINE", false, { row, full in Shown.machine(row.machine, full, nil) }),
                    ("IP", false, { row, _ in row.address.isEmpty ? nil : row.address }),
                    ("METADATA", false, { row, _ in Shown.pairs(row.metadata) }),
                    ("CLUSTER", isOnly, { row, _ in row.cluster }), ("NAME", true, { row, _ in row.name }),
                    ("VM", true, { row, _ in row.vm }), ("UNITS", true, { row, _ in "\(row.units)" }),
                    (
                        "STATE", true,
                        { row, _ in row.refused.map { "up; refused \($0)" } ?? (row.draining ? "draining" : "up") }
                    ),
                ])
        }
    }
}

struct ListClusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-clusters", abstract: "Clusters and their stores.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show(try context.connections()) { inventory in
            ListContent(
                ClusterRow.rows(inventory),
                [
                    ("NAME", false, { row, _ in row.name }), ("CUSTOMER", false, { row, _ in row.customer }),
                    ("MACHINES", false, { row, _ in "\(row.machines)" + (row.wanted.map { "/\($0)" } ?? "") }),
                    ("ACTIVE", false, { row, _ in "\(row.active)" }),
                    ("LEADER", false, { row, full in row.leader.map { Shown.machine($0, full, nil) } }),
                    ("QUORUM", false, { row, _ in row.quorum.map { $0 ? "yes" : "no" } }),
                    ("STORE", true, { row, _ in row.store }),
                ])
        }
    }
}

struct ListVMs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list-vms", abstract: "VMs of all clouds.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show(try context.connections(), clouds: .vms) { inventory in
            ListContent(
                VMRow.rows(inventory),
                [
                    ("NAME", false, { row, _ in row.name }),
                    ("STATE", false, { row, _ in row.task.map { "\(row.state) (\($0))" } ?? row.state }),
                    ("SERVER", false, { row, _ in row.server }), ("CLUSTER", false, { row, _ in row.cluster }),
                    ("CUSTOMER", true, { row, _ in row.customer }),
                    ("MACHINE", false, { row, full in row.machine.map { Shown.machine($0, full, nil) } }),
                    ("FLAVOR", false, { row, _ in row.flavor }), ("IMAGE", true, { row, _ in row.image }),
                    ("POWER", true, { row, _ in row.power }), ("ZONE", true, { row, _ in row.zone }),
                    ("TAGS", true, { row, _ in row.tags?.joined(separator: ",") }),
                    ("CLOUD", true, { row, _ in row.cloud }),
                    ("PID", true, { row, _ in row.pid.map(String.init) }),
                    ("ADDRESSES", true, { row, _ in row.addresses.joined(separator: ",") }),
                    ("CREATED", true, { row, _ in row.created }), ("ID", true, { row, _ in row.id }),
                    ("FAULT", false, { row, _ in row.fault }),
                ])
        }
    }
}

struct ListServers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list-servers", abstract: "Servers of all clouds.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show(try context.connections(), clouds: [.vms, .servers]) { inventory in
            ListContent(
                ServerRow.rows(inventory),
                [
                    ("NAME", false, { row, _ in row.name }), ("CLOUD", false, { row, _ in row.cloud }),
                    ("STATE", false, { row, _ in row.state }),
                    ("VCPU", false, { row, _ in row.vcpus.map { "\(row.vcpusUsed ?? 0)/\($0)" } }),
                    ("MEMORY", false, { row, _ in row.memoryMiB.map { "\(row.memoryUsedMiB ?? 0)/\($0)M" } }),
                    ("DISK", true, { row, _ in row.diskGiB.map { "\(row.diskUsedGiB ?? 0)/\($0)G" } }),
                    ("ZONE", true, { row, _ in row.zone }),
                    ("VMS", false, { row, _ in "\(row.vms)" }), ("NOTE", false, { row, _ in row.note }),
                ])
        }
    }
}

struct ListEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-events",
        abstract: "Units that were moved or withdrawn in the last hour and why, oldest first.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @OptionGroup var list: ListOptions

    func run() async throws {
        let connections = try context.connections(only: cluster.cluster)
        if !connections.clusters.isEmpty, connections.clusters.allSatisfy(\.isFleet) {
            throw CommandFailure(.refused, "fleet keeps nothing of what happened; 'record' writes down what is seen")
        }
        try await list.show(connections) { inventory in
            var rows: [EventRow] = []
            // What did not answer has been told already.
            for cluster in connections.clusters where inventory.clusters[cluster.id] != nil {
                for event in try await cluster.records?.events() ?? [] { rows.append(Self.row(event, cluster.id)) }
            }
            return ListContent(
                rows.sorted { $0.at < $1.at },
                [
                    ("AT", false, { row, _ in row.at }), ("CLUSTER", false, { row, _ in row.cluster }),
                    ("WEIGHT", false, { row, _ in row.weight }), ("SUBJECT", false, { row, _ in row.subject }),
                    ("WHAT", false, { row, _ in row.text }),
                ])
        }
    }

    private static func row(_ event: FarmEvent, _ cluster: ID<Cluster>) -> EventRow {
        let subject =
            switch event.subject {
            case .unit(let key): key.name.text
            case .machine(_, let id): id.short
            case .cluster(let id): id.text
            case .vm(let id): id.short
            case .server(let id): id.text
            case .cloud(let id): id.text
            case .source(let id): id.text
            }
        return EventRow(
            at: event.at.iso8601, weight: "\(event.weight)", cluster: cluster.text, subject: subject, text: event.text)
    }
}
