import Screen

/// Where everything of the deck goes, at any size.
struct DeckLayout: Hashable, Sendable {
    var status = Rect(x: 0, y: 0, width: 0)
    var panes: [PaneID: Rect] = [:]
    var events: Rect?
    var attention: Rect?
    var hint = Rect(x: 0, y: 0, width: 0)

    /// Below so many columns there is one pane at a time.
    private static let columnsForFour = 70
    /// From so many columns servers, VMs and clusters stand side by side.
    private static let columnsForThree = 78
    /// Below so many columns the three share what there is by what they need least, not by what looks well.
    private static let columnsForEase = 110
    private static let rowsForFour = 14

    /// - Parameters:
    ///   - rows: how many rows each pane has to show
    ///   - hasUnits: whether there is any unit, shown or not: without one the others get the room
    init(_ size: Size, focus: PaneID, isZoomed: Bool, rows: [Int], hasUnits: Bool = true) {
        var rest = Rect(size)
        (status, rest) = rest.splitRows(top: size.height >= 4 ? 1 : 0)
        hint = Rect(x: 0, y: size.height - 1, width: size.width, height: size.height >= 3 ? 1 : 0)
        rest.height -= hint.height
        if size.height >= Self.rowsForFour {
            let rows = size.height >= 40 ? 2 : 1
            attention = Rect(x: 0, y: rest.maxY - rows, width: size.width, height: rows)
            rest.height -= rows
        }
        let isSingle = isZoomed || size.width < Self.columnsForFour || size.height < Self.rowsForFour
        if isSingle {
            panes[focus] = rest
            return
        }
        let eventRows = size.height >= 46 ? 9 : size.height >= 36 ? 7 : size.height >= 22 ? 4 : 0
        if eventRows > 0 {
            events = Rect(x: 0, y: rest.maxY - eventRows, width: size.width, height: eventRows)
            rest.height -= eventRows
        }
        if size.width >= Self.columnsForThree, size.height >= 18 {
            placeThreeAbove(rest, rows, hasUnits)
        } else {
            placeTwoByTwo(rest)
        }
    }

    private mutating func placeThreeAbove(_ area: Rect, _ rows: [Int], _ hasUnits: Bool) {
        let needed = (rows.prefix(3).max() ?? 0) + 3
        let unitsNeed = min((rows.last ?? 0) + 3, area.height / 2)
        let most = max(area.height * 45 / 100, area.height - unitsNeed - 2)
        let share = hasUnits ? area.height * 60 / 100 : area.height
        let (above, below) = area.splitRows(top: min(max(needed, 6), min(most, share)))
        let isTight = area.width < Self.columnsForEase
        let (servers, more) = above.splitColumns(left: above.width * (isTight ? 24 : 26) / 100)
        let (vms, clusters) = more.splitColumns(left: above.width * (isTight ? 42 : 41) / 100)
        panes = [.servers: servers, .vms: vms, .clusters: clusters, .units: below]
    }

    private mutating func placeTwoByTwo(_ area: Rect) {
        let (above, below) = area.splitRows(top: area.height / 2)
        let (servers, vms) = above.splitColumns(left: area.width / 2)
        let (clusters, units) = below.splitColumns(left: area.width / 2)
        panes = [.servers: servers, .vms: vms, .clusters: clusters, .units: units]
    }
}

extension Console {
    var layout: DeckLayout { layout(size) }

    func layout(_ size: Size) -> DeckLayout {
        DeckLayout(
            size, focus: focus, isZoomed: isZoomed, rows: panes.map(\.rows.count),
            hasUnits: indexes[PaneID.units.rawValue].count > 0)
    }

    /// Fits scrolling to the room there is now.
    mutating func layOut() {
        let layout = layout
        for (pane, rect) in layout.panes {
            panes[pane.rawValue].height = max(1, rect.height - 3)
            panes[pane.rawValue].reveal()
            if pane == focus { panes[pane.rawValue].isScrolled = false } else { showWorst(pane) }
        }
        revealLinked(layout)
        explain()
        if place == .triage {
            triage.height = triageRows(size.height - 2)
            triage.reveal()
        }
        layOutWhatIf()
        layOutMap()
        if case .details(let subject) = place {
            let facts = shownFacts(of: subject, height: size.height - 4).count
            details.height = max(1, size.height - 5 - facts - (facts > 1 ? 1 : 0))
            details.lineCount = details.tab == .log ? 0 : lines(of: details.tab, subject).count
            details.top = max(0, min(details.top, details.lineCount - details.height))
        }
    }

    /// A pane without the keys shows its worst rows, wherever its cursor is.
    private mutating func showWorst(_ pane: PaneID) {
        let at = pane.rawValue
        if !panes[at].isScrolled, hidesBad(panes[at].top, at) { panes[at].top = 0 }
    }

    /// Whether somebody should look at a row above this one.
    private func hidesBad(_ row: Int, _ at: Int) -> Bool {
        panes[at].rows.prefix(min(row, 1_000)).contains { indexes[at].conditions[Int($0)].isBad }
    }

    /// What belongs to the selected object is scrolled into view in the other panes, unless that hides what is bad.
    private mutating func revealLinked(_ layout: DeckLayout) {
        guard place == .deck, let selected = panes[focus.rawValue].cursor else { return }
        let links = facts.links(of: selected)
        for pane in layout.panes.keys where pane != focus && pane != .units {
            let at = pane.rawValue
            let state = panes[at]
            guard state.rows.count > state.height else { continue }
            let visible = state.rows[state.top..<min(state.top + state.height, state.rows.count)]
            let isLinked = { (row: Int32) in links.contains(indexes[at].subjects[Int(row)], facts) }
            if visible.contains(where: isLinked) { continue }
            if let first = state.rows.firstIndex(where: isLinked) {
                let top = max(0, min(first, state.rows.count - state.height))
                if !hidesBad(top, at) { panes[at].top = top }
            }
        }
    }
}
