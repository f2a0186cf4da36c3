import Model
import Screen

/// How much of a server the map shows: the more servers, the less.
enum MapForm: Int, CaseIterable, Sendable {
    /// A box with the names of its VMs and its load.
    case rooms
    /// A small box with a cell a VM.
    case boxes
    /// A line a server.
    case lines
    /// A cell a server.
    case dots
}

/// Where everything of the map is, counted from its own top left corner; the screen shows a part of it.
struct MapLayout: Sendable {
    /// Something the cursor can be on.
    struct Item: Hashable, Sendable {
        let subject: Subject
        let box: Int
        /// The VM's number in its box; nil for the server itself.
        let cell: Int?
        let rect: Rect
    }

    let form: MapForm
    private(set) var items: [Item] = []
    /// Where each box is.
    private(set) var frames: [Rect] = []
    private(set) var height = 0
    /// Columns that a cell has.
    private(set) var cellWidth = 5
    /// VMs of each box that have no room in its line.
    private(set) var hidden: [Int: Int] = [:]

    init() { form = .rooms }

    /// The fullest form that fits; small boxes and lines may be scrolled a little before they are given up.
    ///
    /// - Parameter isLarger: one form fuller than that, scrolled however far
    init(_ content: MapContent, _ size: Size, isLarger: Bool) {
        var chosen = MapLayout(content, size, .dots)
        for form in MapForm.allCases {
            let layout = MapLayout(content, size, form)
            let allowed = form == .boxes ? size.height * 3 / 2 : form == .lines ? size.height * 3 : size.height
            if layout.height <= allowed {
                chosen = layout
                break
            }
        }
        let larger = isLarger ? MapForm(rawValue: chosen.form.rawValue - 1) : nil
        self = larger.map { MapLayout(content, size, $0) } ?? chosen
    }

    init(_ content: MapContent, _ size: Size, _ form: MapForm) {
        self.form = form
        guard size.width > 0, !content.boxes.isEmpty else { return }
        switch form {
        case .rooms: layOutRooms(content, size.width)
        case .boxes: layOutBoxes(content, size.width, boxWidth: min(18, size.width), gap: 1, cell: 5, foot: 0)
        case .lines: layOutLines(content, size.width)
        case .dots: layOutDots(content, size)
        }
    }

    private mutating func layOutRooms(_ content: MapContent, _ width: Int) {
        let names = content.boxes.flatMap(\.cells).prefix(Limits.measuredNames).map { Screen.columns(of: $0.name) }
        let count = max(1, (width + 2) / 40)
        let boxWidth = min(50, (width + 2) / count - 2)
        let cell = min(max((names.max() ?? 0) + 10, 14), max(8, boxWidth - 4))
        layOutBoxes(content, width, boxWidth: min(width, boxWidth), gap: 2, cell: cell, foot: 1)
    }

    // The measures of the two kinds of boxes; a struct of them would be made for this call alone.
    private mutating func layOutBoxes(
        _ content: MapContent, _ width: Int, boxWidth: Int, gap: Int, cell: Int, foot: Int
    ) {
        cellWidth = cell
        let inner = boxWidth - (foot > 0 ? 4 : 2)
        let perRow = max(1, inner / cell)
        let perLine = max(1, (width + gap) / (boxWidth + gap))
        var y = 0
        var first = 0
        while first < content.boxes.count {
            let line = first..<min(first + perLine, content.boxes.count)
            let rows = max(1, line.map { (content.boxes[$0].cells.count + perRow - 1) / perRow }.max() ?? 1)
            for index in line {
                let x = (index - first) * (boxWidth + gap)
                let frame = Rect(x: x, y: y, width: boxWidth, height: rows + foot + 2)
                add(content.boxes[index], index, frame, title: Rect(x: x + 1, y: y, width: boxWidth - 2)) { cellIndex in
                    let left = x + (boxWidth - inner) / 2 + cellIndex % perRow * cell
                    return Rect(x: left, y: y + 1 + cellIndex / perRow, width: min(cell, boxWidth - 2))
                }
            }
            y += rows + foot + 2
            first = line.upperBound
        }
        height = y
    }

    private mutating func layOutLines(_ content: MapContent, _ width: Int) {
        let longest = content.boxes.prefix(Limits.measuredNames).map { Screen.columns(of: $0.name) }.max() ?? 0
        let name = min(max(6, longest), max(6, width / 3), 18) + 2
        let cell = cellWidth
        let room = max(0, (width - name - 5) / cell)
        for (index, box) in content.boxes.enumerated() {
            if box.cells.count > room { hidden[index] = box.cells.count - room }
            add(
                box, index, Rect(x: 0, y: index, width: width), title: Rect(x: 0, y: index, width: name - 1), most: room
            ) { Rect(x: name + $0 * cell, y: index, width: cell) }
        }
        height = content.boxes.count
    }

    private mutating func layOutDots(_ content: MapContent, _ size: Size) {
        let count = content.boxes.count
        let widths = [12, 8, 4, 2]
        cellWidth = widths.first { (count + size.width / $0 - 1) / max(1, size.width / $0) <= size.height } ?? 1
        let perLine = max(1, size.width / cellWidth)
        for (index, box) in content.boxes.enumerated() {
            let rect = Rect(x: index % perLine * cellWidth, y: index / perLine, width: cellWidth)
            add(box, index, rect, title: rect, most: 0) { _ in rect }
        }
        height = (count + perLine - 1) / perLine
    }

    private mutating func add(
        _ box: MapContent.Box, _ index: Int, _ frame: Rect, title: Rect, most: Int = .max, cell: (Int) -> Rect
    ) {
        frames.append(frame)
        if let server = box.server {
            items.append(Item(subject: .server(server), box: index, cell: nil, rect: title))
        } else if form == .dots, let first = box.cells.first {
            items.append(Item(subject: first.subject, box: index, cell: nil, rect: title))
        }
        for (number, one) in box.cells.prefix(most).enumerated() {
            items.append(Item(subject: one.subject, box: index, cell: number, rect: cell(number)))
        }
    }

    // MARK: Moving

    func item(of subject: Subject) -> Item? { items.first { $0.subject == subject } }

    func item(at point: Point) -> Item? {
        items.first { $0.cell != nil && $0.rect.contains(point) } ?? items.first { $0.rect.contains(point) }
            ?? frames.firstIndex { $0.contains(point) }.flatMap { box in items.first { $0.box == box } }
    }

    /// The item beside another in its row; past the end of a row the next row's first.
    func beside(_ item: Item, _ delta: Int) -> Item? {
        let row = items.filter { $0.rect.y == item.rect.y && ($0.rect.x - item.rect.x) * delta > 0 }
        if let near = row.min(by: { abs($0.rect.x - item.rect.x) < abs($1.rect.x - item.rect.x) }) { return near }
        let rows = items.filter { ($0.rect.y - item.rect.y) * delta > 0 }
        return rows.min { left, right in
            (abs(left.rect.y - item.rect.y), left.rect.x * delta) < (
                abs(right.rect.y - item.rect.y), right.rect.x * delta
            )
        }
    }

    /// The item so many rows below another, or above it, in its own column.
    func below(_ item: Item, by delta: Int) -> Item? {
        var current = item
        for _ in 0..<min(abs(delta), items.count) {
            guard let next = neighbour(of: current, delta) else { break }
            current = next
        }
        return current == item ? nil : current
    }

    private func neighbour(of item: Item, _ delta: Int) -> Item? {
        let column = frames[item.box]
        let ahead = items.filter {
            ($0.rect.y - item.rect.y) * delta > 0 && $0.rect.x < column.maxX && $0.rect.maxX > column.x
        }
        return ahead.min { left, right in
            (abs(left.rect.y - item.rect.y), abs(left.rect.x - item.rect.x), left.rect.x)
                < (abs(right.rect.y - item.rect.y), abs(right.rect.x - item.rect.x), right.rect.x)
        }
    }
}
