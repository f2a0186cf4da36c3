import Model
import Screen

extension Console {
    func factLines(of vm: VM) -> [(label: String, words: Line)] {
        let column = { (index: Int) in Pane.vms.word(.vm(vm.id), index, self.facts) }
        var lines: [(label: String, words: Line)] = [
            ("state", [column(1), Word("   "), column(17)]),
            ("on", [column(2), Word("   cloud ", .dim), Word(vm.cloud.text), Word("   cluster ", .dim), column(3)]),
            ("kind", [column(8), Word("   image ", .dim), column(9), Word("   age ", .dim), column(16)]),
            (
                "address",
                [
                    Word(vm.addresses.isEmpty ? "–" : vm.addresses.joined(separator: " ")), Word("   ID ", .dim),
                    Word(vm.id.text, .dim),
                ]
            ),
        ]
        if let (cluster, machine) = facts.machine(of: .vm(vm.id)) { lines += machineLines(cluster, machine) }
        if vm.power != nil || vm.zone != nil || vm.customer != nil {
            var words = [column(12), Word("   zone ", .dim), column(13), Word("   customer ", .dim), column(11)]
            if let key = vm.key { words += [Word("   key pair ", .dim), Word(key)] }
            lines.append(("power", words))
        }
        if vm.isByDiscovery {
            lines.append(("cluster", [Word("by the discovery token in its user data: shown, not managed", .dim)]))
        }
        if !vm.tags.isEmpty { lines.append(("tags", [Word(vm.tags.joined(separator: " "))])) }
        if !vm.metadata.isEmpty {
            let pairs = vm.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.append(("written", [Word(pairs.joined(separator: " "))]))
        }
        return lines
    }

    /// The end of what the VM's console shows.
    func consoleLines() -> [Line] {
        guard let vm = details.vm else { return [[Word("asking the cloud", .dim)]] }
        if let problem = vm.consoleProblem { return [[Word(problem, .warning)]] }
        let lines = vm.console ?? []
        return lines.isEmpty ? [[Word("it has written nothing on its console", .dim)]] : lines.map { [Word($0)] }
    }

    /// What was done with the VM, as its cloud tells it.
    func actionLines() -> [Line] {
        guard let vm = details.vm else { return [[Word("asking the cloud", .dim)]] }
        return vm.actions.isEmpty ? [[Word("its cloud tells of none", .dim)]] : vm.actions.map { eventLine($0) }
    }

    /// Where a VM, or the VMs of a cluster, are on networks, and by what rules they are reached.
    func networkLines(_ subject: Subject) -> [Line] {
        switch subject {
        case .vm(let id):
            guard let vm = facts.inventory.vm(id) else { return [] }
            let ports = vm.ports.map { portLine($0) }
            let lines = ports.isEmpty ? [[Word("its cloud tells of no port", .dim)]] : ports
            return lines + groupLines([vm]) + subnetLines([vm]) + (details.vm?.networks.map { [Word($0)] } ?? [])
        case .cluster(let id):
            let vms = (facts.vmsOf[id] ?? []).compactMap { facts.inventory.vm($0) }
            var lines =
                facts.inventory.clusters[id]?.cluster.overlay
                .map { [[Word("overlay ", .dim), Word($0, .accent)]] } ?? []
            lines += subnetLines(vms) + groupLines(vms)
            for vm in vms { lines += vm.ports.map { [Word(padded(vm.name, 18))] + portLine($0) } }
            return lines.isEmpty ? [[Word("its clouds tell of no network", .dim)]] : lines
        case .cloud, .source, .server, .machine, .unit: return []
        }
    }

    private func portLine(_ port: VMPort) -> Line {
        var line = [Word(padded(port.network, 16), .accent), Word(padded(port.address, 18))]
        if let mac = port.mac { line.append(Word(padded(mac, 20), .dim)) }
        if let floating = port.floating { line += [Word("from outside ", .dim), Word(floating, .accent)] }
        return line
    }

    private func groupLines(_ vms: [VM]) -> [Line] {
        let groups = Set(vms.flatMap(\.securityGroups)).sorted()
        return groups.isEmpty ? [] : [[Word("security groups ", .dim), Word(groups.joined(separator: " "))]]
    }

    private func subnetLines(_ vms: [VM]) -> [Line] {
        let used = Set(vms.flatMap { vm in vm.ports.map { [vm.cloud.text, $0.network] } })
        return used.sorted { $0.lexicographicallyPrecedes($1) }.map { pair in
            let network = facts.inventory.clouds[ID(pair[0])]?.networks.first { $0.name == pair[1] }
            let subnets = network?.subnets.joined(separator: " ") ?? ""
            return [
                Word("network ", .dim), Word(pair[1], .accent),
                Word(subnets.isEmpty ? "  no subnet known" : "  \(subnets)"),
                Word(network?.isExternal == true ? "  external" : "", .dim), Word("  in cloud \(pair[0])", .dim),
            ]
        }
    }
}
