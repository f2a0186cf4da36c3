public import Model
public import Runtime

extension OpenStackSource {
    /// Reads some parts once; what comes from other services is asked for at the same time.
    /// - Throws: `OpenStackError` when the compute service does not tell its VMs.
    public func read(_ parts: CloudParts) async throws -> CloudContents {
        let memory = CloudMemory(cloud: cloud)
        let (_, signals) = AsyncStream.makeStream(of: CloudWatch.Signal.self, bufferingPolicy: .bufferingOldest(1))
        let watch = CloudWatch(
            session: session, memory: memory, intervals: intervals, allProjects: allProjects, signals: signals)
        let api = try await ComputeAPI(session)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watch.readVMs(api) }
            if parts.contains(.servers) { group.addTask { try await watch.servers(api) } }
            if parts.contains(.offers) {
                group.addTask { try await watch.rest(api) }
            } else {
                group.addTask { try await watch.readNames(api) }
            }
            try await group.waitForAll()
        }
        var contents = await memory.picture.contents()
        contents.isPartial = false
        contents.cloud.missing += settings.warnings
        return contents
    }

    /// Looks at everything that is needed to use the cloud.
    public func check() async -> [CloudCheck] {
        let findings: [OpenStackFinding] = await check()
        return findings.map { CloudCheck($0.isGood ? .good : .bad, $0.text) }
    }
}

extension CloudWatch {
    /// All VMs, in as few pages as the cloud gives.
    func readVMs(_ api: ComputeAPI) async throws {
        let items: [NovaServer]
        do {
            items = try await api.servers(ofAll: allProjects, pageSize: nil).items
        } catch let error as OpenStackError where allProjects && error.status == 403 {
            items = try await api.servers(ofAll: false, pageSize: nil).items
        }
        await memory.change { $0.replace(items) }
    }

    /// The names of what VMs have.
    func readNames(_ api: ComputeAPI) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await take(.images) {
                    try await api.images()
                } _: {
                    $0.images = $1
                }
            }
            group.addTask {
                try await take(.customers) {
                    try await customers(api)
                } _: {
                    $0.customers = $1
                }
            }
            if !api.knows(47) {
                group.addTask {
                    try await take(.flavors) {
                        try await api.flavors()
                    } _: {
                        $0.flavors = $1
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
