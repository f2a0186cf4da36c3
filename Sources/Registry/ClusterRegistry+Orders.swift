import Etcd
public import Model

/// Why an order was not carried out by the store.
public struct OrderRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, what to do.
    public let description: String

    /// A refusal of that sentence.
    public init(_ description: String) {
        self.description = description
    }
}

extension ClusterRegistry {
    /// Stores a unit and what is wanted of it.
    ///
    /// The same file again only changes what is wanted; another file of that name replaces it and keeps the placement.
    public func submit(_ name: UnitName, _ file: UnitFile, _ desired: DesiredState) async throws {
        _ = try await store.put(
            keys.unit(name), Coding.bytes(UnitRecord(file: file.text, desired: desired.rawValue)), lease: 0)
    }

    /// Wants a state of a stored unit, guarded by the revision it was read at.
    public func want(_ name: UnitName, _ desired: DesiredState) async throws {
        for _ in 0..<5 {
            guard let item = try await store.get(keys.unit(name)),
                var record = Coding.record(UnitRecord.self, item.value)
            else {
                throw OrderRefusal(
                    "unit '\(name)' does not exist in cluster '\(cluster)'; submit it first, or list those there are"
                )
            }
            if record.desired == desired.rawValue { return }
            record.desired = desired.rawValue
            let answer = try await store.txn(
                if: [.modRevision(keys.unit(name), item.modRevision)],
                then: [.put(keys.unit(name), Coding.bytes(record))], else: [])
            if answer.succeeded { return }
        }
        throw OrderRefusal("unit '\(name)' in cluster '\(cluster)' is being changed by somebody else; try again")
    }

    /// Forgets a unit with all its records; the agents that have it take it away.
    public func destroy(_ name: UnitName) async throws {
        if try await remove(name) == nil {
            throw OrderRefusal("unit '\(name)' does not exist in cluster '\(cluster)'; nothing was destroyed")
        }
    }

    /// Asks the scheduler to move a unit; answered by ``moveAnswer(_:)``.
    public func askMove(_ name: UnitName, to machine: ID<Machine>?) async throws {
        let answer = try await store.txn(
            if: [.present(keys.placement(name))],
            then: [.put(keys.move(name), Coding.bytes(MoveRecord(to: machine?.text)))], else: [])
        if !answer.succeeded {
            throw OrderRefusal("unit '\(name)' is on no machine of cluster '\(cluster)'; start it first")
        }
    }

    /// The wish as it stands: nil once it is carried out.
    public func moveAnswer(_ name: UnitName) async throws -> Move? {
        guard let item = try await store.get(keys.move(name)) else { return nil }
        return ContentsReader.move(item) ?? Move()
    }

    /// Takes a wish back.
    public func forgetMove(_ name: UnitName) async throws {
        _ = try await store.delete(keys.move(name))
    }

    /// Where a unit is placed now.
    public func placement(of name: UnitName) async throws -> Placement? {
        try await store.get(keys.placement(name)).flatMap(ContentsReader.placement)
    }

    /// Gives a global unit's new file to these machines and no other; another roll of that unit has to end first.
    public func roll(_ name: UnitName, _ file: UnitFile, on machines: [ID<Machine>]) async throws {
        guard let unit = try await unit(name), unit.isGlobal else {
            throw OrderRefusal("'\(name)' is no global unit of cluster '\(cluster)'; only those are rolled by machine")
        }
        let begun = try await store.get(keys.roll(name))
        if let roll = begun.flatMap(ContentsReader.roll), roll.file.hash != file.hash {
            throw OrderRefusal(
                "another file of '\(name)', \(roll.file.hash.short), is being rolled in cluster '\(cluster)'; "
                    + "go on with that one, or give it up with 'quarterdeck roll --abandon \(name)'")
        }
        let record = RollRecord(file: file.text, machines: machines.map(\.text).sorted())
        let answer = try await store.txn(
            if: [
                .modRevision(keys.unit(name), unit.revision),
                begun.map { .modRevision(keys.roll(name), $0.modRevision) } ?? .absent(keys.roll(name)),
            ],
            then: [.put(keys.roll(name), Coding.bytes(record))], else: [])
        if !answer.succeeded {
            throw OrderRefusal("unit '\(name)' in cluster '\(cluster)' was changed by somebody else; try again")
        }
    }

    /// Gives a global unit's new file to all machines, or the one of before back to those that have it.
    public func endRoll(_ name: UnitName, keepsNew: Bool) async throws {
        for _ in 0..<5 {
            guard let item = try await store.get(keys.roll(name)) else {
                throw OrderRefusal("no new file of '\(name)' is being rolled in cluster '\(cluster)'")
            }
            guard keepsNew else {
                _ = try await store.delete(keys.roll(name))
                return
            }
            guard let roll = ContentsReader.roll(item), let unit = try await unit(name) else {
                throw OrderRefusal(
                    "the new file of '\(name)' in cluster '\(cluster)' cannot be read, or the unit is gone; give it up "
                        + "with 'quarterdeck roll --abandon \(name)'")
            }
            // The file first: whoever has it already sees no change when the roll is over.
            let record = UnitRecord(file: roll.file.text, desired: unit.desired.rawValue)
            let answer = try await store.txn(
                if: [
                    .modRevision(keys.unit(name), unit.revision), .modRevision(keys.roll(name), item.modRevision),
                ],
                then: [.put(keys.unit(name), Coding.bytes(record)), .delete(keys.roll(name))], else: [])
            if answer.succeeded { return }
        }
        throw OrderRefusal("unit '\(name)' in cluster '\(cluster)' is being changed by somebody else; try again")
    }

    /// Has a machine give its units away, or take units again.
    public func drain(_ machine: ID<Machine>, _ isDraining: Bool) async throws {
        if isDraining {
            let answer = try await store.txn(
                if: [.present(keys.machine(machine))], then: [.put(keys.drain(machine), Array("{}".utf8))], else: [])
            if !answer.succeeded {
                throw OrderRefusal(
                    "machine '\(machine.short)' is not in cluster '\(cluster)'; list the machines there are")
            }
        } else if try await !store.delete(keys.drain(machine)) {
            throw OrderRefusal("machine '\(machine.short)' in cluster '\(cluster)' was not draining")
        }
    }

    /// Wants so many machines.
    public func scale(to count: Int, _ choice: VMChoice = VMChoice()) async throws {
        let record = ScaleRecord(count: count, choice)
        _ = try await store.put(keys.scale, Coding.bytes(record), lease: 0)
    }

    /// Keeps what an operator asked where everybody sees it, for as long as the lease lasts.
    public func note(_ event: FarmEvent, number: Int) async throws {
        let lease = try await store.grantLease(ttlSeconds: 3_600)
        _ = try await store.put(keys.event(event.at, number), Coding.bytes([EventRecord(event)]), lease: lease.id)
    }

    /// Whether our role in the store may change the cluster.
    ///
    /// Asks for a change under a guard that never holds: nothing is written, but the store checks the role first.
    public func mayWrite() async throws -> Bool {
        do {
            let never = Compare.createRevision(keys.cluster, .max)
            _ = try await store.txn(if: [never], then: [.put(keys.scale, [], lease: 0)], else: [])
            return true
        } catch EtcdError.permissionDenied {
            return false
        }
    }

    /// The store's members as the console shows them.
    public func members() async throws -> [Member] {
        try await store.status().map {
            Member(
                name: SafeText.name($0.name.isEmpty ? $0.endpoint : $0.name), endpoint: SafeText.name($0.endpoint),
                isLeader: $0.isLeader, isAnswering: $0.answer == .given, isAsked: $0.answer != .notAsked,
                hasLeader: $0.answer == .given && $0.hasLeader, isLearner: $0.isLearner,
                version: $0.version.isEmpty ? nil : SafeText.name($0.version),
                databaseBytes: $0.answer == .given ? $0.dbSize : nil,
                alarms: ($0.alarms.contains(.corrupt) ? ["corrupt"] : [])
                    + ($0.alarms.contains(.noSpace) ? ["no space"] : []))
        }
    }
}

extension ClusterRegistry {
    /// One unit with all that is known of it; nil when there is none of that name.
    public func unit(_ name: UnitName) async throws -> Unit? {
        let answer = try await store.txn(
            if: [],
            then: [
                .get(keys.unit(name)), .get(keys.placement(name)), .get(keys.waiting(name)), .get(keys.move(name)),
                .get(keys.roll(name)),
            ],
            else: [])
        var reader = ContentsReader(cluster: cluster)
        let states = try await store.range(prefix: keys.prefix + "states/" + name.text + "/").items
        for item in answer.fetched.flatMap(\.self) + states {
            if let kind = keys.kind(of: item.key) { reader.take(kind, item) }
        }
        return reader.contents().units.first
    }

    /// The machines of the cluster.
    public func machines() async throws -> [Machine] {
        var reader = ContentsReader(cluster: cluster)
        for prefix in ["machines/", "metadata/", "drains/"] {
            for item in try await store.range(prefix: keys.prefix + prefix).items {
                if let kind = keys.kind(of: item.key) { reader.take(kind, item) }
            }
        }
        return reader.contents().machines
    }
}
