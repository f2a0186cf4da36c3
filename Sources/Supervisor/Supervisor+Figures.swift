import Glibc
public import Model

extension Supervisor {
    /// What the machine and its units use, measured from their processes since the last call a second or more ago.
    public func figures() -> (MachineFigures, [UnitName: UnitFigures]) {
        let moment = now()
        if let figuresAt, moment.since(figuresAt) < .milliseconds(900) { return lastFigures }
        let table = ProcessTable()
        let elapsed = figuresAt.map { Double(moment.since($0).milliseconds) / 1_000 }
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))
        var units: [UnitName: UnitFigures] = [:]
        var total = used(by: [getpid()], table, elapsed, ticksPerSecond, pageSize)
        for service in services.values where !service.groups.isEmpty {
            let members = table.processes.filter { service.groups.contains($0.value.session) }.map(\.key)
            guard !members.isEmpty else { continue }
            let one = used(by: members, table, elapsed, ticksPerSecond, pageSize)
            units[service.name] = one
            total.cpuPercent = (total.cpuPercent ?? 0) + (one.cpuPercent ?? 0)
            total.memoryBytes = (total.memoryBytes ?? 0) + (one.memoryBytes ?? 0)
        }
        lastSample = table
        figuresAt = moment
        lastFigures = (
            MachineFigures(cpuPercent: elapsed == nil ? nil : total.cpuPercent, memoryBytes: total.memoryBytes), units
        )
        return lastFigures
    }

    private func used(
        by members: [pid_t], _ table: ProcessTable, _ elapsed: Double?, _ ticksPerSecond: Double, _ pageSize: Int64
    ) -> UnitFigures {
        var ticks: UInt64 = 0
        var pages: UInt64 = 0
        for pid in members {
            guard let entry = table.processes[pid] else { continue }
            pages += entry.pages
            let before = lastSample?.processes[pid]?.ticks ?? 0
            ticks += entry.ticks >= before ? entry.ticks - before : 0
        }
        let percent = elapsed.map { $0 > 0 ? Double(ticks) / ticksPerSecond / $0 * 100 : 0 }
        return UnitFigures(cpuPercent: percent, memoryBytes: Int64(pages) * pageSize)
    }
}
