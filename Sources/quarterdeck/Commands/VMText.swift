import Model

/// A VM as text: label and value, a line each.
struct VMText {
    let vm: VM
    let inventory: Inventory

    init(_ vm: VM, _ inventory: Inventory) {
        self.vm = vm
        self.inventory = inventory
    }

    var facts: String {
        let part = inventory.clouds[vm.cloud]
        let pairs: [(String, String?)] = [
            ("name", vm.name), ("ID", vm.id.text), ("cloud", vm.cloud.text), ("state", vm.state.word),
            ("task", vm.task), ("power", vm.power), ("fault", vm.state.fault),
            ("server", vm.server.flatMap { part?.servers[$0]?.name ?? $0.text }), ("zone", vm.zone),
            ("cluster", vm.cluster.map { $0.text + (vm.isByDiscovery ? " (by its discovery token)" : "") }),
            ("customer", vm.customer.map { part?.customers[$0]?.name ?? $0.text }), ("flavor", vm.flavor),
            ("image", vm.image), ("key pair", vm.key), ("locked", vm.isLocked ? "by its owner" : nil),
            ("created", vm.created?.iso8601), ("changed", vm.updated?.iso8601),
            ("tags", vm.tags.isEmpty ? nil : vm.tags.joined(separator: " ")), ("metadata", Shown.pairs(vm.metadata)),
            ("groups", vm.securityGroups.isEmpty ? nil : vm.securityGroups.joined(separator: " ")),
        ]
        let ports = vm.ports.map { port in
            let more = [port.mac, port.floating.map { "from outside \($0)" }].compactMap(\.self)
            return ("port", Optional("\(port.network) \(([port.address] + more).joined(separator: " "))"))
        }
        let addresses = vm.ports.isEmpty ? vm.addresses.map { ("address", Optional($0)) } : []
        return (pairs + ports + addresses).compactMap { label, value in value.map { Self.line(label, $0) } }.joined()
    }

    static func text(_ details: VMDetails, lines: Int) -> String {
        var text = details.networks.map { line("network", $0) }.joined()
        text += details.actions.map { line("\($0.at.iso8601)", $0.text) }.joined()
        if let problem = details.consoleProblem { return text + line("console", problem) }
        let console = (details.console ?? []).suffix(max(0, lines))
        return text + (console.isEmpty ? "" : "\nconsole\n" + console.map { "  \($0)\n" }.joined())
    }

    private static func line(_ label: String, _ value: String) -> String {
        label + String(repeating: " ", count: max(1, 10 - label.count)) + value + "\n"
    }
}
