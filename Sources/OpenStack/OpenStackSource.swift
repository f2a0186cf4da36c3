public import Model
public import Runtime

/// An OpenStack cloud as the console sees it.
public struct OpenStackSource: CloudSource {
    /// The cloud's name in the configuration.
    public let id: SourceID
    /// The same, as an ID.
    public let cloud: ID<Cloud>
    let settings: OpenStackSettings
    let session: Session
    let clock: SystemClock
    let intervals: OpenStackIntervals
    let allProjects: Bool
    let memory: CloudMemory
    let desk = OrderDesk()

    /// A cloud by its settings; nothing is asked of it yet.
    ///
    /// - Parameter allProjects: the VMs of all customers, where the user may see them
    /// - Throws: `OpenStackError.settings` when a file for TLS is of no use.
    public init(
        cloud: ID<Cloud>, settings: OpenStackSettings, clock: SystemClock,
        intervals: OpenStackIntervals = OpenStackIntervals(), allProjects: Bool = true
    ) throws {
        self.cloud = cloud
        self.settings = settings
        self.clock = clock
        self.intervals = intervals
        self.allProjects = allProjects
        id = .cloud(cloud)
        session = try Session(settings, clock: clock)
        memory = CloudMemory(cloud: cloud)
    }

    /// Reports until cancelled: first the VMs of the first page, then all, then what changes.
    /// - Throws: `OpenStackError` that is permanent: a refused login, no compute service.
    public func observe(_ tell: @Sendable (Report) async -> Void) async throws {
        await session.tryAgain()
        let (signals, sender) = AsyncStream.makeStream(
            of: CloudWatch.Signal.self, bufferingPolicy: .bufferingOldest(1_024))
        let watch = CloudWatch(
            session: session, memory: memory, intervals: intervals, allProjects: allProjects, signals: sender)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            defer { group.cancelAll() }
            var told: CloudContents?
            for await signal in signals {
                switch signal {
                case .changed:
                    let contents = await contents()
                    // Servers without VMs would look like an empty cloud.
                    if contents.vms.isEmpty, contents.isPartial { continue }
                    await tell(report(contents == told ? .quiet : .cloud(contents)))
                    told = contents
                case .quiet: await tell(report(.quiet))
                case .silent(let sentence): await tell(report(.silent(sentence)))
                case .events(let events): await tell(report(.events(events)))
                case .failed(let error): throw error
                }
            }
        }
    }

    /// Reads some parts once; what fails beside the VMs is told in the contents.
    /// - Throws: `OpenStackError`.
    public func read(_ parts: CloudParts) async throws -> CloudContents {
        let fresh = CloudMemory(cloud: cloud)
        let (_, sender) = AsyncStream.makeStream(of: CloudWatch.Signal.self, bufferingPolicy: .bufferingNewest(1))
        let watch = CloudWatch(
            session: session, memory: fresh, intervals: intervals, allProjects: allProjects, signals: sender)
        try await watch.once(parts)
        var contents = await fresh.picture.contents()
        contents.cloud.missing += settings.warnings
        contents.isPartial = false
        return contents
    }

    private func contents() async -> CloudContents {
        var contents = await memory.picture.contents()
        contents.cloud.missing += settings.warnings
        return contents
    }

    private func report(_ body: Report.Body) -> Report {
        Report(source: id, observedAt: clock.now(), body: body)
    }

    /// A cloud has no log of units; its machines' agents have.
    public func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws {
        throw SourceError("cloud '\(cloud)' has no unit logs; ask the cluster '\(request.unit.cluster)'")
    }
}
