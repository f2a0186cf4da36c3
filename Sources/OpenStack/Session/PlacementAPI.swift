import Web

/// What a server has and what its VMs have of it, where Nova no longer says so.
struct PlacementFigures: Hashable, Sendable {
    var vcpus: Int?
    var vcpusUsed: Int?
    var memoryMiB: Int?
    var memoryUsedMiB: Int?
    var diskGiB: Int?
    var diskUsedGiB: Int?
}

/// The service that counts what servers have.
struct PlacementAPI: Sendable {
    /// How many servers are asked about at once; there are two requests for each.
    static let width = 8
    let session: Session

    /// The figures of servers by the IDs of their hypervisors.
    /// - Throws: `OpenStackError`, when one of them cannot be told.
    func figures(of hypervisors: [String]) async throws -> [String: PlacementFigures] {
        var found: [String: PlacementFigures] = [:]
        try await withThrowingTaskGroup(of: (String, PlacementFigures).self) { group in
            var rest = hypervisors[...]
            for id in rest.prefix(Self.width) { group.addTask { (id, try await figures(of: id)) } }
            rest = rest.dropFirst(Self.width)
            while let (id, figures) = try await group.next() {
                found[id] = figures
                if let id = rest.popFirst() { group.addTask { (id, try await self.figures(of: id)) } }
            }
        }
        return found
    }

    private func figures(of id: String) async throws -> PlacementFigures {
        let path = "/resource_providers/\(id.percentEncoded)"
        let totals = try await session.get(
            PlacementInventories.self, ServiceCall("GET", .placement, path + "/inventories")
        ).inventories
        let used = try await session.get(PlacementUsages.self, ServiceCall("GET", .placement, path + "/usages")).usages
        return PlacementFigures(
            vcpus: totals["VCPU"]?.total, vcpusUsed: used["VCPU"], memoryMiB: totals["MEMORY_MB"]?.total,
            memoryUsedMiB: used["MEMORY_MB"], diskGiB: totals["DISK_GB"]?.total, diskUsedGiB: used["DISK_GB"])
    }
}
