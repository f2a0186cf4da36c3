import Model
import Runtime

extension CloudWatch {
    /// Looks once at some parts, all at the same time.
    /// - Throws: `OpenStackError`, where that leaves nothing to show.
    func once(_ parts: CloudParts) async throws {
        let api = try await ComputeAPI(session)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if parts.contains(.vms) {
                group.addTask { try await lookAtAll(api, pageSize: nil) }
            }
            if parts.contains(.servers) {
                group.addTask { try await serversOnce(api, parts) }
            }
            if parts.contains(.offers) {
                group.addTask { try await rest(api) }
            } else if parts.contains(.vms) {
                // VMs have only the IDs of these, and of flavors before version 2.47.
                group.addTask { try await look(at: [.images, .customers] + (api.knows(47) ? [] : [.flavors]), api) }
            }
            try await group.waitForAll()
        }
        // Whether a VM runs that its server no longer tells of, only the servers' states say.
        let isInDoubt = await memory.picture.vms.values.contains { ["UNKNOWN", "DOWN"].contains($0.hostStatus) }
        if isInDoubt, parts.contains(.vms), !parts.contains(.servers) { try await serversOnce(api, parts) }
    }

    private func serversOnce(_ api: ComputeAPI, _ parts: CloudParts) async throws {
        do {
            try await servers(api)
        } catch let error as OpenStackError {
            if case .loginRefused = error { throw error }
            // VMs are worth showing without their servers.
            if !parts.contains(.vms) { throw error }
        }
        let isHidden = await memory.picture.hypervisors == nil
        if isHidden, !parts.contains(.vms) { try await lookAtAll(api, pageSize: nil) }
    }
}
