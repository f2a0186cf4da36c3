import Model
import Screen

extension Console {
    func drawDialog(on screen: inout Screen) {
        switch dialog {
        case .confirmation(let confirmation): draw(confirmation, on: &screen)
        case .scale(let scale): draw(scale, on: &screen)
        case .move(let move): draw(move, on: &screen)
        case .palette(let palette): draw(palette, on: &screen)
        case .prompt, nil: break
        }
    }

    /// An empty box in the middle of the screen; returns its inside.
    private func box(_ title: String, _ size: Size, on screen: inout Screen) -> Rect {
        let area = Rect(screen.size)
        let rect = area.centered(Size(width: min(size.width, area.width - 2), height: min(size.height, area.height)))
        screen.clear(rect, ground: .dialog)
        screen.frame(rect, .borderFocused)
        screen.put(" \(title) ", .titleFocused, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
        return rect.inset(columns: 2, rows: 1)
    }

    private func draw(_ confirmation: Confirmation, on screen: inout Screen) {
        let longest = confirmation.lines.map { $0.reduce(0) { $0 + Screen.columns(of: $1.text) } }.max() ?? 0
        let width = max(56, longest + 4, Screen.columns(of: confirmation.question) + 6)
        let inner = box(
            confirmation.question,
            Size(width: width, height: confirmation.lines.count + (confirmation.required == nil ? 6 : 7)), on: &screen)
        var y = inner.y + 1
        for line in confirmation.lines where y < inner.maxY - (confirmation.required == nil ? 2 : 3) {
            screen.put(line, in: Rect(x: inner.x, y: y, width: inner.width))
            y += 1
        }
        let last = Rect(x: inner.x, y: inner.maxY - 2, width: inner.width, height: 1)
        guard confirmation.required != nil else {
            screen.put(
                [
                    Word(Command.yes.keyName, .hintKey), Word(" \(confirmation.verb)     "),
                    Word("[\(Command.leave.keyName.uppercased())]", .hintKey),
                    Word(" leave it (\(Command.leave.keys.dropFirst().map(\.name).joined(separator: ", ")))", .hint),
                ], in: last)
            return
        }
        let label = "Type \(confirmation.requiredWhat), \(confirmation.required ?? ""), to go on:"
        screen.put(label, in: Rect(x: last.x, y: last.y - 1, width: last.width))
        let field = Rect(x: last.x, y: last.y, width: min(last.width, 40))
        screen.lay(field, on: .input)
        screen.put(confirmation.typed, .input, in: field, fit: .clip)
        screen.caret = Point(x: min(field.x + Screen.columns(of: confirmation.typed), field.maxX - 1), y: field.y)
        let keys =
            confirmation.isAnswered
            ? "\(Command.accept.keyName) \(confirmation.verb)   "
            : "\(Command.accept.keyName) does nothing until it matches   "
        screen.put(
            [Word(keys, confirmation.isAnswered ? .warning : .dim), Word("\(Command.cancel.keyName) leave it", .hint)],
            in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
    }

    private func draw(_ scale: ScaleDialog, on screen: inout Screen) {
        let servers = freeServers(scale.cluster)
        let name = facts.name(of: .cluster(scale.cluster))
        let inner = box("Scale \(name)", Size(width: 72, height: min(servers.count, 8) + 9), on: &screen)
        let verb = scale.delta < 0 ? "fewer VMs" : "more VMs "
        let fields: [(ScaleDialog.Field, String, String)] = [
            (.count, verb, "\(abs(scale.delta))"),
            (.flavor, "flavor   ", scale.flavor.map { scale.flavors[$0] } ?? "the cluster's"),
            (.image, "image    ", scale.image.map { scale.images[$0] } ?? "the cluster's"),
        ]
        for (offset, (field, label, value)) in fields.enumerated() {
            let isHere = field == scale.field
            let row = Rect(x: inner.x, y: inner.y + offset + 1, width: inner.width)
            screen.put([Word(isHere ? "▌" : " ", .borderFocused), Word(label, .header), Word("  ")], in: row)
            let box = Rect(x: row.x + 12, y: row.y, width: 26)
            screen.put("‹ \(value) ›", isHere ? .accent : .text, in: box)
            if isHere { screen.lay(box, on: .input) }
            if field == .count {
                screen.put(
                    "wanted \(scale.current) → \(scale.target)", .text, in: Rect(x: row.x + 40, y: row.y, width: 28))
            }
        }
        var y = inner.y + 5
        screen.put("servers with room", .header, in: Rect(x: inner.x, y: y, width: inner.width))
        for line in servers where y < inner.maxY - 2 {
            y += 1
            screen.put(line, in: Rect(x: inner.x + 1, y: y, width: inner.width - 1))
        }
        screen.put(
            [
                Word(Command.accept.keyName, .hintKey), Word(" go on   ", .hint),
                Word("digits \(Command.more.keyName) \(Command.fewer.keyName)", .hintKey),
                Word(" how many   ", .hint), Word(Command.cancel.keyName, .hintKey), Word(" leave it", .hint),
            ], in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
    }

    /// What each server has free, the emptiest first.
    private func freeServers(_ cluster: ID<Cluster>) -> [Line] {
        let clouds = Set((facts.vmsOf[cluster] ?? []).compactMap { facts.inventory.cloudOfVM[$0] })
        let shown = clouds.isEmpty ? Set(facts.inventory.clouds.keys) : clouds
        let servers = shown.sorted().flatMap { facts.inventory.clouds[$0]?.servers.values.map { $0 } ?? [] }
        let free = servers.map { server in
            (server: server, vcpus: server.vcpus.map { $0 - (server.vcpusUsed ?? 0) } ?? 0)
        }
        return free.sorted { ($1.vcpus, $0.server.name) < ($0.vcpus, $1.server.name) }.prefix(8).map { server, vcpus in
            let isUp = server.state == .up
            let memory = server.memoryMiB.map { "\(max(0, $0 - (server.memoryUsedMiB ?? 0)) / 1024)G" } ?? "–"
            return [
                Word(padded(server.name, 18), isUp ? .text : .dim),
                Word(
                    isUp ? "\(vcpus) VCPU  \(memory) RAM free" : "not used: \(server.state.word)",
                    isUp ? .text : .warning),
            ]
        }
    }

    private func draw(_ move: MoveDialog, on screen: inout Screen) {
        let what = move.units.count == 1 ? move.units[0].name.text : "\(move.units.count) units"
        let inner = box("Move \(what)", Size(width: 74, height: min(move.choices.count, 14) + 5), on: &screen)
        let height = inner.height - 3
        let top = max(0, min(move.selected - height / 2, move.choices.count - height))
        for offset in 0..<max(0, height) where top + offset < move.choices.count {
            let choice = move.choices[top + offset]
            let row = Rect(x: inner.x, y: inner.y + 1 + offset, width: inner.width)
            var line = [Word(top + offset == move.selected ? "▌" : " ", .borderFocused), Word(padded(choice.name, 18))]
            if choice.machine == nil {
                line.append(Word("the scheduler chooses", .dim))
            } else {
                line.append(Word(padded("\(choice.units) units", 11), .dim))
                line.append(
                    choice.isHere
                        ? Word("it is here", .dim) : choice.misfit.map { Word($0, .warning) } ?? Word("fits", .good))
            }
            screen.put(line, in: row)
            if top + offset == move.selected { screen.lay(row, on: .cursor) }
        }
        screen.put(
            [
                Word(Command.accept.keyName, .hintKey), Word(" move   ", .hint), Word(Command.cancel.keyName, .hintKey),
                Word(" leave it", .hint),
            ], in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
    }

    private func draw(_ palette: Palette, on screen: inout Screen) {
        let size = Size(width: min(90, screen.size.width - 4), height: min(20, screen.size.height - 2))
        let inner = box("Commands, panes, objects, themes", size, on: &screen)
        let row = inner.row(0)
        screen.put([Word(": ", .hintKey), Word(palette.text, .input)], in: row)
        screen.caret = Point(x: min(row.maxX - 1, row.x + 2 + Screen.columns(of: palette.text)), y: row.y)
        let height = inner.height - 1
        let top = max(0, min(palette.selected - height + 1, palette.items.count - height))
        for offset in 0..<max(0, height) where top + offset < palette.items.count {
            let item = palette.items[top + offset]
            let line = inner.row(offset + 1)
            let (left, right) = line.splitColumns(left: min(30, line.width * 2 / 5))
            screen.put(item.title, in: Rect(x: left.x, y: left.y, width: left.width - 1), fit: .middle)
            screen.put(item.detail, .dim, in: Rect(x: right.x, y: right.y, width: right.width - 8))
            screen.put(item.keys, .hintKey, in: Rect(x: right.maxX - 8, y: right.y, width: 8), fit: .right)
            if top + offset == palette.selected { screen.lay(line, on: .cursor) }
        }
        if palette.items.isEmpty { screen.put("nothing is called so", .dim, in: inner.row(1)) }
    }
}
