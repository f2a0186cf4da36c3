public import Model

/// Going to any moment of a recording: from the last time that everything was written, with what was told since.
extension Recording {
    /// What was known at a line, to go on from there.
    struct Stop: Sendable {
        /// The next line.
        let line: Int
        let moment: RecordedMoment
        let clouds: [ID<Cloud>: CloudContents]
    }

    /// So much of a recording that does not hold what is remembered is played to know it: as long as one looks back.
    private static let lead = Duration.seconds(1_800)
    /// Stops that are kept, and reports between two of them.
    private static let (stopsMax, stopEvery) = (8, 2_000)

    /// Goes to a moment: returns all that was known then; the reports after it come with ``report(until:)``.
    public mutating func seek(_ moment: Timestamp) -> RecordedMoment {
        let end = lines.count(until: moment)
        let stop = stops.filter { $0.line <= end }.max { $0.line < $1.line }
        clouds = [:]
        var known: RecordedMoment
        let start: Int
        if let key = key(in: (stop?.line ?? 0)..<end, moment) {
            (start, known) = (key.line, key.moment)
        } else {
            (start, known) = (stop?.line ?? 0, stop?.moment ?? RecordedMoment())
            clouds = stop?.clouds ?? [:]
        }
        play(start..<end, into: &known)
        next = end
        return known
    }

    /// What was written down as known, the last time in some lines, and the line after it.
    private mutating func key(in range: Range<Int>, _ moment: Timestamp) -> (line: Int, moment: RecordedMoment)? {
        var rest = lines.all[range]
        while let at = rest.lastIndex(where: { $0.kind == .key }) {
            rest = rest[..<at]
            guard let wire = lines.decoded(KeyWire.self, lines.all[at]) else { continue }
            guard wire.memory != nil || moment.since(lines.all[at].at) >= Self.lead else { continue }
            var known = wire.moment(clouds: &clouds)
            known.events = events(before: at)
            return (at + 1, known)
        }
        return nil
    }

    /// What happened before a line, the last of it.
    private func events(before end: Int) -> [FarmEvent] {
        var parts: [[FarmEvent]] = []
        var count = 0
        var rest = lines.all[..<end]
        while count < RecordedMoment.eventsMax, let at = rest.lastIndex(where: { $0.kind == .happened }) {
            rest = rest[..<at]
            let part = lines.decoded(HappenedWire.self, lines.all[at])?.news.compactMap(\.model) ?? []
            parts.append(part)
            count += part.count
        }
        return parts.reversed().flatMap { $0 }.suffix(RecordedMoment.eventsMax)
    }

    /// Takes in what lines tell. Of a machine's figures only those are read that count: the last, or the last before it
    /// left or told of itself anew.
    private mutating func play(_ range: Range<Int>, into known: inout RecordedMoment) {
        var unread: [ID<Machine>: Int] = [:]
        var played = 0
        for index in range {
            let line = lines.all[index]
            switch line.kind {
            case .key, .happened: continue
            case .figures:
                guard let machine = lines.machine(of: line) else {
                    if let report = report(of: line) { known.apply(report) }
                    continue
                }
                let id = ID<Machine>(machine.safe)
                known.note(lines.cpuPercent(of: line), of: id)
                unread[id] = index
            case .report:
                guard let report = report(of: line) else { continue }
                read(report.touched(of: unread), &unread, into: &known)
                known.apply(report)
                played += 1
                if played.isMultiple(of: Self.stopEvery) {
                    read(Array(unread.keys), &unread, into: &known)
                    stop(at: index + 1, known)
                }
            }
        }
        read(Array(unread.keys), &unread, into: &known)
    }

    private mutating func read(
        _ machines: [ID<Machine>], _ unread: inout [ID<Machine>: Int], into known: inout RecordedMoment
    ) {
        for machine in machines {
            guard let line = unread.removeValue(forKey: machine), let report = report(of: lines.all[line]) else {
                continue
            }
            known.know(report)
        }
    }

    private mutating func stop(at line: Int, _ known: RecordedMoment) {
        guard !stops.contains(where: { $0.line == line }) else { return }
        if stops.count >= Self.stopsMax { stops.removeFirst() }
        stops.append(Stop(line: line, moment: known, clouds: clouds))
    }
}

extension Report {
    /// Of some machines those whose figures count no longer, or may not, after it.
    fileprivate func touched(of machines: [ID<Machine>: Int]) -> [ID<Machine>] {
        switch body {
        case .quiet, .silent, .events, .cloud, .figures: []
        case .cluster: Array(machines.keys)
        case .changes(_, let changes):
            changes.compactMap { change in
                switch change {
                case .machine(let machine): machine.id
                case .machineGone(let machine): machine
                case .state, .draining, .rival, .unit, .unitGone, .placement, .waiting, .move, .roll, .leader, .wanted,
                    .members,
                    .access, .event:
                    nil
                }
            }
        }
    }
}
