import Model
import Screen

extension Console {
    /// Clicks choose, or do what the key shown there does; on a column's title they sort; two clicks open; the wheel
    /// scrolls.
    mutating func use(_ mouse: Key.Mouse) -> [Effect] {
        switch mouse.action {
        case .wheelUp where dialog != nil || place != .deck: return move(by: -3)
        case .wheelDown where dialog != nil || place != .deck: return move(by: 3)
        case .press, .doubleClick:
            switch view(size).hit(at: mouse.point) {
            case .key(let key): return press(key)
            case .row(let row): return choose(row: row, opens: mouse.action == .doubleClick)
            case nil: break
            }
        case .wheelUp, .wheelDown: break
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
        case .events: lists.events = row
        case .orders: lists.orders = row
        case .triage: triage.move(by: row - triage.position)
        case .deck, .details, .log, .help, .whatIf, .map, .prompt, .confirmation, .typedConfirmation: return []
        }
        guard opens else { return [] }
        return dialog == nil ? open() : accept()
    }

    private mutating func sort(_ pane: PaneID, at x: Int, width: Int) {
        guard let column = columnIndex(of: pane, at: x, width: width) else { return }
        let state = panes[pane.rawValue]
        panes[pane.rawValue].isDescending = state.sortColumn == column ? !state.isDescending : false
        panes[pane.rawValue].sortColumn = column
        panes[pane.rawValue].isDirty = true
    }
}
