import Model
import Recording

/// Forty minutes of a farm with much that is wrong, as its sources tell it.
struct Night {
    static let start = Timestamp(milliseconds: 1_767_582_761_000)
    static let cloud = ID<Cloud>("local")
    static let cluster = ID<Cluster>("a")

    private static let servers = (0..<3).map {
        Server(id: ID("local/server\($0)"), cloud: cloud, name: "server\($0)", vcpus: 8, memoryMiB: 16_384)
    }

    private static let vms = (0..<6).map { index in
        VM(
            id: ID("vm-\(index)"), cloud: cloud, name: "a-\(index)", server: ID("local/server\(index % 3)"),
            cluster: cluster, state: .active, created: start - .seconds(9_000))
    }

    private static func machine(_ index: Int) -> Machine {
        Machine(
            id: id(index), name: "a-\(index)", vm: vms[index].id, address: "10.0.0.\(index)", milliCPU: 4_000,
            memoryMiB: 8_192, version: "1", started: start - .seconds(8_000))
    }

    private static func id(_ index: Int) -> ID<Machine> { ID(String(repeating: "\(index)", count: 32)) }

    private static func state(_ active: UnitState.Active, since: Timestamp, restarts: Int = 0) -> UnitState {
        UnitState(
            active: active, sub: active == .active ? "running" : "failed", since: since, restarts: restarts,
            note: active == .active ? nil : "exit 1")
    }

    private static var contents: ClusterContents {
        let units = (0..<12).map { index in
            Unit(
                name: UnitName(stringLiteral: "web@\(index).service"), file: UnitFile(options: []), desired: .launched,
                placement: Placement(machine: id(index % 6), since: start - .seconds(7_000)),
                states: [id(index % 6): state(.active, since: start - .seconds(7_000))], revision: 3)
        }
        let whole = Cluster(id: cluster, name: "a", store: "http://s1", leader: id(0), wanted: 6)
        return ClusterContents(cluster: whole, machines: (0..<6).map(machine), units: units)
    }

    /// What is told, and when, in order.
    private(set) var told: [(at: Timestamp, report: Report)] = []
    private var revision: Int64 = 3

    init() {
        var present = CloudContents(cloud: Cloud(id: Self.cloud, kind: "local"), servers: Self.servers, vms: Self.vms)
        tell(0, .cloud(present))
        tell(0, .cluster(Self.contents))
        for second in stride(from: 0, to: 2_400, by: 5) {
            switch second {
            case 420:
                // Half of the machines are cut off; their VMs are active.
                for index in 3..<6 { change(second, .machineGone(Self.id(index))) }
            case 900:
                present.servers[1].state = .down
                present.vms[1].state = .lost("its server is down")
                tell(second, .cloud(present))
            case 1_000:
                present.vms.removeLast()
                tell(second, .cloud(present))
            case 1_200: tell(second, .silent("refused"))
            case 1_320: tell(second, .quiet)
            case 1_500: change(second, .machine(Self.machine(3)))
            case 1_600:
                change(second, .leader(Self.id(2)))
                change(second, .unitGone("web@7.service"))
            default: flap(second)
            }
            if !(1_200..<1_320).contains(second) { tell(second, .quiet) }
            tell(second, .quiet, cloud: true)
            for index in 0..<6 { figures(second, index) }
        }
    }

    /// A unit that fails and comes back all the time.
    private mutating func flap(_ second: Int) {
        guard (600..<1_900).contains(second), second % 20 == 0 else { return }
        let now = Self.start + .seconds(Int64(second))
        let active: UnitState.Active = second % 40 == 0 ? .failed : .active
        change(second, .state("web@2.service", Self.id(2), Self.state(active, since: now, restarts: second / 20)))
    }

    private mutating func figures(_ second: Int, _ index: Int) {
        let used = MachineFigures(
            cpuPercent: Double((second * (index + 3)) % 1_000) / 10, memoryBytes: Int64(second + 1) << 20,
            uptime: .seconds(Int64(second)))
        let units: [UnitName: UnitFigures] = [
            UnitName(stringLiteral: "web@\(index).service"): UnitFigures(
                cpuPercent: Double(second % 97), memoryBytes: 9)
        ]
        tell(second, .figures(Self.cluster, Self.id(index), used, units))
    }

    private mutating func change(_ second: Int, _ change: ClusterChange) {
        revision += 1
        tell(second, .changes(Self.cluster, [change]))
    }

    private mutating func tell(_ second: Int, _ body: Report.Body, cloud: Bool = false) {
        let now = Self.start + .seconds(Int64(second))
        var source = SourceID.cluster(Self.cluster)
        if case .cloud = body { source = .cloud(Self.cloud) }
        if cloud { source = .cloud(Self.cloud) }
        let isStore = source == .cluster(Self.cluster)
        told.append((now, Report(source: source, revision: isStore ? revision : 0, observedAt: now, body: body)))
    }

    /// Writes it down.
    func record(_ path: String) async throws {
        let recorder = try Recorder(path: path, context: "prod", at: Self.start)
        for (at, report) in told { try await recorder.take(report, at: at) }
    }
}
