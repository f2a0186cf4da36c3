import Model

/// What one report of a cloud changed: of its servers and VMs only those that differ.
struct CloudChange: Sendable {
    let source: SourceID
    let cloud: ID<Cloud>
    private let servers: [Server]
    private let vms: [VM]
    private let gone: (servers: Set<ID<Server>>, vms: Set<ID<VM>>)
    /// Everything else, which is short.
    private let rest: CloudContents

    init(from part: Inventory.CloudPart, to contents: CloudContents, source: SourceID) {
        self.source = source
        cloud = contents.cloud.id
        servers = contents.servers.filter { part.servers[$0.id] != $0 }
        vms = contents.vms.filter { part.vms[$0.id] != $0 }
        gone = (
            Set(part.servers.keys).subtracting(contents.servers.map(\.id)),
            Set(part.vms.keys).subtracting(contents.vms.map(\.id))
        )
        var rest = contents
        rest.servers = []
        rest.vms = []
        self.rest = rest
    }

    var bytes: Int { 1_000 * (servers.count + vms.count + 1) + 40 * (gone.servers.count + gone.vms.count) }

    /// The contents after it.
    func applied(to contents: CloudContents) -> CloudContents {
        var result = rest
        let newServers = Dictionary(servers.map { ($0.id, $0) }) { $1 }
        let newVMs = Dictionary(vms.map { ($0.id, $0) }) { $1 }
        let oldServers = contents.servers.filter { !gone.servers.contains($0.id) && newServers[$0.id] == nil }
        let oldVMs = contents.vms.filter { !gone.vms.contains($0.id) && newVMs[$0.id] == nil }
        result.servers = oldServers + servers
        result.vms = oldVMs + vms
        return result
    }
}
