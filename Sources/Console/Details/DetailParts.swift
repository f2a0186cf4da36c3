import Model
import Screen

extension Console {
    /// The lines of one part of an object's details.
    func lines(of tab: DetailsState.Tab, _ subject: Subject) -> [Line] {
        switch tab {
        case .log: return []
        case .file: return fileLines(subject)
        case .placement: return details.explanation
        case .history: return historyLines(subject)
        case .console: return consoleLines()
        case .actions: return actionLines()
        case .networks: return networkLines(subject)
        case .machines: return table(.vms, members(subject), [0, 1, 2, 6, 4])
        case .vms: return table(.vms, members(subject), [0, 1, 3, 6, 4])
        case .members: return memberLines(subject)
        case .units: return table(.units, units(of: subject), [0, 2, 3, 4, 6, 8, 12])
        }
    }

    /// The first so many are enough for a part of the details.
    private static let rowsMax = 2_000

    private func table(_ pane: Pane, _ subjects: [Subject], _ columns: [Int]) -> [Line] {
        if subjects.isEmpty { return [[Word("none", .dim)]] }
        let head = columns.map { Word(padded(pane.columns[$0].title, pane.columns[$0].width) + "  ", .header) }
        return [head]
            + subjects.prefix(Self.rowsMax).map { subject in
                columns.map { index in
                    let word = pane.word(subject, index, facts)
                    return Word(padded(word.text, pane.columns[index].width) + "  ", word.face)
                }
            }
    }

    private func members(_ subject: Subject) -> [Subject] {
        switch subject {
        case .server(let id): return facts.inventory.vms(on: id).map { .vm($0.id) }
        case .cluster(let id):
            let vms: [Subject] = (facts.vmsOf[id] ?? []).map { .vm($0) }
            let machines = facts.inventory.clusters[id]?.machines.values.sorted { $0.id < $1.id } ?? []
            let bare: [Subject] = machines.filter { machine in machine.vm.flatMap { facts.inventory.vm($0) } == nil }
                .map { .machine(id, $0.id) }
            return vms + bare
        case .vm, .machine, .unit, .cloud, .source: return []
        }
    }

    /// The units of a server, VM, machine or cluster, worst first.
    private func units(of subject: Subject) -> [Subject] {
        let index = indexes[PaneID.units.rawValue]
        if case .cluster(let cluster) = subject {
            return index.rows(among: nil).lazy.map { index.subjects[Int($0)] }
                .filter { if case .unit(let key) = $0 { key.cluster == cluster } else { false } }
                .prefix(Self.rowsMax).map { $0 }
        }
        let links = facts.links(of: subject)
        var keys: [UnitKey] = []
        for cluster in facts.inventory.clusters.keys.sorted() {
            for machine in links.machines.sorted() {
                keys += facts.inventory.units(on: machine, in: cluster).map { UnitKey(cluster, $0.name) }
            }
        }
        let places = keys.compactMap { key in
            let (place, isThere) = index.place(of: key)
            return isThere ? (index.conditions[place], key) : nil
        }
        return places.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { .unit($0.1) }
    }

    private func fileLines(_ subject: Subject) -> [Line] {
        guard case .unit(let key) = subject, let unit = facts.inventory.unit(key) else { return [] }
        return unit.file.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("[") { return [Word(String(line), .title)] }
            guard let equals = line.firstIndex(of: "=") else { return [Word(String(line))] }
            return [Word(String(line[...equals]), .header), Word(String(line[line.index(after: equals)...]))]
        }
    }

    private func memberLines(_ subject: Subject) -> [Line] {
        guard case .cluster(let id) = subject, let cluster = facts.inventory.clusters[id]?.cluster else { return [] }
        if cluster.members.isEmpty { return [[Word("the store's members are not known", .dim)]] }
        let widest = { (text: (Member) -> String, most: Int) in
            min(cluster.members.reduce(0) { max($0, Screen.columns(of: text($1))) }, most)
        }
        let (names, endpoints) = (widest(\.name, 16), widest(\.endpoint, 30))
        return cluster.members.map { member in
            [
                Word(padded(member.name, names) + " "), Word(padded(member.endpoint, endpoints) + " ", .dim),
                answer(of: member), part(of: member), Word(padded(Figure.bytes(member.databaseBytes).text, 6)),
                Word(member.alarms.isEmpty ? "" : member.alarms.joined(separator: ", ") + "  ", .critical),
                Word(member.version ?? "", .dim),
            ]
        }
    }

    private func answer(of member: Member) -> Word {
        if !member.isAsked { return Word("not asked  ", .dim) }
        return member.isAnswering ? Word("answers    ", .good) : Word("silent     ", .critical)
    }

    /// What a member is to the others.
    private func part(of member: Member) -> Word {
        if member.isLearner { return Word("learner    ", .changing) }
        if member.isLeader { return Word("leader     ", .accent) }
        if member.isAnswering, !member.hasLeader { return Word("no leader  ", .critical) }
        return Word("           ")
    }

    /// What happened to an object and to what carries it, newest first.
    private func historyLines(_ subject: Subject) -> [Line] {
        var about: Set<Subject> = [subject]
        if let (cluster, machine) = facts.machine(of: subject) { about.insert(.machine(cluster, machine.id)) }
        if case .cluster(let id) = subject {
            for machine in facts.inventory.clusters[id]?.machines.keys.sorted() ?? [] {
                about.insert(.machine(id, machine))
            }
        }
        let found = events.reversed().filter { about.contains($0.subject) }.map { eventLine($0) }
        return found.isEmpty ? [[Word("nothing happened since this console was started", .dim)]] : found
    }

    /// An event as one line: when, what, and what happened.
    func eventLine(_ event: FarmEvent) -> Line {
        let face: Face =
            switch event.weight {
            case .good: .good
            case .note: .text
            case .warning: .warning
            case .critical: .critical
            }
        let mark = event.weight == .critical ? "✖" : event.weight == .warning ? "!" : " "
        var line = [
            Word(event.at.timeOfDay, .dim), Word(" \(mark) ", face),
            Word(padded(Facts.kind(of: event.subject), 8), .dim),
        ]
        let name = facts.name(of: event.subject)
        let isNamed = event.text.hasPrefix(name)
        if !isNamed { line.append(Word(name + " ", .accent)) }
        if case .unit(let key) = event.subject {
            line.append(Word("\(facts.name(of: .cluster(key.cluster))) ", facts.face(of: key.cluster)))
        }
        return line + [Word(event.text, face)]
    }

    /// Events of the scope and the filter, newest first.
    var shownEvents: [FarmEvent] { recentEvents(.max) }

    /// The newest events of the scope and the filter.
    func recentEvents(_ limit: Int) -> [FarmEvent] {
        let links = scopes.map { facts.links(of: $0) }
        var found: [FarmEvent] = []
        for event in events.reversed() {
            if found.count >= limit { break }
            guard links.allSatisfy({ $0.contains(event.subject, facts) }) else { continue }
            if !lists.eventFilter.isEmpty {
                let line = eventLine(event)
                guard lists.eventFilter.matches(["event"], { _ in line.map(\.text).joined() }) else { continue }
            }
            found.append(event)
        }
        return found
    }

    /// The event under the cursor.
    var shownEvent: FarmEvent? {
        let shown = shownEvents
        return shown.isEmpty ? nil : shown[lists.place(in: shown)]
    }

    /// The order under the cursor.
    var shownOrder: OrderRecord? {
        let shown = shownOrders
        return shown.isEmpty ? nil : shown[shown.count - 1 - lists.place(in: shown)]
    }
}

// What is new comes on top: a cursor that was moved stays with its event or order, one that was not with the newest.
extension ListStates {
    /// The row of the event under the cursor, of those shown, newest first.
    func place(in events: [FarmEvent]) -> Int { event.flatMap { events.firstIndex(of: $0) } ?? 0 }

    /// The row of the order under the cursor, the newest being the first, of those shown, which stand oldest first.
    func place(in orders: [OrderRecord]) -> Int {
        let index = order.flatMap { number in orders.lastIndex { $0.number == number } }
        return index.map { orders.count - 1 - $0 } ?? 0
    }

    /// Puts the cursor on a row of the events shown.
    mutating func choose(_ row: Int, of events: [FarmEvent]) {
        let row = min(max(0, row), events.count - 1)
        event = row <= 0 ? nil : events[row]
    }

    /// Puts the cursor on a row of the orders shown.
    mutating func choose(_ row: Int, of orders: [OrderRecord]) {
        let row = min(max(0, row), orders.count - 1)
        order = row <= 0 ? nil : orders[orders.count - 1 - row].number
    }
}
