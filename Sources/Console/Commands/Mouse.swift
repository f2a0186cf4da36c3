import Model
import Screen

extension Console {
    /// Clicks choose, or do what the key shown there does; on a column's title they sort; two clicks open; the wheel
    /// scrolls.
    mutating func use(_ mouse: Key.Mouse) -> [Effect] {
        switch mouse.action {
        case .wheelUp, .wheelDown:
            if dialog == nil, place == .map { return useOnMap(mouse) }
            if dialog != nil || place != .deck { return move(by: mouse.action == .wheelUp ? -3 : 3) }
        case .press, .doubleClick:
            switch view(wholeSize).hit(at: mouse.point) {
            case .key(let key): return press(key)
            case .row(let row): return choose(row: row, opens: mouse.action == .doubleClick)
            case nil: if dialog == nil, place == .map { return useOnMap(mouse) }
            }
        }
        guard dialog == nil, place == .deck else { return [] }
        guard let (pane, rect) = layout.panes.first(where: { $0.value.contains(mouse.point) }) else { return [] }
        let at = pane.rawValue
        switch mouse.action {
        case .wheelUp: panes[at].move(by: -3, indexes[at])
        case .wheelDown: panes[at].move(by: 3, indexes[at])
        case .press, .doubleClick:
            focus = pane
            let row = mouse.point.y - rect.y - 2
            if row == -1 {
                sort(pane, at: mouse.point.x - rect.x - 1, width: rect.width - 2)
            } else if row >= 0, panes[at].top + row < panes[at].rows.count {
                panes[at].move(to: panes[at].top + row, indexes[at])
                if mouse.action == .doubleClick { return open() }
            }
        }
        return []
    }

    /// Puts the cursor of the list shown on a row, and takes what is there.
    private mutating func choose(row: Int, opens: Bool) -> [Effect] {
        switch mode {
        case .palette: changePalette { $0.select(by: row - $0.selected) }
        case .move: changeMove { $0.select(by: row - $0.selected) }
        case .scale:
            changeScale { $0.row = row == 0 ? nil : min(row - 1, $0.rows.count - 1) }
            return []
        case .events: lists.choose(row, of: shownEvents)
        case .orders: lists.choose(row, of: shownOrders)
        case .triage: triage.move(by: row - triage.position)
        case .deck, .details, .log, .help, .whatIf, .map, .prompt, .confirmation, .typedConfirmation: return []
        }
        guard opens else { return [] }
        return dialog == nil ? open() : accept()
    }

    /// On the map clicks choose, two clicks open, the wheel scrolls.
    private mutating func useOnMap(_ mouse: Key.Mouse) -> [Effect] {
        guard var state = map else { return [] }
        switch mouse.action {
        case .wheelUp, .wheelDown:
            state.top += mouse.action == .wheelUp ? -3 : 3
            state.top = max(0, min(state.top, state.layout.height - state.area.height))
            map = state
        case .press, .doubleClick:
            guard state.area.contains(mouse.point) else { return [] }
            let point = Point(x: mouse.point.x - state.area.x, y: mouse.point.y - state.area.y + state.top)
            guard let item = state.layout.item(at: point) else { return [] }
            map?.cursor = item.subject
            if mouse.action == .doubleClick { return showDetails() }
        }
        return []
    }

    private mutating func sort(_ pane: PaneID, at x: Int, width: Int) {
        guard let column = columnIndex(of: pane, at: x, width: width) else { return }
        let state = panes[pane.rawValue]
        panes[pane.rawValue].isDescending = state.sortColumn == column ? !state.isDescending : false
        panes[pane.rawValue].sortColumn = column
        panes[pane.rawValue].isDirty = true
    }
}
