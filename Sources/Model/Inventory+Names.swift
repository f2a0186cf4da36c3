extension Inventory {
    /// The servers, VMs and machines that people may mean by a text: an ID, the first four digits or more of a machine
    /// ID, or a name. A machine that runs in a VM of that name is the VM.
    public func subjects(called text: String) -> [Subject] {
        var found: [Subject] = []
        for cloud in clouds.keys.sorted() {
            guard let part = clouds[cloud] else { continue }
            found += part.servers.values.filter { $0.id.text == text || $0.name == text }.map(\.id).sorted()
                .map { .server($0) }
            found += part.vms.values.filter { $0.id.text == text || $0.name == text }.map(\.id).sorted().map { .vm($0) }
        }
        for cluster in clusters.keys.sorted() {
            let machines = (clusters[cluster]?.machines ?? [:]).values.filter { machine in
                machine.id.text == text || machine.name == text
                    || (text.utf8.count >= 4 && machine.id.text.hasPrefix(text))
            }
            for machine in machines.sorted(by: { $0.id < $1.id }) {
                if let vm = machine.vm, found.contains(.vm(vm)) { continue }
                found.append(.machine(cluster, machine.id))
            }
        }
        return found
    }
}
