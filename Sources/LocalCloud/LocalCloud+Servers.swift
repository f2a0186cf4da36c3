import Model

extension LocalCloud {
    /// Takes a server down: every process of its VMs is killed, and they are lost.
    ///
    /// - Throws: ``LocalCloudRefusal`` when there is no such server.
    public func fail(server name: String) throws {
        guard configuration.servers.contains(where: { $0.name == name }) else {
            throw LocalCloudRefusal("cloud '\(configuration.cloud)' has no server '\(SafeText.name(name))'")
        }
        down.insert(name)
        for (id, guest) in guests where guest.vm.server == serverID(name) && guest.vm.state != .deleting {
            if guest.vm.state != .stopped { guests[id]?.vm.state = .lost("server \(name) is down") }
            guests[id]?.isWanted = false
            endProcesses(of: guest)
        }
        changed()
    }

    /// Brings a server back: its lost VMs boot again.
    public func mend(server name: String) throws {
        guard down.remove(name) != nil else { throw LocalCloudRefusal("server '\(SafeText.name(name))' is not down") }
        for guest in guests.values.sorted(by: { $0.vm.name < $1.vm.name }) where guest.vm.server == serverID(name) {
            if case .lost = guest.vm.state { try start(guest.vm.id) }
        }
        changed()
    }

    /// The names of the servers that carry a VM, those with most VMs first.
    public var carriers: [String] {
        configuration.servers.map(\.name).filter { name in guests.values.contains { $0.vm.server == serverID(name) } }
            .sorted { (count(on: $1), $0) < (count(on: $0), $1) }
    }

    private func count(on name: String) -> Int { guests.values.count { $0.vm.server == serverID(name) } }
}
