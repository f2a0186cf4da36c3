public import Model

extension Triage {
    /// Changes so long before a problem are told with it.
    private static let window: Duration = .seconds(300)

    /// What changed in the minutes before a problem began and may have to do with it, newest first; and what was asked
    /// since.
    public func before(_ problem: Problem, in inventory: Inventory, limit: Int = 6) -> [Problem.Evidence] {
        let end = problem.since ?? now
        let start = end - Self.window
        let first = log.all.partitioningIndex { $0.at >= start }
        var found: [Problem.Evidence] = []
        for event in log.all[first...] {
            if event.at > end { break }
            guard Self.isChange(event), isRelated(event.subject, problem, inventory) else { continue }
            if event.at == end, !Self.isDeed(event) { continue }
            let name = inventory.name(of: event.subject)
            let isNamed = event.text.hasPrefix(name + " ")
            let text = isNamed ? String(event.text.dropFirst(name.count + 1)) : event.text
            found.append(Problem.Evidence(at: event.at, from: name, text: text))
        }
        for one in asked where one.at >= start {
            let became = one.outcome.map { ": \($0)" } ?? ""
            found.append(Problem.Evidence(at: one.at, from: "you", text: "asked: \(one.phrase)\(became)"))
        }
        let sorted = found.enumerated().sorted {
            ($1.element.at ?? .zero, $1.offset) < ($0.element.at ?? .zero, $0.offset)
        }
        return Self.gathered(sorted.map(\.element), limit)
    }

    /// The same said of several at about the same time is one line.
    private static func gathered(_ all: [Problem.Evidence], _ limit: Int) -> [Problem.Evidence] {
        var lines: [(first: Problem.Evidence, names: [String])] = []
        for one in all {
            let index = lines.firstIndex { line in
                guard line.first.text == one.text, one.from != "you", let a = line.first.at, let b = one.at else {
                    return false
                }
                return a.since(b) <= .seconds(10)
            }
            if let index {
                if !lines[index].names.contains(one.from) { lines[index].names.append(one.from) }
            } else if lines.count < limit {
                lines.append((one, [one.from]))
            }
        }
        return lines.map { line in
            let more = line.names.count > 3 ? " +\(line.names.count - 3)" : ""
            let names = line.names.sorted().prefix(3).joined(separator: " ")
            return Problem.Evidence(at: line.first.at, from: names + more, text: line.first.text)
        }
    }

    /// What somebody did, rather than what came of it: only that can be behind what began at the same moment.
    private static func isDeed(_ event: FarmEvent) -> Bool {
        switch event.kind {
        case .stored, .newFile, .wanted, .scale: true
        case .told, .joined, .left, .placed, .withdrawn, .drain, .failed, .restarted, .server, .vm, .leader, .restored,
            .source, .member:
            false
        }
    }

    /// What somebody or something did, not what came of it.
    private static func isChange(_ event: FarmEvent) -> Bool {
        switch event.kind {
        case .joined, .left, .stored, .newFile, .wanted, .placed, .withdrawn, .drain, .server, .leader, .scale,
            .restored, .source, .member:
            true
        case .vm, .told: event.weight != .good
        case .failed, .restarted: false
        }
    }

    private func isRelated(_ subject: Subject, _ problem: Problem, _ inventory: Inventory) -> Bool {
        let related = problem.related
        if problem.subjects.contains(subject) { return true }
        switch subject {
        case .cloud(let id): return related.sources.contains(.cloud(id))
        case .source(let id): return related.sources.contains(id) || related.clusters.contains(ID(id.text))
        case .server(let id): return related.servers.contains(id) || problem.key.kind == .siteDown
        case .vm(let id):
            if related.vms.contains(id) { return true }
            return inventory.vm(id)?.server.map { related.servers.contains($0) } ?? false
        case .cluster(let id): return related.clusters.contains(id)
        case .machine(let cluster, let id): return related.machines.contains(id) || related.clusters.contains(cluster)
        case .unit(let key):
            let family = key.name.template?.text ?? key.name.text
            return related.families.contains(family) && related.clusters.contains(key.cluster)
        }
    }
}

extension Array {
    /// Where the elements begin that fit, of a list whose unfitting ones come first.
    func partitioningIndex(_ fits: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if fits(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The last minutes in columns: how much happened in each, and how bad it was.
public struct Timeline: Hashable, Sendable {
    /// One line of it.
    public struct Row: Hashable, Sendable {
        /// What it counts: `critical`, a name.
        public let name: String
        /// How often in each column, oldest first.
        public let counts: [Int]
    }

    /// How long a column is.
    public let step: Duration
    /// Its lines.
    public let rows: [Row]
}

extension Triage {
    /// The last fifteen minutes: critical events, warnings, orders, and what happened to a problem's objects.
    public func timeline(of problem: Problem?, in inventory: Inventory) -> Timeline {
        let columns = 30
        let step: Duration = .seconds(30)
        let start = now - .seconds(30 * columns)
        let recent = log.all[log.all.partitioningIndex { $0.at > start }...]
        func row(_ name: String, _ moments: [Timestamp]) -> Timeline.Row {
            var counts = Array(repeating: 0, count: columns)
            for moment in moments where moment > start && moment <= now {
                counts[min(columns - 1, Int((moment.since(start).milliseconds - 1) / 30_000))] += 1
            }
            return Timeline.Row(name: name, counts: counts)
        }
        var rows = [
            row("critical", recent.filter { $0.weight == .critical }.map(\.at)),
            row("warning", recent.filter { $0.weight == .warning }.map(\.at)), row("orders", asked.map(\.at)),
        ]
        if let problem {
            let own = recent.filter { problem.subjects.contains($0.subject) || isMember($0.subject, problem) }
            rows.append(row(problem.name, own.map(\.at)))
        }
        return Timeline(step: step, rows: rows)
    }

    private func isMember(_ subject: Subject, _ problem: Problem) -> Bool {
        switch subject {
        case .machine(_, let id): problem.related.machines.contains(id)
        case .vm(let id): problem.related.vms.contains(id)
        case .server(let id): problem.related.servers.contains(id)
        case .cluster, .unit, .cloud, .source: false
        }
    }
}
