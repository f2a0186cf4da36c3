import LocalCloud
import Model
import OpenStack
import Runtime
import Settings

/// Which door a cloud of the configuration is behind.
enum SourceKinds {
    static func source(_ entry: Configuration.CloudEntry, clock: SystemClock) throws -> any CloudSource {
        switch entry.kind {
        case .local(let endpoint): LocalCloudSource(cloud: ID(entry.name), endpoint: endpoint, clock: clock)
        case .openStack(let cloud, let file, let allProjects):
            throw SourceError("openstack cloud \(cloud ?? file ?? "") \(allProjects): not wired")
        }
    }
}

/// The clouds that VMs are made in by whoever looks at them; a local cloud does that itself.
struct CloudMakers: Sendable {
    let context: Configuration.Context
    let clouds: [(id: ID<Cloud>, source: any CloudSource)]

    /// The cloud of a cluster's new VMs: the one it names, else the only one there is.
    func cloud(of entry: Configuration.ClusterEntry) -> (id: ID<Cloud>, source: any CloudSource)? {
        let makers = context.clouds.filter { if case .openStack = $0.kind { true } else { false } }
        let chosen = entry.vms.cloud.map { name in makers.filter { $0.name == name } } ?? makers
        guard chosen.count == 1, let one = chosen.first else { return nil }
        return clouds.first { $0.id.text == one.name }
    }
}
