import Etcd
public import Model

extension ClusterRegistry {
    /// What became of registering a machine.
    public enum Registration: Hashable, Sendable {
        /// It is in the cluster.
        case done
        /// Another process has the machine's ID, under a lease that lives.
        case taken(by: Machine)
    }

    /// Registers a machine under its lease, unless its ID is taken under another lease than these two.
    public func register(
        _ machine: Machine, lease: Int64, insteadOf old: Int64? = nil
    ) async throws -> Registration {
        let key = keys.machine(machine.id)
        let record = Op.put(key, Coding.bytes(MachineRecord(machine)), lease: lease)
        for _ in 0..<3 {
            let answer = try await store.txn(if: [.absent(key)], then: [record], else: [.get(key)])
            if answer.succeeded { return .done }
            guard let item = answer.fetched.first?.first else { continue }
            guard item.lease == lease || item.lease == old else {
                let there = Coding.record(MachineRecord.self, item.value)?.machine(machine.id)
                return .taken(by: there ?? Machine(id: machine.id))
            }
            let again = try await store.txn(if: [.modRevision(key, item.modRevision)], then: [record], else: [])
            if again.succeeded { return .done }
        }
        return .taken(by: Machine(id: machine.id))
    }

    /// Tells, under its own lease, that a machine was refused because its ID is taken.
    public func tellRefused(_ machine: Machine, lease: Int64) async throws {
        _ = try await store.put(keys.rival(machine.id), Coding.bytes(MachineRecord(machine)), lease: lease)
    }

    /// Tells what a machine says of its units, many at once; nil takes a record away.
    ///
    /// - Throws: `EtcdError.leaseExpired` when the machine's lease has ended.
    public func publish(_ states: [(UnitName, UnitState?)], of machine: ID<Machine>, lease: Int64) async throws {
        for start in stride(from: 0, to: states.count, by: 100) {
            let part = states[start..<min(start + 100, states.count)]
            let operations = part.map { name, state -> Op in
                let key = keys.state(name, machine)
                return state.map { .put(key, Coding.bytes(StateRecord($0)), lease: lease) } ?? .delete(key)
            }
            _ = try await store.txn(operations)
        }
    }
}
