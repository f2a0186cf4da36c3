import Model
import Synchronization

/// Where the agents of a cluster's machines answer, kept from what its store tells.
final class AgentAddresses: Sendable {
    private struct State {
        var apis: [ID<Machine>: String] = [:]
        var members: [Member] = []
        var mayWrite: Bool?
    }

    private let state = Mutex(State())

    var all: [(ID<Machine>, String)] {
        state.withLock { $0.apis.sorted { $0.key < $1.key } }
    }

    var members: [Member] {
        get { state.withLock { $0.members } }
        set { state.withLock { $0.members = newValue } }
    }

    /// Whether our role in the store may change anything; nil while that is not known.
    var mayWrite: Bool? {
        get { state.withLock { $0.mayWrite } }
        set { state.withLock { $0.mayWrite = newValue } }
    }

    subscript(_ machine: ID<Machine>) -> String? {
        state.withLock { $0.apis[machine] }
    }

    func take(_ contents: ClusterContents) {
        state.withLock { state in
            state.apis = [:]
            for machine in contents.machines { state.apis[machine.id] = machine.api }
        }
    }

    func take(_ changes: [ClusterChange]) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .machine(let machine): state.apis[machine.id] = machine.api
                case .machineGone(let machine): state.apis[machine] = nil
                case .draining, .rival, .unit, .unitGone, .placement, .waiting, .move, .roll, .state, .leader, .wanted,
                    .members, .access, .event:
                    break
                }
            }
        }
    }
}
