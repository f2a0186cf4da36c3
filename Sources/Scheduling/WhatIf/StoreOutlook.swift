import Model

/// What would become of a store's quorum, as far as it is known where its members run.
public struct StoreOutlook: Hashable, Sendable {
    /// What can be said.
    public enum Verdict: Hashable, Sendable {
        /// The store's members are not known.
        case unknownMembers
        /// It has none now.
        case hasNone
        /// It keeps its quorum.
        case keeps
        /// It loses its quorum.
        case loses
        /// It may lose it: where some members run is not known.
        case mayLose
    }

    /// For what is lost; `keeps` where nothing is.
    public let verdict: Verdict
    /// For what is lost and what is drained, once that is switched off.
    public let verdictWhenOff: Verdict
    /// Members with a vote.
    public let voters: Int
    /// Of these so many answer, or could not be asked.
    public let answering: Int
    /// Members that are lost, by name.
    public let lost: [String]
    /// Members that go when what is drained is switched off, by name.
    public let drained: [String]
    /// Members of which nobody knows where they run, by name.
    public let unplaced: [String]

    /// How many votes a quorum needs.
    public var needed: Int { voters / 2 + 1 }

    init(
        _ part: Inventory.ClusterPart, lost: Set<ID<Machine>>, drained: Set<ID<Machine>>, _ inventory: Inventory
    ) {
        let members = part.cluster.members.filter { !$0.isLearner }
        let alive = members.filter { $0.isAnswering || !$0.isAsked }
        let places = MemberPlaces(part, inventory)
        var gone: [ID<Machine>: [String]] = [:]
        var unplaced: [String] = []
        for member in alive {
            if let machine = places.machine(of: member) {
                gone[machine, default: []].append(member.name)
            } else if !places.isElsewhere(member) {
                unplaced.append(member.name)
            }
        }
        let lostNames = lost.flatMap { gone[$0] ?? [] }.sorted()
        let drainedNames = drained.flatMap { gone[$0] ?? [] }.sorted()
        voters = members.count
        answering = alive.count
        self.lost = lostNames
        self.drained = drainedNames
        self.unplaced = unplaced.sorted()
        let needed = members.count / 2 + 1
        func verdict(_ away: Int, isTouched: Bool) -> Verdict {
            if members.isEmpty { return isTouched ? .unknownMembers : .keeps }
            if alive.count < needed { return .hasNone }
            if alive.count - away < needed { return .loses }
            return isTouched && alive.count - away - unplaced.count < needed ? .mayLose : .keeps
        }
        self.verdict = verdict(lostNames.count, isTouched: !lost.isEmpty)
        verdictWhenOff = verdict(lostNames.count + drainedNames.count, isTouched: !lost.isEmpty || !drained.isEmpty)
    }
}

/// Where the members of a store run, found by name and by address.
private struct MemberPlaces {
    private var byName: [String: ID<Machine>] = [:]
    private var byAddress: [String: ID<Machine>] = [:]
    private var namedTwice: Set<String> = []

    init(_ part: Inventory.ClusterPart, _ inventory: Inventory) {
        for machine in part.machines.values.sorted(by: { $0.id < $1.id }) {
            let vm = machine.vm.flatMap { inventory.vm($0) }
            for name in Set([machine.name] + (vm.map { [$0.name] } ?? [])) {
                if byName.updateValue(machine.id, forKey: name) != nil { namedTwice.insert(name) }
            }
            for address in Set([machine.address] + (vm?.addresses ?? [])) where !Self.isLocal(address) {
                byAddress[address] = machine.id
            }
        }
    }

    func machine(of member: Member) -> ID<Machine>? {
        if let machine = byAddress[Self.address(in: member.endpoint)] { return machine }
        return namedTwice.contains(member.name) ? nil : byName[member.name]
    }

    /// It answers at an address that is none of a machine: outside of the cluster.
    func isElsewhere(_ member: Member) -> Bool {
        let address = Self.address(in: member.endpoint)
        return !Self.isLocal(address) && Self.isNumeric(address) && !byAddress.isEmpty
    }

    /// An address that is every computer's own, or none.
    private static func isLocal(_ address: String) -> Bool {
        address.isEmpty || address.hasPrefix("127.") || address == "::1" || address == "localhost"
            || address == "0.0.0.0" || address == "::"
    }

    private static func isNumeric(_ address: String) -> Bool {
        address.contains(":") || address.utf8.allSatisfy { $0 == 0x2E || ($0 >= 0x30 && $0 <= 0x39) }
    }

    /// `10.0.0.1` of `https://10.0.0.1:2379`, `::1` of `http://[::1]:2379`.
    static func address(in endpoint: String) -> String {
        var rest = endpoint[...]
        var start = rest.startIndex
        while start < rest.endIndex {
            if rest[start...].hasPrefix("://") {
                rest = rest[start...].dropFirst(3)
                break
            }
            start = rest.index(after: start)
        }
        if let end = rest.firstIndex(of: "/") { rest = rest[..<end] }
        if rest.hasPrefix("[") {
            return String(rest.dropFirst().prefix { $0 != "]" })
        }
        if let colon = rest.lastIndex(of: ":") { rest = rest[..<colon] }
        return String(rest)
    }
}
