import Model

extension Console {
    /// Where ssh goes for the object at hand: a machine, a VM, or the machine of a unit.
    var login: Login? {
        switch subject {
        case .machine(let cluster, let id): return login(cluster, id)
        case .unit(let key): return facts.machines(of: key).first.flatMap { login(key.cluster, $0) }
        case .vm(let id):
            guard let vm = facts.inventory.vm(id) else { return nil }
            if let place = facts.inventory.machineOfVM[id], let login = login(place.cluster, place.machine) {
                return login
            }
            return vm.addresses.first.map { Login(name: vm.name, address: $0, cluster: vm.cluster) }
        case .cloud, .source, .server, .cluster, nil: return nil
        }
    }

    private func login(_ cluster: ID<Cluster>, _ id: ID<Machine>) -> Login? {
        guard let machine = facts.inventory.clusters[cluster]?.machines[id], !machine.address.isEmpty else {
            return nil
        }
        return Login(name: machine.name, address: machine.address, cluster: cluster)
    }

    var canLogIn: Command.Availability {
        switch subject {
        case .machine, .unit, .vm: break
        case .cloud, .source, .server, .cluster, nil: return .no("ssh goes to machines and VMs; select one")
        }
        if case .vm(let id) = subject, facts.inventory.vm(id)?.pid != nil {
            return .no("this VM is a process of this computer: there is nothing to log in to")
        }
        return login == nil ? .no("no address is known to log in to") : .yes
    }
}
