import Model

/// A stretch of time: what was known at its start, and what changed until its end.
///
/// What comes often, states of units and figures, is kept as numbers; what is rare as it was told.
struct Chapter: Sendable {
    let start: Timestamp
    private let picture: History.Picture
    /// Bytes that it began with.
    private let base: Int
    private var moments: [Moment] = []
    private var reports: [Report] = []
    private var reportBytes = 0
    private var clouds: [CloudChange] = []
    private var states: [State] = []
    private var figures = FigureLog()
    private var sources = Numbering<SourceID>()
    private var units = Numbering<UnitKey>()
    private var machines = Numbering<MachineKey>()
    private var shapes = Numbering<Shape>()

    private struct Moment: Sendable {
        let at: Timestamp
        let what: What
    }

    /// What happened, as the place where it is kept.
    private enum What: Sendable {
        case answered(UInt32)
        case report(UInt32)
        case cloud(UInt32)
        case state(UInt32)
        case figures(UInt32)
    }

    private struct MachineKey: Hashable, Sendable {
        let cluster: ID<Cluster>
        let machine: ID<Machine>
    }

    /// What many states of units have in common.
    private struct Shape: Hashable, Sendable {
        let load: String
        let active: UnitState.Active
        let sub: String
        let note: String?
        let hash: UnitHash?
        let isLaunched: Bool
        let hasJob: Bool
    }

    /// What a machine said of a unit.
    private struct State: Sendable {
        let unit: UInt32
        let machine: UInt32
        let shape: UInt32
        let restarts: Int32
        let pid: Int32
        let revision: Int64
        let since: Timestamp?

        /// The unit on its machine.
        var place: UInt64 { UInt64(unit) << 32 | UInt64(machine) }
    }

    init(_ picture: History.Picture, at start: Timestamp) {
        self.picture = picture
        base = Self.bytes(picture)
        self.start = start
    }

    /// Whether the next report begins another one: going to its end would take long. Of a large farm it goes on longer:
    /// each beginning takes so much that few of them can be kept.
    func isFull(at now: Timestamp, _ limit: Int) -> Bool {
        now.since(start) >= (base * 4 > limit ? Limits.history : Limits.historyChapter) || bytes - base > limit / 4
    }

    mutating func note(_ report: Report, before: Inventory, at now: Timestamp) {
        switch report.body {
        case .quiet, .events: keep(.answered(sources.number(report.source)), now)
        case .silent, .cluster: keep(report, now)
        case .cloud(let contents):
            guard let part = before.clouds[contents.cloud.id] else { return keep(report, now) }
            clouds.append(CloudChange(from: part, to: contents, source: report.source))
            reportBytes += clouds.last?.bytes ?? 0
            keep(.cloud(UInt32(clouds.count - 1)), now)
        case .changes(let cluster, let changes):
            for change in changes { note(change, of: cluster, report, now) }
        case .figures(let cluster, let machine, let used, let unitsUsed):
            let number = machines.number(MachineKey(cluster: cluster, machine: machine))
            let interval = max(15, (before.clusters[cluster]?.units.count ?? 0) / 2_000)
            guard figures.isDue(number, now, .seconds(interval)) else { return }
            let units = unitsUsed.map { (self.units.number(UnitKey(cluster, $0.key)), $0.value) }
            keep(.figures(figures.note(number, used, units, at: now)), now)
        }
    }

    private mutating func note(_ change: ClusterChange, of cluster: ID<Cluster>, _ report: Report, _ now: Timestamp) {
        guard case .state(let name, let machine, let state?) = change, state.container == nil else {
            let one = Report(
                source: report.source, revision: report.revision, observedAt: report.observedAt,
                body: .changes(cluster, [change]))
            return keep(one, now)
        }
        let shape = Shape(
            load: state.load, active: state.active, sub: state.sub, note: state.note, hash: state.hash,
            isLaunched: state.isLaunched, hasJob: state.hasJob)
        states.append(
            State(
                unit: units.number(UnitKey(cluster, name)),
                machine: machines.number(MachineKey(cluster: cluster, machine: machine)),
                shape: shapes.number(shape), restarts: Int32(clamping: state.restarts), pid: state.mainPID ?? 0,
                revision: report.revision, since: state.since))
        keep(.state(UInt32(states.count - 1)), now)
    }

    private mutating func keep(_ report: Report, _ now: Timestamp) {
        reports.append(report)
        reportBytes += Self.bytes(report)
        keep(.report(UInt32(reports.count - 1)), now)
    }

    private mutating func keep(_ what: What, _ now: Timestamp) {
        moments.append(Moment(at: now, what: what))
    }

    private static func bytes(_ report: Report) -> Int {
        switch report.body {
        case .cluster(let contents): 1_000 * (1 + contents.machines.count + 2 * contents.units.count)
        case .cloud(let contents): 1_000 * (1 + contents.servers.count + contents.vms.count)
        case .quiet, .silent, .events, .changes, .figures: 1_000
        }
    }

    /// Bytes that a picture takes: measured on farms of 1,000 and 10,000 machines.
    private static func bytes(_ picture: History.Picture) -> Int {
        let clouds = picture.inventory.clouds.values.reduce(0) { $0 + $1.vms.count + $1.servers.count }
        let clusters = picture.inventory.clusters.values.reduce(0) { $0 + $1.machines.count + 2 * $1.units.count }
        return 900 * (clouds + clusters)
    }

    /// Bytes it takes, with what arrays keep in reserve.
    var bytes: Int {
        let kept =
            moments.capacity * MemoryLayout<Moment>.stride + states.capacity * MemoryLayout<State>.stride
            + reportBytes + figures.bytes
        return base + kept + 150 * (units.values.count + machines.values.count) + 300 * shapes.values.count
    }
}

extension Chapter {
    /// What was known at a moment of it.
    func picture(at moment: Timestamp) -> History.Picture {
        var picture = picture
        var merged: [ID<Cloud>: CloudContents] = [:]
        // Of a machine's figures the last ones count; of those before only what the small graphs show.
        var used: [UInt32: (start: UInt32, at: Timestamp)] = [:]
        let past = moments.prefix { $0.at <= moment }
        let lastStates = lastStates(of: past)
        for one in past {
            switch one.what {
            case .answered(let source):
                apply(Report(source: sources[source], observedAt: one.at, body: .quiet), to: &picture)
            case .report(let index): apply(reports[Int(index)], to: &picture)
            case .state(let index):
                let state = states[Int(index)]
                if lastStates[state.place] == index { apply(state, at: one.at, to: &picture) }
            case .cloud(let index):
                let change = clouds[Int(index)]
                apply(Report(source: change.source, observedAt: one.at, body: .quiet), to: &picture)
                let known = merged[change.cloud] ?? picture.inventory.clouds[change.cloud]?.contents
                merged[change.cloud] = known.map { change.applied(to: $0) }
            case .figures(let start):
                let machine = figures.machine(at: start)
                used[machine] = (start, one.at)
                picture.samples.add(figures.cpuPercent(at: start), of: machines[machine].machine)
            }
        }
        for (_, last) in used.sorted(by: { $0.key < $1.key }) {
            apply(figures[last.start], at: last.at, to: &picture)
        }
        for (cloud, contents) in merged.sorted(by: { $0.key < $1.key }) {
            let last = picture.inventory.sources[.cloud(cloud)]?.answeredAt ?? moment
            apply(Report(source: .cloud(cloud), observedAt: last, body: .cloud(contents)), to: &picture)
        }
        return picture
    }

    /// Of what a machine said of a unit only the last counts.
    private func lastStates(of past: ArraySlice<Moment>) -> [UInt64: UInt32] {
        var last: [UInt64: UInt32] = [:]
        for one in past {
            if case .state(let index) = one.what { last[states[Int(index)].place] = index }
        }
        return last
    }

    private func apply(_ report: Report, to picture: inout History.Picture) {
        _ = picture.inventory.apply(report)
    }

    private func apply(_ state: State, at: Timestamp, to picture: inout History.Picture) {
        let key = units[state.unit]
        let shape = shapes[state.shape]
        var told = UnitState(
            load: shape.load, active: shape.active, sub: shape.sub, hash: shape.hash, isLaunched: shape.isLaunched,
            since: state.since, restarts: Int(state.restarts), note: shape.note,
            mainPID: state.pid == 0 ? nil : state.pid)
        told.hasJob = shape.hasJob
        let change = ClusterChange.state(key.name, machines[state.machine].machine, told)
        apply(
            Report(
                source: .cluster(key.cluster), revision: state.revision, observedAt: at,
                body: .changes(key.cluster, [change])), to: &picture)
    }

    private func apply(_ entry: FigureLog.Entry, at: Timestamp, to picture: inout History.Picture) {
        let (cluster, machine) = (machines[entry.machine].cluster, machines[entry.machine].machine)
        let used = Dictionary(entry.units.map { (units[$0.unit].name, $0.figures) }) { first, _ in first }
        let body = Report.Body.figures(cluster, machine, entry.figures, used)
        apply(Report(source: .cluster(cluster), observedAt: at, body: body), to: &picture)
    }
}
