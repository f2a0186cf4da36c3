import Model
import Synchronization

/// Where the agents of a cluster's machines answer, kept from what its store tells.
final class AgentAddresses: Sendable {
    private struct State {
        var apis: [ID<Machine>: String] = [:]
        var globals: [UnitName: Set<ID<Machine>>] = [:]
        var members: [Member] = []
    }

    private let state = Mutex(State())

    var all: [(ID<Machine>, String)] {
        state.withLock { $0.apis.sorted { $0.key < $1.key } }
    }

    var members: [Member] {
        get { state.withLock { $0.members } }
        set { state.withLock { $0.members = newValue } }
    }

    subscript(_ machine: ID<Machine>) -> String? {
        state.withLock { $0.apis[machine] }
    }

    /// A machine that has said something of a unit: for global units, which are placed on none.
    func machine(with name: UnitName) -> ID<Machine>? {
        state.withLock { $0.globals[name]?.min() }
    }

    func take(_ contents: ClusterContents) {
        state.withLock { state in
            state.apis = [:]
            for machine in contents.machines { state.apis[machine.id] = machine.api }
            state.globals = [:]
            for unit in contents.units { state.globals[unit.name] = Set(unit.states.keys) }
        }
    }

    func take(_ changes: [ClusterChange]) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .machine(let machine): state.apis[machine.id] = machine.api
                case .machineGone(let machine): state.apis[machine] = nil
                case .state(let name, let machine, .some): state.globals[name, default: []].insert(machine)
                case .state(let name, let machine, .none): state.globals[name]?.remove(machine)
                case .unitGone(let name): state.globals[name] = nil
                case .draining, .unit, .placement, .waiting, .move, .leader, .wanted, .members, .event: break
                }
            }
        }
    }
}
