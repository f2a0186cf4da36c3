import Model
import Screen

/// An earlier moment that is shown, and what is known now meanwhile.
struct Past: Sendable {
    var at: Timestamp
    /// What is known now; reports go on coming.
    var facts: Facts
    var events: [FarmEvent]
    var changed: Changed
}

extension Console {
    /// Does something with what is known now, whatever moment is shown.
    mutating func nowadays<Result>(_ work: (inout Console) -> Result) -> Result {
        guard var aside = past else { return work(&self) }
        past = nil
        exchange(&aside)
        facts.now = clock
        let result = work(&self)
        exchange(&aside)
        past = aside
        return result
    }

    private mutating func exchange(_ aside: inout Past) {
        swap(&facts, &aside.facts)
        swap(&events, &aside.events)
        swap(&changed, &aside.changed)
    }

    /// Shows a moment so much earlier or later than the one shown.
    mutating func step(by span: Duration) -> [Effect] {
        if setup.replay != nil { return [.replay(.step(span))] }
        guard let start = firstMoment else {
            tell("nothing is known of the past yet")
            return []
        }
        let wanted = (past?.at ?? clock) + span
        if wanted >= clock { return past == nil ? [] : leavePast() }
        go(to: max(wanted, start))
        if wanted < start { tell("what was before \(start.timeOfDay) is not kept", .warning) }
        return []
    }

    /// The first moment worth going to: before it not every source had told what it knows.
    private var firstMoment: Timestamp? {
        history.start.map { max($0, completeAt ?? $0) }
    }

    /// Stops the screen at this moment, or lets it go on.
    mutating func pause() -> [Effect] {
        if setup.replay != nil { return [.replay(.pause)] }
        if past != nil { return leavePast() }
        go(to: clock)
        return []
    }

    /// Shows what was known at a moment.
    private mutating func go(to moment: Timestamp) {
        nowadays { $0.takeFigures(atOnce: true) }
        guard let picture = history.picture(at: moment) else {
            tell("nothing is known of that moment", .warning)
            return
        }
        if past == nil { past = Past(at: moment, facts: facts, events: events, changed: Changed()) }
        past?.at = moment
        facts.inventory = picture.inventory
        facts.samples = picture.samples
        facts.now = moment
        events = past?.events.filter { $0.at <= moment } ?? []
        showAnew()
        log?.show(moment, height: details.height)
    }

    /// Shows what is known now again.
    mutating func leavePast() -> [Effect] {
        if setup.replay != nil { return [.replay(.end)] }
        guard let past else {
            tell("this is now")
            return []
        }
        self.past = nil
        facts = past.facts
        events = past.events
        facts.now = clock
        showAnew()
        log?.follows = true
        return []
    }

    private mutating func showAnew() {
        changed = Changed()
        for at in panes.indices {
            panes[at].isPlaced = true
            // However lately it was made: what it shows is of another moment.
            panes[at].builtAt = nil
        }
        triage.stamp = nil
        triage.madeAt = nil
        details.explainedAt = nil
        details.askedAt = nil
        details.vm = nil
    }

    /// Orders as they stood at the moment shown.
    var shownOrders: [OrderRecord] {
        guard let past else { return orders }
        return orders.filter { $0.askedAt <= past.at }.map { record in
            guard let ended = record.endedAt, ended > past.at else { return record }
            var record = record
            record.outcome = nil
            record.endedAt = nil
            return record
        }
    }

    /// The line that stands over everything while the past is shown.
    var pastLine: Line? {
        if let replay = setup.replay { return line(of: replay) }
        guard let past else { return nil }
        let ago = clock.since(past.at)
        let age = ago < .seconds(1) ? "paused" : "\(ago.long) ago"
        let keys = size.width < 70 ? [] : [Command.earlier, .later, .muchEarlier, .muchLater]
        var line = [Word(" PAST \(past.at.timeOfDay) ", .banner), Word(" \(age)  ", .banner)]
        for command in keys + [Command.now] {
            line.append(
                Word("  \(key(of: command)) \(command.hint ?? command.name)", .banner, press: press(of: command)))
        }
        return line
    }
}

extension Duration {
    /// With seconds below an hour: `4s`, `2m10s`, `1h`.
    var long: String {
        let seconds = max(0, components.seconds)
        return (60..<3_600).contains(seconds) ? "\(seconds / 60)m\(seconds % 60)s" : brief
    }
}

extension Command {
    static let earlier = time("earlier", "[", "what was 10 s before", hint: "10 s back") { $0.step(by: .seconds(-10)) }
    static let later = time("later", "]", "what was 10 s after", hint: "10 s on") { $0.step(by: .seconds(10)) }
    static let muchEarlier = time("much earlier", "{", "what was 5 min before", hint: "5 min back") {
        $0.step(by: .seconds(-300))
    }
    static let muchLater = time("much later", "}", "what was 5 min after", hint: "5 min on") {
        $0.step(by: .seconds(300))
    }
    static let now = time("now", "0", "from the past back to now", hint: "now") { $0.leavePast() }

    static let pause = time("pause", "p", "stop the screen at this moment; again: go on", hint: "pause") { $0.pause() }

    static let times: [Command] = [
        earlier, later, muchEarlier, muchLater, now, pause,
    ]

    private static func time(
        _ name: String, _ key: Character, _ help: String, hint: String,
        _ run: @escaping @Sendable (inout Console) -> [Console.Effect]
    ) -> Command {
        Command(
            name: name, keys: [.character(key)], group: .time, help: help, hint: hint, modes: Mode.places, run: run)
    }
}
