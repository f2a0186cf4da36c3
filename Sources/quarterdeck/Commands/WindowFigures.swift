import Console
import FoundationEssentials
import Model
import NodeAgent
import Screen

/// What the last half hour costs the dashboard: memory, and the time of a step back.
///
/// One unit of a hundred changes its state every second, every machine tells figures every two seconds, and the cloud
/// tells of a VM that changed every five.
struct WindowFigures: Encodable {
    var machines: Int
    var units: Int
    var minutes = 30
    var residentMiBAtStart: Int
    var residentMiBAtEnd: Int
    var windowMiB: Int
    var countedMiB: Int
    var stepBackMilliseconds: [Double]
    var keyMilliseconds: [Double]

    static func measure(machines: Int, units: Int) throws {
        var farm = WindowFarm(machines: machines, units: units)
        var console = Console(Setup(context: "window", startsLocked: false))
        for report in farm.reports { _ = console.handle(.report(report), at: farm.now) }
        console.prepare(WindowFarm.size, at: farm.now)
        let before = try resident()
        for second in 1...1_800 {
            farm.now = farm.now + .seconds(1)
            for report in farm.changes(second) { _ = console.handle(.report(report), at: farm.now) }
            _ = console.handle(.tick, at: farm.now)
            console.prepare(WindowFarm.size, at: farm.now)
        }
        let after = try resident()
        let keys = times(console, .down, farm.now)
        let steps = times(console, .character("["), farm.now)
        let figures = WindowFigures(
            machines: machines, units: units, residentMiBAtStart: before, residentMiBAtEnd: after,
            windowMiB: after - before, countedMiB: console.historyBytes >> 20, stepBackMilliseconds: steps,
            keyMilliseconds: keys)
        Output.line(try JSONText.of(figures))
    }

    /// The median and the longest time that a key takes until its picture is there.
    private static func times(_ console: Console, _ key: Key, _ now: Timestamp) -> [Double] {
        var console = console
        let clock = ContinuousClock()
        let spans = (0..<100).map { _ in
            clock.measure {
                _ = console.handle(.key(key), at: now)
                console.prepare(WindowFarm.size, at: now)
                _ = console.view(WindowFarm.size)
            }
        }.sorted()
        return [spans[50], spans[99]].map { Double($0 / .microseconds(10)) / 100 }
    }

    private static func resident() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw CommandFailure(.refused, "/proc/self/status does not tell how much memory is used")
        }
        return kibibytes >> 10
    }
}

/// A farm of any size that goes on changing.
private struct WindowFarm {
    static let size = Size(width: 200, height: 50)
    private static let cluster = ID<Cluster>("window")
    private static let cloud = ID<Cloud>("cloud")
    var now = Timestamp(milliseconds: 1_767_582_761_000)
    private let names: [UnitName]
    private let machines: [Machine]
    private var vms: [VM]
    private let servers: [Server]
    private var revision: Int64 = 1

    init(machines count: Int, units: Int) {
        servers = (0..<max(1, count / 20)).map {
            Server(id: ID("cloud/server\($0)"), cloud: Self.cloud, name: "server\($0)", vcpus: 64, memoryMiB: 262_144)
        }
        let carriers = servers.count
        vms = (0..<count).map {
            VM(
                id: ID("6d0f42a0-0000-4000-8000-\(100_000_000_000 + $0)"), cloud: Self.cloud, name: "vm-\($0)",
                server: ID("cloud/server\($0 % carriers)"), cluster: Self.cluster, state: .active, flavor: "small",
                addresses: ["10.0.\($0 / 250).\($0 % 250)"])
        }
        machines = vms.enumerated().map { number, vm in
            let digits = String(1_000_000 + number)
            let id = digits + String(repeating: "0", count: 32 - digits.count)
            return Machine(id: ID(id), name: vm.name, vm: vm.id, address: vm.addresses[0])
        }
        names = (0..<units).compactMap { try? UnitName("service-\($0 % 100)@\($0).service") }
    }

    private func machine(of unit: Int) -> ID<Machine> { machines[unit % machines.count].id }

    private func report(_ source: SourceID, _ body: Report.Body) -> Report {
        Report(source: source, revision: source == .cluster(Self.cluster) ? revision : 0, observedAt: now, body: body)
    }

    private var cloudReport: Report {
        let cloud = Cloud(id: Self.cloud, kind: "openstack")
        return report(.cloud(Self.cloud), .cloud(CloudContents(cloud: cloud, servers: servers, vms: vms)))
    }

    var reports: [Report] {
        let file = UnitFile(options: [
            UnitFile.Option(section: "Service", name: "ExecStart", value: "/usr/bin/server --port %i")
        ])
        let units = names.enumerated().map { number, name in
            Unit(
                name: name, file: file, desired: .launched, placement: Placement(machine: machine(of: number)),
                states: [machine(of: number): UnitState(active: .active, sub: "running", since: now)])
        }
        let contents = ClusterContents(
            cluster: Cluster(id: Self.cluster, name: "window", leader: machines[0].id), machines: machines, units: units
        )
        return [cloudReport, report(.cluster(Self.cluster), .cluster(contents))]
    }

    mutating func changes(_ second: Int) -> [Report] {
        revision += 1
        let step = max(1, names.count / 100)
        var reports = (0..<min(step, names.count)).map { offset -> Report in
            let unit = (second * step + offset) % names.count
            let state = UnitState(
                active: second % 2 == 0 ? .active : .activating, sub: second % 2 == 0 ? "running" : "auto-restart",
                since: now, restarts: second, note: second % 2 == 0 ? nil : "exit 1", mainPID: Int32(second))
            return report(
                .cluster(Self.cluster), .changes(Self.cluster, [.state(names[unit], machine(of: unit), state)]))
        }
        if second % 2 == 0 { reports += figures(second) }
        if second % 5 == 0 {
            let vm = second % vms.count
            vms[vm].state = vms[vm].state == .active ? .rebooting : .active
            reports.append(cloudReport)
        }
        return reports
    }

    private func figures(_ second: Int) -> [Report] {
        machines.enumerated().map { number, machine in
            let used = stride(from: number, to: names.count, by: machines.count).map {
                (names[$0], UnitFigures(cpuPercent: Double((second + $0) % 100), memoryBytes: Int64($0 + second) << 16))
            }
            let own = MachineFigures(cpuPercent: Double((second + number) % 100), memoryBytes: Int64(second) << 20)
            let units = Dictionary(used) { first, _ in first }
            return report(.cluster(Self.cluster), .figures(Self.cluster, machine.id, own, units))
        }
    }
}
