import Model

/// A line that holds all that is known.
struct KeyWire: Codable {
    var at: Int64
    var kind: String
    var reports: [ReportWire]
    /// Not in recordings of the first versions.
    var memory: MemoryWire?
    /// Figures of processors in tenths of a percent, by machine.
    var processors: [String: [Int]]?

    init(_ moment: RecordedMoment, at now: Timestamp) {
        at = now.milliseconds
        kind = "key"
        reports = moment.inventory.reports(at: now)
        memory = MemoryWire(moment.inventory.memory)
        let all = moment.processors.map { ($0.key.text, $0.value.map { Int(($0 * 10).rounded()) }) }
        processors = Dictionary(all) { first, _ in first }
    }

    /// What was known then, but for what happened.
    func moment(clouds: inout [ID<Cloud>: CloudContents]) -> RecordedMoment {
        var moment = RecordedMoment()
        for report in reports.compactMap({ $0.report(clouds: &clouds) }) { _ = moment.inventory.apply(report) }
        if let memory { moment.inventory.recall(memory.model) }
        for (machine, tenths) in processors ?? [:] {
            moment.processors[ID(machine.safe)] = tenths.suffix(RecordedMoment.samplesMax).map { Double($0) / 10 }
        }
        return moment
    }
}

/// A line that holds what happened since the last one of its kind: before each line that holds all that is known.
struct HappenedWire: Codable {
    var at: Int64
    var kind: String
    var news: [EventWire]

    init(_ events: [FarmEvent], at now: Timestamp) {
        at = now.milliseconds
        kind = "happened"
        news = events.map { EventWire($0) }
    }
}

/// What an inventory remembers, as a recording has it.
struct MemoryWire: Codable {
    struct Freshness: Codable {
        var answeredAt: Int64?
        var silentSince: Int64?
        var why: String?
        var revision: Int64
    }

    struct Gone: Codable {
        var machine: MachineWire
        var cluster: String
        var at: Int64
        var units: [String]
    }

    var sources: [String: Freshness]
    var left: [String: Int64]
    var gone: [Gone]
    var removed: [String: Int64]

    init(_ memory: InventoryMemory) {
        let fresh = memory.sources.map { source, freshness in
            (
                source.text,
                Freshness(
                    answeredAt: freshness.answeredAt?.milliseconds, silentSince: freshness.silentSince?.milliseconds,
                    why: freshness.why, revision: freshness.revision)
            )
        }
        sources = Dictionary(fresh) { first, _ in first }
        left = Self.moments(memory.leftAt)
        gone = memory.gone.sorted { $0.key < $1.key }.map { _, gone in
            Gone(
                machine: MachineWire(gone.machine), cluster: gone.cluster.text, at: gone.at.milliseconds,
                units: gone.units.map(\.text).sorted())
        }
        removed = Self.moments(memory.removedVMs)
    }

    var model: InventoryMemory {
        let fresh = sources.map { source, freshness in
            let model = Inventory.Freshness(
                answered: freshness.answeredAt.map { Timestamp(milliseconds: $0) },
                silent: freshness.silentSince.map { Timestamp(milliseconds: $0) }, because: freshness.why.safe,
                revision: freshness.revision)
            return (SourceID(source.safe), model)
        }
        let left = gone.map { gone in
            let units = Set(gone.units.compactMap { try? UnitName($0) })
            let model = GoneMachine(
                gone.machine.model, of: ID(gone.cluster.safe), with: units, at: Timestamp(milliseconds: gone.at))
            return (model.machine.id, model)
        }
        return InventoryMemory(
            sources: Dictionary(fresh) { first, _ in first }, leftAt: Self.moments(self.left),
            gone: Dictionary(left) { first, _ in first }, removedVMs: Self.moments(removed))
    }

    private static func moments(_ moments: [ID<VM>: Timestamp]) -> [String: Int64] {
        Dictionary(moments.map { ($0.key.text, $0.value.milliseconds) }) { first, _ in first }
    }

    private static func moments(_ moments: [String: Int64]) -> [ID<VM>: Timestamp] {
        Dictionary(moments.map { (ID($0.key.safe), Timestamp(milliseconds: $0.value)) }) { first, _ in first }
    }
}
