import Model

/// Figures of machines and their units, packed: tenths of a percent and KiB are enough to look back at.
struct FigureLog: Sendable {
    struct Entry {
        let machine: UInt32
        let figures: MachineFigures
        let units: [(unit: UInt32, figures: UnitFigures)]
    }

    private static let unknown = UInt32.max
    private var words: [UInt32] = []
    private var containers = Numbering<Container>()
    private var notedAt: [UInt32: Timestamp] = [:]

    var bytes: Int { words.capacity * 4 + containers.values.count * 400 + notedAt.count * 32 }

    /// Whether the figures of a machine are to be kept once more.
    func isDue(_ machine: UInt32, _ now: Timestamp, _ interval: Duration) -> Bool {
        notedAt[machine].map { now.since($0) >= interval } ?? true
    }

    /// Keeps figures, and says where.
    mutating func note(
        _ machine: UInt32, _ figures: MachineFigures, _ units: [(UInt32, UnitFigures)], at now: Timestamp
    ) -> UInt32 {
        let start = UInt32(words.count)
        notedAt[machine] = now
        words += [machine, Self.tenths(figures.cpuPercent), Self.kibibytes(figures.memoryBytes)]
        words += [figures.uptime.map { UInt32(clamping: $0.milliseconds / 1_000) } ?? Self.unknown]
        words.append(UInt32(units.count))
        for (unit, used) in units {
            let container = used.container.map { containers.number($0) } ?? Self.unknown
            let tasks = used.tasks.map { UInt32(clamping: $0) } ?? Self.unknown
            words += [unit, Self.tenths(used.cpuPercent), Self.kibibytes(used.memoryBytes), tasks, container]
        }
        return start
    }

    /// Whose figures are kept at a place.
    func machine(at start: UInt32) -> UInt32 { words[Int(start)] }

    /// The machine's processor of the figures kept at a place.
    func cpuPercent(at start: UInt32) -> Double? { percent(words[Int(start) + 1]) }

    subscript(start: UInt32) -> Entry {
        let at = Int(start)
        let uptime = words[at + 3] == Self.unknown ? nil : Duration.seconds(Int64(words[at + 3]))
        let figures = MachineFigures(
            cpuPercent: percent(words[at + 1]), memoryBytes: memory(words[at + 2]), uptime: uptime)
        let units = (0..<Int(words[at + 4])).map { index -> (unit: UInt32, figures: UnitFigures) in
            let at = at + 5 + 5 * index
            let tasks = words[at + 3] == Self.unknown ? nil : Int(words[at + 3])
            let container = words[at + 4] == Self.unknown ? nil : containers[words[at + 4]]
            let used = UnitFigures(
                cpuPercent: percent(words[at + 1]), memoryBytes: memory(words[at + 2]), tasks: tasks,
                container: container)
            return (words[at], used)
        }
        return Entry(machine: words[at], figures: figures, units: units)
    }

    private static func tenths(_ percent: Double?) -> UInt32 {
        guard let percent, percent.isFinite, percent >= 0 else { return unknown }
        return UInt32(min(percent * 10, 1e9).rounded())
    }

    private static func kibibytes(_ bytes: Int64?) -> UInt32 {
        bytes.map { UInt32(clamping: min($0 / 1_024, Int64(unknown) - 1)) } ?? unknown
    }

    private func percent(_ word: UInt32) -> Double? { word == Self.unknown ? nil : Double(word) / 10 }

    private func memory(_ word: UInt32) -> Int64? { word == Self.unknown ? nil : Int64(word) * 1_024 }
}
