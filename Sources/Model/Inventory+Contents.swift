extension Inventory.CloudPart {
    /// All of it, as the cloud would tell it now; servers and VMs by ID.
    public var contents: CloudContents {
        var contents = CloudContents(
            cloud: cloud, servers: servers.values.sorted { $0.id < $1.id }, vms: vms.values.sorted { $0.id < $1.id },
            customers: customers.values.sorted { $0.id < $1.id }, flavors: flavors, images: images)
        contents.networks = networks
        contents.keys = keys
        contents.quota = quota
        contents.isPartial = isPartial
        return contents
    }
}

extension Inventory.ClusterPart {
    /// All of it, as its store would tell it now; machines by ID, units by name.
    public var contents: ClusterContents {
        let units = units.values.sorted { $0.name < $1.name }
        var contents = ClusterContents(
            cluster: cluster, machines: machines.values.sorted { $0.id < $1.id },
            units: units.filter { !$0.isDestroyed })
        contents.leaving = units.filter(\.isDestroyed)
        return contents
    }
}
