public import Model

/// Why a unit is where it is or waits: what was decided and by what rule, and how every machine stands to it, in words.
public struct UnitStory: Hashable, Sendable {
    /// One sentence.
    public struct Sentence: Hashable, Sendable {
        /// How much it matters.
        public let weight: FarmEvent.Weight
        /// The sentence.
        public let text: String
    }

    /// How one machine stands to the unit.
    public struct MachineLine: Hashable, Sendable {
        /// In a word.
        public enum Standing: Int, Hashable, Sendable {
            /// The unit is there.
            case here
            /// It would go there, if it were placed now or had to leave.
            case next
            /// It could go there.
            case fits
            /// Something keeps it away.
            case barred
        }

        /// The machine.
        public let machine: ID<Machine>
        /// Its name.
        public let name: String
        /// How many units it has.
        public let units: Int
        /// In a word.
        public let standing: Standing
        /// Why: all that keeps the unit away, or what speaks for the machine.
        public let text: String
        /// What would make the unit fit; nil when it fits.
        public let remedy: String?
    }

    /// What was decided, what it asks for, and by what rule it is placed.
    public let sentences: [Sentence]
    /// Where it is first, then where it would go, then by load; those that do not fit last.
    public let machines: [MachineLine]

    /// A template's instances that are named one by one.
    private static let instancesMax = 50

    /// The story of a stored unit; nil when the cluster has none of that name.
    public init?(of name: UnitName, in part: Inventory.ClusterPart) {
        guard let unit = part.units[name] else { return nil }
        if name.isTemplate {
            sentences = Self.template(unit, part)
            machines = []
            return
        }
        if unit.isDestroyed {
            let places = unit.states.keys.sorted().map { part.machines[$0]?.name ?? $0.short }
            let text = "it was destroyed; \(places.joined(separator: ", ")) still has it and stops it"
            sentences = [Sentence(weight: .note, text: text)]
            machines = []
            return
        }
        let schedule = Schedule(part)
        let explained = Explained(unit: unit, part: part, schedule: schedule)
        let choice = unit.isGlobal ? nil : schedule.nextChoice(for: name)
        sentences = explained.sentences(next: choice)
        machines = explained.lines(next: choice?.machine)
    }

    private static func template(_ unit: Unit, _ part: Inventory.ClusterPart) -> [Sentence] {
        let instances = part.units.values.filter { $0.name.template == unit.name }.sorted { $0.name < $1.name }
        let placed = instances.count { $0.placement != nil }
        let waiting = instances.count { $0.waiting != nil && $0.placement == nil }
        var all = [
            Sentence(weight: .note, text: "\(unit.name) is a template: its instances are placed, it never is"),
            Sentence(
                weight: waiting > 0 ? .warning : .note,
                text: "\(instances.count) instances: \(placed) on machines, \(waiting) wait"),
        ]
        all += instances.prefix(instancesMax).map { instance in
            if let placement = instance.placement {
                let place = part.machines[placement.machine]?.name ?? placement.machine.short
                return Sentence(weight: .note, text: "  \(instance.name) is on \(place): \(placement.why)")
            }
            let why = instance.waiting.map { "waits: \($0.why)" } ?? "is wanted \(instance.desired.rawValue)"
            return Sentence(weight: instance.waiting == nil ? .note : .warning, text: "  \(instance.name) \(why)")
        }
        if instances.count > instancesMax {
            all.append(Sentence(weight: .note, text: "  and \(instances.count - instancesMax) more"))
        }
        return all
    }
}

/// What the story of one unit is told from.
private struct Explained {
    typealias Sentence = UnitStory.Sentence
    typealias MachineLine = UnitStory.MachineLine

    let unit: Unit
    let part: Inventory.ClusterPart
    let schedule: Schedule

    private func name(_ id: ID<Machine>) -> String { part.machines[id]?.name ?? id.short }

    // MARK: Sentences

    func sentences(next: (machine: ID<Machine>, reason: Reason)?) -> [Sentence] {
        var all = decided
        if let move = unit.move {
            let where_ = move.to.map { " to \(name($0))" } ?? ""
            let text = move.refusal.map { "the move\(where_) was refused: \($0)" } ?? "it is to move\(where_)"
            all.append(Sentence(weight: move.refusal == nil ? .note : .warning, text: text))
        }
        all.append(Sentence(weight: .note, text: "it asks for \(asked)"))
        all.append(Sentence(weight: .note, text: rule))
        guard !unit.isGlobal else { return all }
        let state =
            unit.placement != nil ? "if it had to leave" : unit.desired == .inactive ? "if it were wanted" : "now"
        if let next {
            all.append(
                Sentence(weight: .note, text: "\(state): it would go to \(name(next.machine)), \(next.reason.sentence)")
            )
        } else if unit.placement != nil {
            all.append(Sentence(weight: .warning, text: "\(state): nothing else fits, it would wait"))
        }
        return all
    }

    private var decided: [Sentence] {
        if let placement = unit.placement {
            let isGone = part.machines[placement.machine] == nil
            var all = [
                Sentence(
                    weight: isGone ? .critical : .good,
                    text: "\(unit.name) is placed on \(name(placement.machine))"
                        + (isGone ? ", which is gone" : "") + (placement.why.isEmpty ? "" : ": \(placement.why)"))
            ]
            if let waiting = unit.waiting {
                all.append(Sentence(weight: .warning, text: "it is to leave, but \(waiting.why)"))
            }
            return all
        }
        if unit.desired == .inactive {
            return [Sentence(weight: .note, text: "\(unit.name) is wanted inactive, so it is on no machine")]
        }
        if unit.isGlobal {
            let count = part.machines.values.count { globalMisfits($0).isEmpty }
            return [
                Sentence(
                    weight: count == 0 ? .warning : .good,
                    text: "\(unit.name) is global: it runs on every machine that fits, \(count) of "
                        + "\(part.machines.count); \(unit.states.count) report it")
            ]
        }
        let why = unit.waiting?.why ?? "no scheduler has decided yet"
        return [Sentence(weight: .warning, text: "\(unit.name) waits: \(why)")]
    }

    private var asked: String {
        let asks = unit.requirements
        var parts: [String] = []
        if let machine = asks.machineID { parts.append("the machine '\(machine.prefix(8))'") }
        parts += asks.peers.map { "the machine of \($0)" }
        parts += asks.metadata.sorted { $0.key < $1.key }.map { Misfit.metadata($0.key, $0.value) }
        parts += asks.rules.map(\.description)
        parts += asks.conflicts.map { "no \($0) beside it" }
        parts += asks.replaces.map { "the place of \($0)" }
        if asks.milliCPU > 0 { parts.append("\(Misfit.cores(asks.milliCPU)) cores") }
        if asks.memoryMiB > 0 { parts.append("\(asks.memoryMiB) MiB") }
        parts += asks.prefers.map { "rather \($0)" }
        parts += asks.avoids.map { "rather no \($0) beside it" }
        if asks.isSticky { parts.append("its machine for good") }
        return parts.isEmpty ? "nothing in particular" : parts.joined(separator: ", ")
    }

    private var rule: String {
        if unit.isGlobal { return "rule: every machine with its metadata where nothing conflicts with it" }
        if unit.requirements.machineID != nil { return "rule: the machine that its file names" }
        if let peer = unit.requirements.peers.first { return "rule: the machine that has its peer \(peer)" }
        let asks = unit.requirements
        let nearest = asks.avoids.isEmpty && asks.prefers.isEmpty ? "" : ", of those nearest to what it prefers,"
        return "rule: of the machines that fit\(nearest) the one with the fewest units, ties to the lower ID; "
            + (asks.isSticky ? "there it stays, whatever becomes of the machine" : "where it fits it stays")
    }

    // MARK: Machines

    func lines(next: ID<Machine>?) -> [MachineLine] {
        part.machines.values.sorted { $0.id < $1.id }.map { line($0, next) }.sorted { left, right in
            (left.standing.rawValue, left.units, left.machine) < (right.standing.rawValue, right.units, right.machine)
        }
    }

    private func line(_ machine: Machine, _ next: ID<Machine>?) -> MachineLine {
        let misfits = unit.isGlobal ? globalMisfits(machine) : schedule.misfits(of: unit.name, on: machine.id)
        let isHere = unit.placement?.machine == machine.id || unit.isGlobal && unit.states[machine.id] != nil
        let standing: MachineLine.Standing =
            isHere ? .here : !misfits.isEmpty ? .barred : machine.id == next ? .next : .fits
        var text = misfits.map(sentence).joined(separator: "; ")
        if isHere { text = misfits.isEmpty ? "it is here" : "it is here, but \(text)" }
        if text.isEmpty {
            text = unit.isGlobal ? "fits, not reported yet" : standing == .next ? "would be chosen" : "fits"
        }
        let remedies = misfits.map { remedy($0, machine) }
        return MachineLine(
            machine: machine.id, name: machine.name, units: schedule.load(of: machine.id), standing: standing,
            text: text, remedy: remedies.isEmpty ? nil : remedies.joined(separator: ", and "))
    }

    /// A misfit and who is behind it, where it is one of units.
    private func sentence(_ found: (misfit: Misfit, units: [UnitName])) -> String {
        guard !found.units.isEmpty else { return found.misfit.sentence }
        let names = found.units.prefix(3).map(\.text).joined(separator: ", ")
        let more = found.units.count > 3 ? " and \(found.units.count - 3) more" : ""
        switch found.misfit {
        case .conflict(let glob): return "has \(names)\(more), a conflict by \(glob)"
        case .givesWay(let glob): return "has \(names)\(more), which replaces it by \(glob)"
        case .draining, .absent, .otherMachine, .lacksMetadata, .breaksRule, .peerElsewhere, .peerNotPlaced,
            .milliCPU, .memory, .leaving:
            return found.misfit.sentence
        }
    }

    private func remedy(_ found: (misfit: Misfit, units: [UnitName]), _ machine: Machine) -> String {
        let names = found.units.prefix(3).map(\.text).joined(separator: ", ")
        switch found.misfit {
        case .draining: return "undo its drain"
        case .absent: return "wait until it is heard of"
        case .otherMachine: return "take MachineID= out of its file"
        case .lacksMetadata(let key, let values):
            let value = "\(key)=\(values.first ?? "")"
            return part.cluster.kind == .fleet
                ? "add \(value) to metadata in its fleet.conf" : "start its agent with --metadata \(value)"
        case .breaksRule(let rule): return "give it metadata that is \(rule)"
        case .peerElsewhere(let peer): return "move \(peer) there"
        case .peerNotPlaced(let peer): return "have \(peer) placed first"
        case .conflict: return names.isEmpty ? "move what conflicts away" : "move \(names) away"
        case .givesWay: return names.isEmpty ? "stop what replaces it" : "stop \(names)"
        case .milliCPU(let asked, let free): return "free \(Misfit.cores(asked - free)) cores there"
        case .memory(let asked, let free): return "free \(asked - free) MiB there"
        case .leaving: return "move it there by hand"
        }
    }

    /// What keeps a global unit from a machine, as its agent decides.
    private func globalMisfits(_ machine: Machine) -> [(misfit: Misfit, units: [UnitName])] {
        var found: [(misfit: Misfit, units: [UnitName])] = []
        for (key, values) in unit.requirements.metadata.sorted(by: { $0.key < $1.key }) {
            if let value = machine.metadata[key], values.contains(value) { continue }
            found.append((.lacksMetadata(key: key, values: values), []))
        }
        for rule in unit.requirements.rules where !rule.holds(for: machine.metadata) {
            found.append((.breaksRule(rule), []))
        }
        let rivals = schedule.conflicting(with: unit.name, on: machine.id).filter { name in
            part.units[name]?.isGlobal != true || name < unit.name
        }
        if let first = rivals.first {
            let glob =
                unit.requirements.conflicts.first { $0.matches(first) }
                ?? part.units[first]?.requirements.conflicts.first { $0.matches(unit.name) }
            if let glob { found.append((.conflict(with: glob), rivals)) }
        }
        return found
    }
}

extension Schedule {
    /// Where a unit would go if it were placed now, or had to leave its machine.
    func nextChoice(for name: UnitName) -> (machine: ID<Machine>, reason: Reason)? {
        guard let unit = unitNumber[name], units[Int(unit)].isPresent else { return nil }
        var plan = PlanInProgress(pace: .unlimited)
        guard let found = choose(unit, leaving: units[Int(unit)].machine, &plan) else { return nil }
        return (machines[Int(found.machine)].id, found.reason)
    }

    /// All that keeps a unit from a machine, each with the units behind it; where it is, what would make it leave.
    func misfits(of name: UnitName, on id: ID<Machine>) -> [(misfit: Misfit, units: [UnitName])] {
        guard let unit = unitNumber[name], let machine = machineNumber[id] else { return [] }
        let isThere = units[Int(unit)].machine == machine
        if isThere {
            return misfit(unit, machine, staying: true).map { [($0, rivals($0, name, id))] } ?? []
        }
        return misfits(unit, machine).map { ($0, rivals($0, name, id)) }
    }

    private func rivals(_ misfit: Misfit, _ name: UnitName, _ id: ID<Machine>) -> [UnitName] {
        switch misfit {
        case .conflict: return conflicting(with: name, on: id)
        case .givesWay(let glob):
            guard let unit = unitNumber[name], let machine = machineNumber[id] else { return [] }
            return replacer(of: unit, on: machine, glob).map { [$0] } ?? []
        case .draining, .absent, .otherMachine, .lacksMetadata, .breaksRule, .peerElsewhere, .peerNotPlaced,
            .milliCPU, .memory, .leaving:
            return []
        }
    }

    /// The units on a machine that refuse a unit, or that it refuses; global ones included; by name.
    func conflicting(with name: UnitName, on id: ID<Machine>) -> [UnitName] {
        guard let unit = unitNumber[name], let machine = machineNumber[id] else { return [] }
        let own = needs[Int(units[Int(unit)].need)].requirements.conflicts
        let there =
            machines[Int(machine)].units + globals.filter { carries(machines[Int(machine)], $0) }
        return Set(there).filter { other in
            if other == unit { return false }
            let others = needs[Int(units[Int(other)].need)].requirements.conflicts
            return own.contains { $0.matches(units[Int(other)].name) } || others.contains { $0.matches(name) }
        }.map { units[Int($0)].name }.sorted()
    }
}
