extension Inventory {
    /// A source that was not heard of for so long is silent; each tells every few seconds at least that it is there.
    public static let unheard: Duration = .seconds(15)

    /// Since when a source tells nothing, and why; nil while it is heard of.
    ///
    /// A source that says nothing at all, not even that it cannot, is not believed for ever.
    public func silence(of source: SourceID, at now: Timestamp) -> (since: Timestamp, why: String?)? {
        guard let freshness = sources[source] else { return nil }
        let answered = freshness.answeredAt
        if let since = freshness.silentSince {
            // A connection that comes and goes is silent since it last told something new.
            return (min(since, answered ?? since), freshness.why)
        }
        guard let answered, now.since(answered) > Self.unheard else { return nil }
        return (answered, "nothing was heard from it")
    }

    /// The name people use for a subject.
    public func name(of subject: Subject) -> String {
        switch subject {
        case .cloud(let id): id.text
        case .source(let id): id.text
        case .server(let id): server(id)?.name ?? id.text
        case .vm(let id): vm(id)?.name ?? id.short
        case .cluster(let id): clusters[id]?.cluster.name ?? id.text
        case .machine(let cluster, let id): gone[id].map(\.machine.name) ?? name(of: id, in: cluster)
        case .unit(let key): key.name.text
        }
    }
}

/// A machine that left its cluster, as it was.
public struct GoneMachine: Sendable {
    /// What it told of itself.
    public var machine: Machine
    /// Its cluster.
    public var cluster: ID<Cluster>
    /// When it left.
    public var at: Timestamp
    /// What it had to run then.
    public var units: Set<UnitName>
}

extension Inventory {
    /// Machines that left longer ago than this are forgotten when others leave.
    private static let remembered: Duration = .seconds(3_600)
    /// So many are remembered at most.
    private static let rememberedMost = 20_000

    mutating func remember(_ machine: Machine, of cluster: ID<Cluster>, with units: Set<UnitName>, at now: Timestamp) {
        if gone.count >= Self.rememberedMost { gone = gone.filter { now.since($0.value.at) < Self.remembered } }
        guard gone.count < Self.rememberedMost else { return }
        gone[machine.id] = GoneMachine(machine: machine, cluster: cluster, at: now, units: units)
    }

    /// Whether a VM was seen to go from its cloud, and is not there again.
    public func isRemoved(_ id: ID<VM>) -> Bool { removedVMs[id] != nil && cloudOfVM[id] == nil }

    /// A VM is gone from its cloud; what ran in it left for good.
    mutating func forgetVM(_ vm: ID<VM>, at now: Timestamp) {
        if removedVMs.count >= Self.rememberedMost {
            removedVMs = removedVMs.filter { now.since($0.value) < Self.remembered }
        }
        removedVMs[vm] = now
    }
}
