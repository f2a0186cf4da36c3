import Model

/// A VM with what is needed to say where it is and what it is made of, once that is known.
struct KnownVM: Hashable, Sendable {
    /// The metadata that says which cluster a VM was made for.
    static let clusterKey = "quarterdeck.cluster"
    /// The metadata that says which VM of its cluster it is.
    static let nameKey = "quarterdeck.name"

    var vm: VM
    var flavorID: String?
    var imageID: String?
    var host: String?
    var hypervisor: String?
    var hostID: String?
    var hostStatus: String?

    init(_ server: NovaServer, cloud: ID<Cloud>) {
        vm = VM(id: ID(server.id), cloud: cloud, name: server.name ?? server.id, state: server.state)
        flavorID = server.flavor?.id
        imageID = server.image?.id
        host = server.host
        hypervisor = server.hypervisor
        hostID = server.hostID
        hostStatus = server.hostStatus
        vm.customer = server.project.map { ID($0) }
        vm.flavor = server.flavor?.name
        vm.image = server.image?.name
        vm.created = server.created
        vm.updated = server.updated
        vm.task = server.task
        vm.power = server.powerWord
        vm.zone = server.zone
        vm.tags = server.tags.sorted()
        vm.metadata = server.metadata
        vm.key = server.key
        vm.isLocked = server.isLocked
        vm.securityGroups = server.securityGroups
        placeOnNetworks(server)
        if let cluster = server.metadata[Self.clusterKey], !cluster.isEmpty {
            vm.cluster = ID(cluster)
        } else if let token = server.userData.flatMap({ DiscoveryToken.find(inBase64: $0) }) {
            vm.cluster = ID(token)
            vm.isByDiscovery = true
        }
    }

    private mutating func placeOnNetworks(_ server: NovaServer) {
        var four: [String] = []
        var six: [String] = []
        for (network, addresses) in server.addresses.sorted(by: { $0.key < $1.key }) {
            let floating = addresses.filter(\.isFloating)
            for address in addresses {
                if address.isIPv4 { four.append(address.address) } else { six.append(address.address) }
            }
            for address in addresses where !address.isFloating {
                let outer = floating.first { $0.isIPv4 == address.isIPv4 && ($0.mac == nil || $0.mac == address.mac) }
                vm.ports.append(
                    VMPort(
                        network: SafeText.name(network), address: address.address, mac: address.mac,
                        floating: outer?.address))
            }
        }
        vm.addresses = four + six
    }
}
