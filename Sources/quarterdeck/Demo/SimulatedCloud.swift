import Model

/// Servers and VMs that are not there.
struct SimulatedCloud {
    static let id = ID<Cloud>("simulated")
    private static let vmsOnServer = 40

    var contents = CloudContents(cloud: Cloud(id: SimulatedCloud.id, kind: "simulated"))
    /// What each VM becomes when it joins.
    private(set) var machines: [ID<VM>: Machine] = [:]

    /// A cloud with servers enough for so many VMs.
    init(vms count: Int) {
        contents.servers = (0...(count - 1) / Self.vmsOnServer).map { index in
            var server = Server(
                id: ID("simulated/rack-\(Self.number(index, 3))"), cloud: Self.id,
                name: "rack-\(Self.number(index, 3))", vcpus: 256, memoryMiB: 1_048_576)
            server.zone = "zone-\(index % 3)"
            return server
        }
        contents.flavors = [Flavor(name: "simulated", vcpus: 4, memoryMiB: 8_192)]
        contents.images = ["simulated"]
    }

    /// Text of so many digits at least.
    static func number(_ index: Int, _ digits: Int) -> String {
        let text = String(index)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Makes a VM for a cluster; the machine it becomes.
    mutating func add(_ cluster: ID<Cluster>, _ index: Int, at moment: Timestamp) -> Machine {
        let name = "\(cluster)-\(Self.number(index, 2))"
        let place = machines.count
        var vm = VM(
            id: ID("vm-\(name)"), cloud: Self.id, name: name,
            server: contents.servers[place % contents.servers.count].id, cluster: cluster, state: .active,
            flavor: "simulated", image: "simulated",
            addresses: ["10.\(place >> 16 & 255).\(place >> 8 & 255).\(place & 255)"], created: moment)
        vm.zone = contents.servers[place % contents.servers.count].zone
        contents.vms.append(vm)
        var machine = Machine(
            id: ID(Self.machineID(name)), name: name, vm: vm.id, address: vm.addresses[0], milliCPU: 4_000,
            memoryMiB: 8_192, version: "simulated", started: moment)
        machine.metadata = ["disk": place % 2 == 0 ? "ssd" : "hdd", "zone": vm.zone ?? ""]
        machines[vm.id] = machine
        return machine
    }

    /// 32 hexadecimal digits that follow from a name.
    private static func machineID(_ name: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(String(repeating: String(repeating: "0", count: 16 - digits.count) + digits, count: 2).prefix(32))
    }
}
