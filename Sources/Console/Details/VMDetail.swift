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

    /// Where the VM is on networks, and by what rules it is reached.
    func networkLines(_ subject: Subject) -> [Line] {
        guard case .vm(let id) = subject, let vm = facts.inventory.vm(id) else { return [] }
        var lines: [Line] = vm.ports.map { port in
            var line = [Word(padded(port.network, 16), .accent), Word(padded(port.address, 18))]
            if let mac = port.mac { line.append(Word(padded(mac, 20), .dim)) }
            if let floating = port.floating { line += [Word("from outside ", .dim), Word(floating, .accent)] }
            return line
        }
        if lines.isEmpty { lines = [[Word("its cloud tells of no port", .dim)]] }
        if !vm.securityGroups.isEmpty {
            lines.append([Word("security groups ", .dim), Word(vm.securityGroups.joined(separator: " "))])
        }
        let parts = facts.inventory.clouds[vm.cloud]?.networks ?? []
        for network in parts where vm.ports.contains(where: { $0.network == network.name }) {
            let subnets = network.subnets.isEmpty ? "no subnet" : network.subnets.joined(separator: " ")
            lines.append([
                Word("network ", .dim), Word(network.name, .accent), Word(" \(subnets)"),
                Word(network.isExternal ? "  external" : "", .dim),
            ])
        }
        return lines + (details.vm?.networks.map { [Word($0)] } ?? [])
    }
}
