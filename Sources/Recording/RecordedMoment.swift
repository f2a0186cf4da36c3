public import Model

/// All that is known at a moment of a recording, as one knows it who saw everything before.
public struct RecordedMoment: Sendable {
    /// What is there, and what is remembered of what was.
    public internal(set) var inventory = Inventory()
    /// What happened, the last of it.
    public internal(set) var events: [FarmEvent] = []
    /// The last figures of each machine's processor, in percent, oldest first.
    public internal(set) var processors: [ID<Machine>: [Double]] = [:]

    /// So many events the dashboard keeps.
    static let eventsMax = 5_000
    /// So many figures its small graphs have room for.
    static let samplesMax = 24

    /// Takes a report in.
    mutating func apply(_ report: Report) {
        if case .figures(_, let machine, let figures, _) = report.body { note(figures.cpuPercent, of: machine) }
        know(report)
    }

    /// Takes a report in, but notes no figures one after another.
    mutating func know(_ report: Report) {
        events += inventory.apply(report)
        if events.count > Self.eventsMax + 500 { events.removeFirst(events.count - Self.eventsMax) }
    }

    /// Notes a figure of a machine's processor.
    mutating func note(_ percent: Double?, of machine: ID<Machine>) {
        guard let percent else { return }
        processors[machine, default: []].append(percent)
        let excess = processors[machine, default: []].count - Self.samplesMax
        if excess > 0 { processors[machine]?.removeFirst(excess) }
    }
}
