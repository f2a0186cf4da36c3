import Model
import Screen

extension Console {
    /// Rows below the map: its legend, and what is told of the selected object.
    private func mapRows(_ height: Int) -> (legend: Int, panel: Int) {
        height >= 40 ? (1, 6) : height >= 20 ? (1, 4) : height >= 12 ? (0, 2) : (0, 1)
    }

    /// Where the map itself goes on a screen: between the frame's head, the legend and the panel.
    func mapArea(_ size: Size) -> Rect {
        let rows = mapRows(size.height)
        let inner = Rect(x: 0, y: 1, width: size.width, height: size.height - 2).inset()
        let underWay = mapProgress.count
        return Rect(
            x: inner.x, y: inner.y + underWay, width: inner.width,
            height: inner.height - rows.legend - rows.panel - underWay)
    }

    /// What is under way: seen here as well, for here one sees it happen.
    private var mapProgress: [Line] {
        Array(((drainProgress.map { [$0] } ?? []) + growths.suffix(2).map { progress($0) }).prefix(2))
    }

    func drawMap(in rect: Rect, on screen: inout Screen) {
        screen.frame(rect, .borderFocused)
        guard let state = map else { return }
        drawMapTitle(state, in: rect, on: &screen)
        let inner = rect.inset()
        for (row, line) in mapProgress.enumerated() {
            screen.put(line, in: Rect(x: inner.x + 1, y: inner.y + row, width: inner.width - 2))
        }
        let area = mapArea(Size(width: rect.width, height: rect.height + 2))
        if state.content.boxes.isEmpty {
            screen.put("no server and no VM is known here", .dim, in: area.row(0))
        }
        drawBoxes(state, in: area, on: &screen)
        let rows = mapRows(rect.height + 2)
        if rows.legend > 0 {
            screen.put(legend(state), in: Rect(x: inner.x + 1, y: area.maxY, width: inner.width - 2))
        }
        let panel = Rect(x: inner.x, y: inner.maxY - rows.panel, width: inner.width, height: rows.panel)
        drawMapPanel(state, in: panel, on: &screen)
    }

    private func drawMapTitle(_ state: MapState, in rect: Rect, on screen: inout Screen) {
        let servers = state.content.boxes.count { $0.server != nil }
        var line = [
            Word(" Map ", .titleFocused), Word("\(servers) servers · \(state.content.cellCount) VMs", .title),
            Word(" · by \(state.colour.rawValue)", .dim),
        ]
        if !state.search.isEmpty {
            let machines = state.lit.keys.count { if case .server = $0 { false } else { true } }
            line.append(Word(" · /\(state.search): on \(machines)", .match))
        }
        let bottom = min(state.layout.height, state.top + state.area.height)
        if state.layout.height > state.area.height {
            line.append(Word(" · rows \(state.top + 1)–\(bottom) of \(state.layout.height)", .dim))
        }
        screen.put(line + [Word(" ")], in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 3))
    }

    // MARK: Boxes

    private func drawBoxes(_ state: MapState, in area: Rect, on screen: inout Screen) {
        // What is scrolled half out of the way is drawn on a screen of its own and cut.
        var part = Screen(Size(width: area.width, height: area.height))
        let visible = state.top..<(state.top + area.height)
        for (index, frame) in state.layout.frames.enumerated()
        where frame.maxY > visible.lowerBound && frame.y < visible.upperBound {
            let moved = Rect(x: frame.x, y: frame.y - state.top, width: frame.width, height: frame.height)
            draw(state.content.boxes[index], index, state, in: moved, on: &part)
        }
        for item in state.layout.items where visible.contains(item.rect.y) {
            guard let number = item.cell else { continue }
            let rect = Rect(x: item.rect.x, y: item.rect.y - state.top, width: item.rect.width)
            draw(state.content.boxes[item.box].cells[number], state, in: rect, on: &part)
        }
        if let item = state.item {
            part.lay(Rect(x: item.rect.x, y: item.rect.y - state.top, width: item.rect.width), on: .cursor)
        }
        screen.put(part, at: Point(x: area.x, y: area.y))
    }

    private func draw(_ box: MapContent.Box, _ index: Int, _ state: MapState, in rect: Rect, on screen: inout Screen) {
        let isLit = box.server.map { state.lit[.server($0)] != nil } ?? false
        let face: Face = isLit ? .match : box.isStale ? .stale : box.condition == .good ? .title : box.condition.face
        let mark = box.isStale ? "?" : box.condition.mark
        switch state.layout.form {
        case .rooms, .boxes:
            screen.frame(rect, box.condition == .critical ? .critical : .border)
            let gap = state.layout.form == .rooms ? " " : ""
            var title = [Word("\(gap)\(mark == " " ? "" : mark + gap)\(box.name)", face)]
            if !box.state.isEmpty { title.append(Word(" \(box.state)", face)) }
            let short = state.layout.form == .boxes ? share(box, state).map { " \($0)" } ?? "" : ""
            title.append(Word(short + gap, .dim))
            screen.put(title, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
            if state.layout.form == .rooms { drawFoot(box, in: rect, on: &screen) }
        case .lines:
            let width = rect.width / 3
            screen.put("\(mark)\(box.name)", face, in: Rect(x: rect.x, y: rect.y, width: min(width, 19)), fit: .middle)
            if let hidden = state.layout.hidden[index] {
                screen.put("+\(hidden)", .dim, in: Rect(x: rect.maxX - 4, y: rect.y, width: 4), fit: .right)
            }
        case .dots: drawDot(box, isLit, state, in: rect, on: &screen)
        }
    }

    /// What a server's title says of its load: of its processors so much is taken, or its VMs use so much.
    private func share(_ box: MapContent.Box, _ state: MapState) -> String? {
        if state.colour == .load { return box.load.map { "\(Int($0))%" } }
        return box.taken.map { "\($0.used)/\($0.all)" }
    }

    private func drawFoot(_ box: MapContent.Box, in rect: Rect, on screen: inout Screen) {
        let row = Rect(x: rect.x + 2, y: rect.maxY - 2, width: rect.width - 4)
        var line: Line = []
        if let taken = box.taken {
            let width = max(4, min(12, row.width - 24))
            line = [
                Word("VCPU ", .dim),
                Word(Graph.bar(Double(taken.used) / Double(max(1, taken.all)), width: width), .graph),
                Word(" \(taken.used)/\(taken.all)"),
            ]
        }
        if let load = box.load { line += [Word(line.isEmpty ? "CPU " : "  CPU ", .dim), Word("\(Int(load))%")] }
        screen.put(line, in: row)
    }

    private func drawDot(
        _ box: MapContent.Box, _ isLit: Bool, _ state: MapState, in rect: Rect, on screen: inout Screen
    ) {
        let worst = box.isStale ? nil : box.worst
        let mark = worst?.countMark ?? "?"
        var face: Face = isLit ? .match : worst?.face ?? .stale
        if state.colour == .load, !isLit { face = Self.loadFace(box.load) }
        if !state.search.isEmpty, !isLit { face = .dim }
        let number = state.colour == .load ? box.load.map { "\(Int($0))" } ?? "–" : "\(box.cells.count)"
        let text: String =
            switch rect.width {
            case 8...: "\(mark)\(Self.ending(of: box.name, rect.width - 3 - number.count)) \(number)"
            case 4...: "\(mark)\(number)"
            default: isLit ? "◆" : mark
            }
        screen.put(text, face, in: Rect(x: rect.x, y: rect.y, width: max(1, rect.width - 1)), fit: .clip)
    }

    /// A server's name where there is room for its end alone: there stands its number.
    private static func ending(of name: String, _ width: Int) -> String {
        name.count <= width ? name : "…" + name.suffix(max(0, width - 1))
    }

    // MARK: Cells

    private func draw(_ cell: MapContent.Cell, _ state: MapState, in rect: Rect, on screen: inout Screen) {
        let lit = state.lit[cell.subject]
        let isDark = !state.search.isEmpty && lit == nil
        let face: Face = isDark ? .dim : lit != nil ? .match : cell.isStale ? .stale : self.face(of: cell, state)
        let mark = cell.isStale ? "?" : cell.bad > 0 && cell.condition >= .good ? "!" : cell.condition.mark
        let markFace: Face = cell.condition >= .good && cell.bad > 0 ? .warning : cell.condition.face
        let number = figure(of: cell, state, lit)
        let digit = cell.cluster.map { self.digit(of: $0) } ?? "-"
        let clusterFace: Face = isDark ? .dim : cell.cluster.map { facts.face(of: $0) } ?? .dim
        if state.layout.form == .rooms {
            let name = padded(Self.shortened(cell.name, rect.width - 10), rect.width - 10)
            screen.put(
                [
                    Word(digit + " ", clusterFace), Word(name + " ", face), Word(mark, isDark ? .dim : markFace),
                    Word(cell.step.map { Self.stepWords[$0] ?? "" } ?? number, face),
                ], in: Rect(x: rect.x, y: rect.y, width: rect.width - 1))
            return
        }
        screen.put(
            [
                Word(digit, clusterFace),
                Word(mark, isDark ? .dim : markFace), Word(cell.step.map { Self.stepMarks[$0] ?? "" } ?? number, face),
            ], in: Rect(x: rect.x, y: rect.y, width: min(rect.width, 5)))
    }

    private static let stepWords = [1: "built", 2: "joins"]
    private static let stepMarks = [1: "bu", 2: "jo"]

    private func figure(of cell: MapContent.Cell, _ state: MapState, _ lit: Int?) -> String {
        if !state.search.isEmpty { return lit.map(String.init) ?? "·" }
        if state.colour == .load { return cell.load.map { "\(Int($0))%" } ?? "–" }
        return cell.units < 1_000 ? "\(cell.units)" : "\(cell.units / 1_000)k"
    }

    private func face(of cell: MapContent.Cell, _ state: MapState) -> Face {
        switch state.colour {
        case .cluster: cell.cluster.map { facts.face(of: $0) } ?? .dim
        case .state: cell.bad > 0 ? min(cell.condition, .warning).face : cell.condition.face
        case .load: Self.loadFace(cell.load)
        }
    }

    private static func loadFace(_ load: Double?) -> Face {
        guard let load else { return .dim }
        return load >= 90 ? .critical : load >= 50 ? .warning : .good
    }

    /// The figure or letter that stands for a cluster: its place in the order of IDs.
    private func digit(of cluster: ID<Cluster>) -> String {
        guard let place = facts.clusterOrder[cluster] else { return "-" }
        let signs = Array("123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return signs.indices.contains(place) ? String(signs[place]) : "+"
    }

    private func legend(_ state: MapState) -> Line {
        let marks: Line = [
            Word("✖ bad ", .critical), Word("! look ", .warning), Word("~ changing ", .changing),
            Word("? old   ", .stale),
        ]
        if state.layout.form == .dots {
            let what = state.colour == .load ? "CPU in percent" : "number: VMs"
            return marks + [Word("a cell is a server, marked by the worst on it; \(what)", .dim)]
        }
        let number = state.colour == .load ? "number: CPU in percent" : "number: units"
        let isNew = state.layout.form != .rooms && state.content.boxes.contains { $0.cells.contains { $0.step != nil } }
        var line = marks + [Word(isNew ? "bu: is built, jo: joins   " : "", .dim), Word("\(number)   ", .dim)]
        for id in facts.clusterOrder.sorted(by: { $0.value < $1.value }).prefix(20).map(\.key) {
            line.append(Word("\(digit(of: id)) \(facts.name(of: .cluster(id)))  ", facts.face(of: id)))
        }
        return line
    }
}
