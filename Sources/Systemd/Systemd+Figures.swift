import Glibc
public import Model

/// What was measured last, and when.
struct FiguresMeter: Sendable {
    var at: Timestamp?
    var machineTicks: UInt64 = 0
    var units: [UnitName: UInt64] = [:]
    var containers: [String: UInt64] = [:]
    var files: ContainerFiles?
    var last: (MachineFigures, [UnitName: UnitFigures]) = (MachineFigures(), [:])
}

extension Systemd {
    /// Shorter than this nothing is measured anew.
    private static let spanMin = Duration.milliseconds(900)

    /// What is to be measured of one unit.
    private struct Subject: Sendable {
        let name: UnitName
        let group: String
        let container: ContainerCommand?
    }

    /// What the machine and our units use, measured since the last call a second or more ago.
    ///
    /// Read from the cgroups' files; systemd is asked only where a new unit's cgroup is.
    public func figures() async -> (MachineFigures, [UnitName: UnitFigures]) {
        if let at = meter.at, now().since(at) < Self.spanMin { return meter.last }
        await findGroups()
        let subjects = loaded.values.filter { !$0.facts.controlGroup.isEmpty && $0.facts.isUp }
            .map { Subject(name: $0.name, group: $0.facts.controlGroup, container: $0.container) }
        let before = meter
        // Two callers may get here at once: the one who comes first measures.
        meter.at = now()
        meter = await Self.measure(subjects, places.root, before, at: now())
        return meter.last
    }

    /// Asks for the cgroups that are not known, all at once.
    private func findGroups() async {
        let unknown = loaded.values.filter { $0.facts.isUp && $0.facts.controlGroup.isEmpty }.map(\.name)
        await withDiscardingTaskGroup { group in
            for name in unknown {
                guard let interface = UnitFacts.interface(of: name),
                    ["service", "socket", "mount", "swap"].contains(name.type)
                else { continue }
                // What cannot be told now is asked for at the next measurement.
                group.addTask { try? await self.findGroup(name, interface) }
            }
        }
    }

    private func findGroup(_ name: UnitName, _ interface: String) async throws {
        guard let path = loaded[name]?.path else { return }
        let value = try await openBus().call(.property(path, interface, "ControlGroup")) { try $0.variant() }
        if let value { loaded[name]?.facts.take(["ControlGroup": value]) }
    }

    @concurrent
    private static func measure(
        _ subjects: [Subject], _ root: String, _ before: FiguresMeter, at moment: Timestamp
    ) async -> FiguresMeter {
        var meter = before
        meter.at = moment
        meter.units = [:]
        meter.containers = [:]
        var files = before.files ?? ContainerFiles(root: root)
        files.begin()
        let elapsed = before.at.map { Double(moment.since($0).milliseconds) / 1_000 }
        let groups = CgroupFiles(root: root)
        let rate = { (now: UInt64?, then: UInt64?) -> Double? in
            guard let now, let then, let elapsed, elapsed > 0, now >= then else { return nil }
            return Double(now - then) / 1e9 / elapsed * 100
        }
        var units: [UnitName: UnitFigures] = [:]
        for subject in subjects {
            let usage = groups.usage(subject.group)
            meter.units[subject.name] = usage.cpuNanoseconds
            var figures = UnitFigures(
                cpuPercent: rate(usage.cpuNanoseconds, before.units[subject.name]), memoryBytes: usage.memoryBytes,
                tasks: usage.tasks)
            if let command = subject.container, let container = files.container(command) {
                figures.container = container
                if let group = groups.group(engine: container.engine, id: container.id) {
                    let own = groups.usage(group)
                    meter.containers[container.id] = own.cpuNanoseconds
                    figures.add(own, cpuPercent: rate(own.cpuNanoseconds, before.containers[container.id]))
                }
            }
            units[subject.name] = figures
        }
        meter.files = files
        let machine = MachineReading(root: root)
        meter.machineTicks = machine.busyTicks
        meter.last = (machine.figures(since: before.at == nil ? nil : before.machineTicks, elapsed), units)
        return meter
    }
}

extension UnitFacts {
    /// Has processes, or may have.
    fileprivate var isUp: Bool { active != "inactive" && active != "failed" }
}

extension UnitFigures {
    /// Adds what its container uses in a cgroup of its own.
    fileprivate mutating func add(_ usage: CgroupFiles.Usage, cpuPercent percent: Double?) {
        if let percent { cpuPercent = (cpuPercent ?? 0) + percent }
        if let more = usage.memoryBytes { memoryBytes = (memoryBytes ?? 0) + more }
        if let more = usage.tasks { tasks = (tasks ?? 0) + more }
    }
}

/// What the kernel says of the whole machine.
///
/// - Source: proc(5), /proc/stat and /proc/meminfo: idle and iowait are the fourth and fifth number.
private struct MachineReading {
    var busyTicks: UInt64 = 0
    var memoryBytes: Int64?

    init(root: String) {
        let stat = String(decoding: CgroupFiles.contents(root + "/proc/stat") ?? [], as: UTF8.self)
        if let line = stat.split(separator: "\n").first {
            let numbers = line.split(separator: " ").dropFirst().prefix(8).map { UInt64($0) ?? 0 }
            busyTicks = numbers.enumerated().reduce(0) { $1.offset == 3 || $1.offset == 4 ? $0 : $0 + $1.element }
        }
        let meminfo = String(decoding: CgroupFiles.contents(root + "/proc/meminfo") ?? [], as: UTF8.self)
        let kibibytes = { (key: String) -> Int64? in
            meminfo.split(separator: "\n").first { $0.hasPrefix(key + ":") }
                .flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int64($0) }
        }
        if let total = kibibytes("MemTotal"), let free = kibibytes("MemAvailable") {
            memoryBytes = (total - free) * 1_024
        }
    }

    func figures(since ticks: UInt64?, _ elapsed: Double?) -> MachineFigures {
        guard let ticks, let elapsed, elapsed > 0, busyTicks >= ticks else {
            return MachineFigures(memoryBytes: memoryBytes)
        }
        let seconds = Double(busyTicks - ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return MachineFigures(cpuPercent: seconds / elapsed * 100, memoryBytes: memoryBytes)
    }
}
