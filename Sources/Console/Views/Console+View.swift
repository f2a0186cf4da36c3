import Model
public import Screen

extension Console {
    /// The picture of what is known now, at any size. `prepare(_:at:)` goes before it.
    public func view(_ size: Size) -> Screen {
        var screen = Screen(size)
        guard size.width > 0, size.height > 0 else { return screen }
        drawCaption(on: &screen)
        let size = stage(size)
        let layout = layout(size)
        drawStatus(in: layout.status, on: &screen)
        let body = Rect(
            x: 0, y: layout.status.height, width: size.width,
            height: size.height - layout.status.height - layout.hint.height)
        switch place {
        case .deck: drawDeck(layout, on: &screen)
        case .details(let subject): drawDetails(of: subject, in: body, on: &screen)
        case .events: drawEventList(in: body, on: &screen)
        case .orders: drawOrderList(in: body, on: &screen)
        case .triage: drawTriage(in: body, on: &screen)
        case .help: drawHelp(in: body, on: &screen)
        case .whatIf: drawWhatIf(in: body, on: &screen)
        case .map: drawMap(in: body, on: &screen)
        }
        screen.urgentRows = urgentRows(layout)
        drawHint(in: layout.hint, on: &screen)
        if past != nil { screen.relay(.text, on: .past) }
        drawDialog(on: &screen)
        return screen
    }

    /// What is wrong, and since when nothing is heard: drawn first where the line is slow.
    private func urgentRows(_ layout: DeckLayout) -> [Int] {
        let attention = place == .deck ? layout.attention.map { Array($0.y..<$0.maxY) } ?? [] : []
        return [layout.status.y] + attention
    }

    private func drawDeck(_ layout: DeckLayout, on screen: inout Screen) {
        let links = panes[focus.rawValue].cursor.map { facts.links(of: $0) } ?? Links()
        for (pane, rect) in layout.panes { draw(pane, in: rect, links: links, on: &screen) }
        if let events = layout.events { drawEvents(in: events, on: &screen) }
        if let attention = layout.attention { drawAttention(in: attention, on: &screen) }
    }
}
