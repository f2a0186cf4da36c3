import Etcd
public import Model
public import Runtime

/// A cluster as the console sees it: its store for what is wanted and decided, its agents for figures and logs.
public struct ClusterSource: Source {
    /// The cluster's name in the configuration.
    public let id: SourceID
    private let registry: ClusterRegistry
    private let agents: any AgentPort
    private let clock: SystemClock
    private let storeName: String
    private let isProtected: Bool
    private let apis = AgentAddresses()

    /// A cluster by its registry.
    ///
    /// - Parameters:
    ///   - storeName: where the store is, without credentials
    ///   - isProtected: the configuration protects it, whatever its store says
    public init(
        registry: ClusterRegistry, agents: any AgentPort, clock: SystemClock, storeName: String,
        isProtected: Bool = false
    ) {
        self.registry = registry
        self.agents = agents
        self.clock = clock
        self.storeName = storeName
        self.isProtected = isProtected
        id = .cluster(registry.cluster)
    }

    /// How often agents are asked for figures, and members for their state.
    private static let figuresInterval = Duration.seconds(2)
    private static let membersInterval = Duration.seconds(5)
    private static let accessInterval = Duration.seconds(60)

    /// Reports until cancelled.
    public func observe(_ tell: @Sendable (Report) async -> Void) async throws {
        try await withoutActuallyEscaping(tell) { tell in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await follow(tell) }
                group.addTask { try await pollFigures(tell) }
                group.addTask { try await pollMembers(tell) }
                group.addTask { try await pollAccess(tell) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private func follow(_ tell: @escaping @Sendable (Report) async -> Void) async throws {
        try await registry.follow { update in
            var update = update
            switch update {
            case .contents(var contents, let revision):
                contents.cluster.store = storeName
                if isProtected { contents.cluster.isProtected = true }
                contents.cluster.members = apis.members
                contents.cluster.mayWrite = apis.mayWrite
                apis.take(contents)
                update = .contents(contents, revision: revision)
            case .changes(let changes, _): apis.take(changes)
            case .heard, .away: break
            }
            await tell(update.report(of: registry.cluster, at: clock.now()))
        }
    }

    private func report(_ body: Report.Body, _ revision: Int64) -> Report {
        Report(source: id, revision: revision, observedAt: clock.now(), body: body)
    }

    private func pollFigures(_ tell: @escaping @Sendable (Report) async -> Void) async throws {
        while true {
            await withDiscardingTaskGroup { group in
                for (machine, api) in apis.all {
                    group.addTask {
                        guard let (figures, units) = try? await agents.figures(at: api) else { return }
                        await tell(report(.figures(registry.cluster, machine, figures, units), 0))
                    }
                }
            }
            try await clock.pause(Self.figuresInterval)
        }
    }

    /// A role is seldom changed; it is asked for once a minute, and until the store answers.
    private func pollAccess(_ tell: @escaping @Sendable (Report) async -> Void) async throws {
        while true {
            let found = try? await registry.mayWrite()
            if let found, found != apis.mayWrite {
                apis.mayWrite = found
                await tell(report(.changes(registry.cluster, [.access(found)]), 0))
            }
            try await Task.sleep(for: found == nil ? Self.membersInterval : Self.accessInterval)
        }
    }

    private func pollMembers(_ tell: @escaping @Sendable (Report) async -> Void) async throws {
        while true {
            if let members = try? await registry.members(), members != apis.members {
                apis.members = members
                await tell(report(.changes(registry.cluster, [.members(members)]), 0))
            }
            try await clock.pause(Self.membersInterval)
        }
    }

    /// Tells a unit's log lines, from the machine it is placed on unless another is named.
    public func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws {
        let name = request.unit.name
        let machine = try await place(of: name, request.machine)
        guard let api = try await address(of: machine) else {
            throw SourceError("machine '\(machine.short)' of cluster '\(registry.cluster)' serves no API for logs")
        }
        try await agents.log(request, at: api, tell)
    }

    /// The machine named, else the one it is placed on, else the only one that has it.
    private func place(of name: UnitName, _ named: ID<Machine>?) async throws -> ID<Machine> {
        if let named { return named }
        let unit = try await registry.unit(name)
        if let machine = unit?.placement?.machine { return machine }
        let there = unit?.states.keys.sorted() ?? []
        if let only = there.first, there.count == 1 || apis[only] != nil { return only }
        let what =
            there.isEmpty
            ? "is on no machine of cluster '\(registry.cluster)', so there is no log"
            : "is on \(there.count) machines; name one: \(there.map(\.short).joined(separator: ", "))"
        throw SourceError("unit '\(name)' \(what)")
    }

    private func address(of machine: ID<Machine>) async throws -> String? {
        if let api = apis[machine] { return api }
        apis.take(try await registry.read().contents)
        return apis[machine]
    }

    /// Carries out one order.
    public func carryOut(_ order: Order) async -> Outcome {
        await Outcome.of(order, telling: { Self.outcome($0, of: order) }) { try await carry(order) }
    }

    private static func outcome(_ error: any Error, of order: Order) -> Outcome? {
        switch error {
        case let refusal as OrderRefusal: .refused(refusal.description)
        case EtcdError.unavailable, EtcdError.handshake, EtcdError.timeout:
            .unreachable("cannot \(order.phrase): \(SafeText.clean("\(error)", limit: 512))")
        default: nil
        }
    }

    private func carry(_ order: Order) async throws -> String {
        switch order {
        case .submit(_, let name, let file, let wanted): return try await submit(name, file, wanted)
        case .want(_, let name, let desired):
            try await registry.want(name, desired)
            return "\(name) is wanted \(desired.rawValue)"
        case .destroy(_, let name):
            try await registry.destroy(name)
            return "\(name) is destroyed"
        case .restart(_, let name, let machine): return try await restart(name, machine)
        case .move(_, let name, let machine): return try await move(name, machine)
        case .drain(_, let machine):
            try await registry.drain(machine, true)
            return "machine \(machine.short) drains"
        case .undrain(_, let machine):
            try await registry.drain(machine, false)
            return "machine \(machine.short) takes units again"
        case .roll(_, let name, let file, let machines):
            try await registry.roll(name, file, on: machines)
            return "\(name) gets \(file.hash.short) on \(machines.count) machines"
        case .endRoll(_, let name, let keepsNew):
            try await registry.endRoll(name, keepsNew: keepsNew)
            return keepsNew ? "\(name) has its new file everywhere" : "\(name) has its file of before everywhere"
        case .scale(_, let count, let choice):
            try await registry.scale(to: count, choice)
            return "cluster '\(registry.cluster)' wants \(count) machines"
        case .createVM, .act:
            throw OrderRefusal("cluster '\(registry.cluster)' has no VMs of its own; ask their cloud")
        }
    }

    private func submit(_ name: UnitName, _ file: UnitFile, _ wanted: Wanted) async throws -> String {
        if let revision = wanted.over {
            guard try await registry.write(name, file, wanted.desired, over: revision) != nil else {
                throw OrderRefusal(
                    "unit '\(name)' in cluster '\(registry.cluster)' was changed by somebody else meanwhile; try again")
            }
        } else {
            try await registry.submit(name, file, wanted.desired)
        }
        return "\(name) is stored in cluster '\(registry.cluster)', wanted \(wanted.desired.rawValue)"
    }

    private func restart(_ name: UnitName, _ machine: ID<Machine>?) async throws -> String {
        let contents = try await registry.read().contents
        apis.take(contents)
        let unit = contents.units.first { $0.name == name }
        let there = machine.map { [$0] } ?? unit?.placement.map { [$0.machine] } ?? unit?.states.keys.sorted() ?? []
        if there.isEmpty {
            throw OrderRefusal("unit '\(name)' is on no machine of cluster '\(registry.cluster)'; start it first")
        }
        for id in there {
            guard let api = apis[id] else {
                throw OrderRefusal("machine '\(id.short)' of cluster '\(registry.cluster)' is gone or serves no API")
            }
            let outcome = await agents.restart(name, at: api)
            if !outcome.isDone { throw OrderRefusal(outcome.text) }
        }
        let names = there.map { id in contents.machines.first { $0.id == id }?.name ?? id.short }
        return "\(name) is restarted on \(names.joined(separator: ", "))"
    }

    private func move(_ name: UnitName, _ machine: ID<Machine>?) async throws -> String {
        if try await registry.unit(name)?.isGlobal == true {
            throw OrderRefusal("cannot move '\(name)': it is global and runs on every machine that fits")
        }
        try await registry.askMove(name, to: machine)
        for _ in 0..<100 {
            try await Task.sleep(for: .milliseconds(50))
            guard let answer = try await registry.moveAnswer(name) else {
                let place = try await registry.placement(of: name)
                return "\(name) is placed on \(place?.machine.short ?? "no machine")"
            }
            guard let refusal = answer.refusal else { continue }
            try await registry.forgetMove(name)
            throw OrderRefusal("cannot move '\(name)': \(refusal)")
        }
        try await registry.forgetMove(name)
        throw OrderRefusal("cannot move '\(name)': no scheduler of cluster '\(registry.cluster)' answered within 5 s")
    }
}
