import Screen

extension Command {
    static let moves: [Command] = [
        Command(
            name: "down", keys: [.character("j"), .down], group: .move, help: "next row",
            modes: Mode.lists.union([.scale])
        ) { $0.move(by: 1) },
        Command(
            name: "up", keys: [.character("k"), .up], group: .move, help: "previous row",
            modes: Mode.lists.union([.scale])
        ) { $0.move(by: -1) },
        Command(
            name: "page down", keys: [.pageDown, .control("f")], group: .move, help: "a page down", modes: Mode.lists
        ) {
            $0.move(by: $0.pageRows)
        },
        Command(name: "page up", keys: [.pageUp, .control("b")], group: .move, help: "a page up", modes: Mode.lists) {
            $0.move(by: -$0.pageRows)
        },
        Command(name: "top", keys: [.character("g"), .home], group: .move, help: "first row", modes: Mode.lists) {
            $0.move(by: -1_000_000_000)
        },
        Command(name: "bottom", keys: [.character("G"), .end], group: .move, help: "last row", modes: Mode.lists) {
            $0.move(by: 1_000_000_000)
        },
        pane(.servers, "1", "servers"), pane(.vms, "2", "VMs"), pane(.clusters, "3", "clusters"),
        pane(.units, "4", "units"),
        Command(
            name: "next pane", keys: [.tab], group: .move, help: "next pane, next part of the details", hint: "next",
            modes: [.deck, .details, .log, .whatIf]
        ) { $0.turn(by: 1) },
        Command(
            name: "previous pane", keys: [.backtab], group: .move, help: "previous pane, previous part of the details",
            modes: [.deck, .details, .log, .whatIf]
        ) { $0.turn(by: -1) },
        Command(
            name: "back", keys: [.escape], group: .move, help: "back, wider, without the filter", hint: "back",
            modes: Mode.places
        ) { $0.goBack() },
    ]

    /// The key that goes on to the next part, as others name it.
    static var nextPaneKey: String { moves.first { $0.name == "next pane" }?.keyName ?? "" }

    private static func pane(_ pane: PaneID, _ digit: Character, _ what: String) -> Command {
        Command(
            name: what, keys: [.character(digit)], group: .move, help: "the \(what) pane; again: zoom",
            modes: Mode.places
        ) { $0.focus(on: pane) }
    }
}

extension Console {
    /// Rows that a page has where the keys go to now.
    var pageRows: Int {
        switch mode {
        case .deck: max(1, panes[focus.rawValue].height - 1)
        case .prompt, .palette, .confirmation, .typedConfirmation, .scale, .move: 10
        case .details, .log, .events, .orders, .help, .whatIf: max(1, listHeight - 1)
        case .map: max(1, map?.area.height ?? 1)
        case .triage: max(1, triage.height - 1)
        }
    }

    /// Rows that a list over the whole screen has.
    var listHeight: Int { max(1, size.height - 4) }

    mutating func move(by delta: Int) -> [Effect] {
        switch mode {
        case .deck: panes[focus.rawValue].move(by: delta, indexes[focus.rawValue])
        case .details: details.top = bounded(details.top + delta, details.lineCount - details.height)
        case .log: log?.scroll(by: delta, height: details.height)
        case .events:
            let shown = shownEvents
            lists.choose(lists.place(in: shown) + delta, of: shown)
        case .orders:
            let shown = shownOrders
            lists.choose(lists.place(in: shown) + delta, of: shown)
        case .triage: triage.move(by: delta)
        case .help: lists.help = bounded(lists.help + delta, helpLines.count - listHeight)
        case .whatIf: whatIf?.scroll(by: delta)
        case .map: return moveOnMap(by: delta)
        case .move: changeMove { $0.select(by: delta) }
        case .palette: changePalette { $0.select(by: delta) }
        case .scale: changeScale { $0.change(by: -delta) }
        case .prompt, .confirmation, .typedConfirmation: break
        }
        return []
    }

    private func bounded(_ value: Int, _ limit: Int) -> Int { max(0, min(value, limit)) }

    /// Focuses a pane; one that has the focus already fills the screen, or no longer does.
    mutating func focus(on pane: PaneID) -> [Effect] {
        if place == .deck, focus == pane {
            isZoomed.toggle()
            return []
        }
        let effects = close()
        places = [.deck]
        focus = pane
        return effects
    }

    /// The next pane of the deck, or the next part of the details.
    mutating func turn(by delta: Int) -> [Effect] {
        if place == .whatIf { return turnWhatIf(by: delta) }
        guard case .details = place else {
            focus = PaneID(rawValue: (focus.rawValue + delta + PaneID.allCases.count) % PaneID.allCases.count) ?? .units
            return []
        }
        return turnDetails(by: delta)
    }

    /// One step back: out of the details, without the filter, wider, out of the zoom.
    mutating func goBack() -> [Effect] {
        if place == .map, map?.search.isEmpty == false {
            map?.search = ""
            return []
        }
        if places.count > 1 {
            let effects = close()
            places.removeLast()
            return effects
        }
        let at = focus.rawValue
        if !panes[at].marks.isEmpty {
            panes[at].marks = []
        } else if !panes[at].filter.isEmpty || panes[at].isOnlyBad {
            panes[at].filter = .none
            panes[at].isOnlyBad = false
            panes[at].isDirty = true
        } else if isZoomed {
            isZoomed = false
        } else if let scope = scopes.popLast() {
            narrowed()
            reveal(scope)
        }
        return []
    }

    /// The log of the place that is left needs nobody any more.
    mutating func close() -> [Effect] {
        guard log != nil else { return [] }
        log = nil
        return [.stopLog]
    }

    /// The scopes changed: every list is made anew.
    mutating func narrowed() {
        for pane in PaneID.allCases { panes[pane.rawValue].isDirty = true }
    }
}
