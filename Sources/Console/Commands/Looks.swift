import Model
import Screen
import Triage

extension Command {
    static let looks: [Command] = [
        Command(
            name: "open", keys: [.enter], group: .look,
            help: "a unit's details; narrow everything to a server, VM or cluster",
            hint: "open", modes: [.deck, .events, .orders, .triage, .map]
        ) { $0.open() },
        Command(
            name: "info", keys: [.character("i")], group: .look, help: "details of the object at hand", hint: "info",
            modes: [.deck, .events, .triage, .map], availability: { $0.hasObject }
        ) { $0.showDetails() },
        Command(
            name: "logs", keys: [.character("l")], group: .look, help: "the unit's log, live", hint: "logs",
            modes: [.deck, .details, .events, .triage], availability: { $0.canFollowLog }
        ) { $0.showLog() },
        Command(
            name: "zoom", keys: [.character("z")], group: .look, help: "the pane over the whole screen, and back",
            hint: "zoom", modes: [.deck, .details, .log, .map]
        ) { $0.zoom() },
        Command(
            name: "go to VM", keys: [.character("v")], group: .look,
            help: "from a unit to its VM; from a VM to its server",
            modes: Mode.objects, availability: { $0.upward == nil ? .no("nothing is known below it") : .yes }
        ) { $0.goUp() },
        Command(
            name: "events", keys: [.character("e")], group: .look, help: "everything that changed, newest first",
            hint: "events", modes: Mode.places
        ) { $0.enter(.events) },
        Command(
            name: "orders", keys: [.character("o")], group: .look, help: "what you asked, and what became of it",
            modes: Mode.places
        ) { $0.enter(.orders) },
        Command(
            name: "sort by next column", keys: [.character(">")], group: .look, help: "sort by the next column",
            modes: [.deck]
        ) { $0.sort(by: 1) },
        Command(
            name: "sort by previous column", keys: [.character("<")], group: .look,
            help: "sort by the previous column; before the first: worst first", modes: [.deck]
        ) { $0.sort(by: -1) },
        Command(
            name: "invert sorting", keys: [.character("I")], group: .look, help: "sort the other way round",
            modes: [.deck]
        ) {
            $0.panes[$0.focus.rawValue].isDescending.toggle()
            $0.panes[$0.focus.rawValue].isDirty = true
            return []
        },
        Command(
            name: "mark", keys: [.character(" ")], group: .look, help: "mark the row; commands act on all marked rows",
            modes: [.deck]
        ) { $0.mark() },
        Command(
            name: "mark all bad", keys: [.character("*")], group: .look, help: "mark every row that needs attention",
            modes: [.deck]
        ) { $0.markBad() },
        Command(
            name: "only bad", keys: [.character("!")], group: .look, help: "only rows that need attention",
            modes: [.deck]
        ) {
            $0.panes[$0.focus.rawValue].isOnlyBad.toggle()
            $0.panes[$0.focus.rawValue].isDirty = true
            return []
        },
        Command(
            name: "help", keys: [.character("?")], group: .look, help: "the keys of the place at hand", hint: "help",
            modes: Mode.places
        ) { $0.enter(.help) },
    ]
}

extension Console {
    /// The object under the cursor, of the place at hand.
    var subject: Subject? {
        switch place {
        case .deck, .help: panes[focus.rawValue].cursor
        case .details(let subject): subject
        case .events: shownEvent?.subject
        case .orders: shownOrder.map { Self.subject(of: $0.order) }
        case .triage: triage.selected?.subjects.first
        case .whatIf: whatIf?.targets.first
        case .map: map?.cursor
        }
    }

    var hasObject: Command.Availability {
        subject.map { facts.exists($0) } ?? false ? .yes : .no("there is no object here")
    }

    var canFollowLog: Command.Availability {
        guard case .unit(let key) = subject else { return .no("logs are of units; select one") }
        if setup.replay != nil { return .no("a recording holds no logs") }
        return facts.machines(of: key).isEmpty ? .no("\(key.name) is on no machine, so it has no log") : .yes
    }

    /// What carries the object: a unit's VM, a VM's server.
    var upward: Subject? {
        switch subject {
        case .unit(let key):
            guard let id = facts.machines(of: key).first,
                let machine = facts.inventory.clusters[key.cluster]?.machines[id]
            else { return nil }
            if let vm = machine.vm, facts.inventory.vm(vm) != nil { return .vm(vm) }
            return .machine(key.cluster, id)
        case .vm(let id): return facts.inventory.vm(id)?.server.map { .server($0) }
        case .machine, .server, .cluster, .cloud, .source, nil: return nil
        }
    }

    mutating func enter(_ place: Place) -> [Effect] {
        if self.place == place { return goBack() }
        let effects = close()
        if places.contains(place) {
            while self.place != place { places.removeLast() }
            return effects
        }
        leave()
        places.append(place)
        return effects
    }

    /// Goes from the place at hand, for another one; triage and the map stay behind what is opened from it.
    mutating func leave() {
        if places.count > 1, place != .triage, place != .map { places.removeLast() }
    }

    mutating func open() -> [Effect] {
        if place == .triage { return openProblem() }
        guard let subject, facts.exists(subject) else { return [] }
        if place == .map { return showDetails() }
        guard place == .deck else {
            places = [.deck]
            reveal(subject)
            return []
        }
        if case .unit = subject { return showDetails() }
        if scopes.last == subject { return showDetails() }
        scopes.append(subject)
        narrowed()
        if case .server = subject { focus = .vms } else { focus = .units }
        return []
    }

    /// The pane, the part of the details or the boxes of the map larger, and back.
    mutating func zoom() -> [Effect] {
        switch place {
        case .deck: isZoomed.toggle()
        case .map: map?.isLarger.toggle()
        case .details, .events, .orders, .triage, .help, .whatIf: details.isFull.toggle()
        }
        return []
    }

    mutating func goUp() -> [Effect] {
        guard let upward else { return [] }
        if place == .map {
            map?.cursor = upward
            return moveOnMap { _, item in item }
        }
        let effects = close()
        places = [.deck]
        reveal(upward)
        return effects
    }

    /// Puts the cursor on an object, in its pane, widening what hides it.
    mutating func reveal(_ subject: Subject) {
        let pane: PaneID
        switch subject {
        case .server: pane = .servers
        case .vm, .machine: pane = .vms
        case .cluster: pane = .clusters
        case .unit: pane = .units
        case .cloud, .source: return
        }
        focus = pane
        let at = pane.rawValue
        let isShown = panes[at].rows.contains { indexes[at].subjects[Int($0)] == subject }
        if !isShown {
            panes[at].filter = .none
            panes[at].isOnlyBad = false
            if !scopes.allSatisfy({ facts.links(of: $0).contains(subject, facts) }) { scopes = [] }
            narrowed()
        }
        panes[at].cursor = subject
        panes[at].isPlaced = true
        panes[at].isDirty = true
    }

    mutating func sort(by delta: Int) -> [Effect] {
        let at = focus.rawValue
        let next = (panes[at].sortColumn ?? -1) + delta
        panes[at].sortColumn = next < 0 ? nil : min(next, Pane.of(focus).columns.count - 1)
        panes[at].isDescending = panes[at].sortColumn.map { !Pane.of(focus).columns[$0].isSearched } ?? false
        panes[at].isDirty = true
        return []
    }

    mutating func mark() -> [Effect] {
        let at = focus.rawValue
        guard let cursor = panes[at].cursor else { return [] }
        if panes[at].marks.remove(cursor) == nil { panes[at].marks.insert(cursor) }
        panes[at].move(by: 1, indexes[at])
        return []
    }

    mutating func markBad() -> [Effect] {
        let at = focus.rawValue
        let bad = panes[at].rows.filter { indexes[at].conditions[Int($0)].isBad }
        panes[at].marks = Set(bad.map { indexes[at].subjects[Int($0)] })
        tell(bad.isEmpty ? "nothing is bad here" : "marked \(bad.count)")
        return []
    }
}
