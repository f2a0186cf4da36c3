/// How often a cloud is asked for what.
public struct OpenStackIntervals: Hashable, Sendable {
    /// Between two looks at what changed among the VMs: one small request.
    public var vms: Duration
    /// The same while a VM is on its way to another state.
    public var busy: Duration
    /// Between two looks at the servers.
    public var servers: Duration
    /// Between two looks at everything else: flavors, images, networks, quota.
    public var rest: Duration
    /// Between two whole lists of VMs: some changes are not told of one by one.
    public var whole: Duration

    /// Intervals.
    public init(
        vms: Duration = .seconds(5), busy: Duration = .seconds(2), servers: Duration = .seconds(15),
        rest: Duration = .seconds(300), whole: Duration = .seconds(300)
    ) {
        self.vms = vms
        self.busy = busy
        self.servers = servers
        self.rest = rest
        self.whole = whole
    }
}
