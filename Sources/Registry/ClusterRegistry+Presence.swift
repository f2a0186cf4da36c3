import Etcd
public import Model

extension ClusterRegistry {
    /// Registers a machine under its lease.
    public func register(_ machine: Machine, lease: Int64) async throws {
        _ = try await store.put(keys.machine(machine.id), Coding.bytes(MachineRecord(machine)), lease: lease)
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
