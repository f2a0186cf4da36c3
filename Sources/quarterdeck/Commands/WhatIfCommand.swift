import ArgumentParser
import Glibc
import Model
import NodeAgent
import Scheduling

struct WhatIfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if",
        abstract: "What would happen if servers, VMs or machines were lost or drained, or machines were added.",
        discussion: """
            Plans with the scheduler itself and changes nothing: first what is lost, then what is added, then the
            drains, one machine after the other. Ends with 0 when nothing would wait and no store would lose its
            quorum, else with 1.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    @OptionGroup var context: ContextOptions
    @Option(help: "A server, VM or machine that is lost, by name or ID; may be repeated.")
    var lose: [String] = []
    @Option(help: "A server, VM or machine that is drained, by name or ID; may be repeated.")
    var drain: [String] = []
    @Option(help: "So many machines more: N, or CLUSTER=N; may be repeated.")
    var add: [String] = []
    @Option(name: .shortAndLong, help: "table or json.")
    var output: Format = .table

    func validate() throws {
        if lose.isEmpty, drain.isEmpty, add.isEmpty {
            throw ValidationError("suppose something: --lose NAME, --drain NAME, --add N or --add CLUSTER=N")
        }
    }

    func run() async throws {
        let connections = try context.connections()
        let (lose, drain, add, output) = (lose, drain, add, output)
        try await connections.command {
            let (inventory, problems) = await connections.inventory(within: .seconds(5))
            for problem in problems { Output.error(problem) }
            if !problems.isEmpty { throw CommandFailure(.unreachable, "what is not known cannot be planned for") }
            var changes: [WhatIf.Change] = []
            if !lose.isEmpty { changes.append(.lose(try lose.map { try Self.subject($0, inventory) })) }
            changes += try add.map { try Self.addition($0, inventory) }
            if !drain.isEmpty {
                changes.append(.drain(try drain.map { try Self.subject($0, inventory) }, isPaced: true))
            }
            let whatIf = WhatIf(inventory, changes)
            switch output {
            case .json: Output.line(try JSONText.of(WhatIfRow(whatIf, inventory)))
            case .table: Output.text(Self.text(whatIf.sections(inventory)))
            }
            if !whatIf.isHarmless { _exit(CommandFailure.Code.refused.rawValue) }
        }
    }

    private static func subject(_ text: String, _ inventory: Inventory) throws -> Subject {
        let found = inventory.subjects(called: text)
        guard found.count < 2, let only = found.first else {
            let name = SafeText.name(text)
            if found.isEmpty {
                throw CommandFailure(
                    .refused,
                    "there is no server, VM or machine '\(name)'; list-servers, list-vms and list-machines show them")
            }
            let all = found.map { kindAndID($0) }.joined(separator: ", ")
            throw CommandFailure(.refused, "several are called '\(name)': \(all); name one by its ID")
        }
        return only
    }

    private static func kindAndID(_ subject: Subject) -> String {
        switch subject {
        case .server(let id): "server \(id)"
        case .vm(let id): "VM \(id)"
        case .machine(_, let id): "machine \(id)"
        case .cloud(let id): "cloud \(id)"
        case .cluster(let id): "cluster \(id)"
        case .unit(let key): "unit \(key)"
        case .source(let id): "source \(id)"
        }
    }

    /// `3` for the only cluster, `name=3` for one of several.
    private static func addition(_ text: String, _ inventory: Inventory) throws -> WhatIf.Change {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard let number = parts.last.flatMap(Int.init), (1...WhatIf.addedMax).contains(number), parts.count <= 2
        else {
            throw CommandFailure(
                .usage, "--add '\(SafeText.name(text))' is no number from 1 to \(WhatIf.addedMax), or CLUSTER=NUMBER")
        }
        let names = inventory.clusters.keys.sorted()
        if parts.count == 1 {
            if names.count == 1, let only = names.first { return .add(only, number) }
            throw CommandFailure(
                .refused,
                "the context has several clusters; name one: --add "
                    + names.map { "\($0)=\(number)" }.joined(separator: " or --add "))
        }
        guard let cluster = names.first(where: { $0.text == parts[0] }) else {
            let all = names.map(\.text).joined(separator: ", ")
            throw CommandFailure(.refused, "there is no cluster '\(SafeText.name(parts[0]))'; there are \(all)")
        }
        return .add(cluster, number)
    }

    private static func text(_ sections: [WhatIf.Section]) -> String {
        sections.map { section in
            let rows = section.rows.map { row -> [String] in
                let mark = row.weight == .critical ? "!!" : row.weight == .warning ? "!" : ""
                return [mark] + row.cells
            }
            return section.title.uppercased() + "\n" + ListOptions.aligned(rows)
        }.joined(separator: "\n")
    }
}

/// What is foretold, as JSON.
struct WhatIfRow: Encodable {
    struct Move: Encodable {
        var unit, to, why: String
        var from: String?
        var moves: Int
    }

    struct Wait: Encodable {
        var unit, why: String
        var from: String?
        /// Where it stays, though it must not.
        var staysOn: String?
    }

    struct Replicas: Encodable {
        var template: String
        var wanted, before, neverStop, after: Int
    }

    struct Store: Encodable {
        var quorum, quorumWhenDrainedIsOff: String
        var members, answering: Int
        var lost, drained, nobodyTellsWhere: [String]
    }

    struct Room: Encodable {
        var machines, unitsMin, unitsMax: Int
        var milliCPU, milliCPUFree, memoryMiB, memoryMiBFree: Int
    }

    struct ClusterRow: Encodable {
        var cluster: String
        var lost, drained, added: [String]
        var moves: [Move]
        var waits: [Wait]
        var waitingAlready, dependsOnOrder: [String]
        var replicas: [Replicas]
        var store: Store
        var room: Room
    }

    var harmless: Bool
    var lostServers, lostVMs: [String]
    var clusters: [ClusterRow]

    init(_ whatIf: WhatIf, _ inventory: Inventory) {
        harmless = whatIf.isHarmless
        lostServers = whatIf.lostServers.map(\.text)
        lostVMs = whatIf.lostVMs.map(\.text)
        clusters = whatIf.clusters.map { one in
            ClusterRow(
                cluster: one.cluster.text, lost: one.lost.map(\.text), drained: one.steps.map(\.machine.text),
                added: one.joining.map(\.name),
                moves: one.moves.map {
                    Move(
                        unit: $0.unit.text, to: $0.to.text, why: $0.reason.sentence, from: $0.from?.text,
                        moves: $0.hops)
                },
                waits: one.waits.map {
                    Wait(unit: $0.unit.text, why: $0.reason.sentence, from: $0.from?.text, staysOn: $0.on?.text)
                },
                waitingAlready: one.stillWaiting.map(\.unit.text), dependsOnOrder: one.uncertain.map(\.text),
                replicas: one.replicas.map {
                    Replicas(
                        template: $0.template.text, wanted: $0.wanted, before: $0.before, neverStop: $0.through,
                        after: $0.after)
                }, store: Store(one.store), room: Room(one.room))
        }
    }
}

extension WhatIfRow.Store {
    init(_ store: StoreOutlook) {
        self.init(
            quorum: Self.word(store.verdict), quorumWhenDrainedIsOff: Self.word(store.verdictWhenOff),
            members: store.voters, answering: store.answering, lost: store.lost, drained: store.drained,
            nobodyTellsWhere: store.unplaced)
    }

    private static func word(_ verdict: StoreOutlook.Verdict) -> String {
        switch verdict {
        case .unknownMembers, .mayLose: "unknown"
        case .hasNone: "none now"
        case .keeps: "kept"
        case .loses: "lost"
        }
    }
}

extension WhatIfRow.Room {
    init(_ room: ClusterOutlook.Room) {
        self.init(
            machines: room.machines, unitsMin: room.unitsMin, unitsMax: room.unitsMax, milliCPU: room.milliCPU,
            milliCPUFree: room.milliCPUFree, memoryMiB: room.memoryMiB, memoryMiBFree: room.memoryMiBFree)
    }
}
