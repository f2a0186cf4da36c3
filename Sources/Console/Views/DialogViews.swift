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
    func box(_ title: String, _ size: Size, on screen: inout Screen) -> Rect {
        let area = Rect(screen.size)
        let rect = area.centered(Size(width: min(size.width, area.width - 2), height: min(size.height, area.height)))
        screen.coverZones()
        screen.clear(rect, ground: .dialog)
        screen.frame(rect, .borderFocused)
        screen.put(" \(title) ", .titleFocused, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2))
        return rect.inset(columns: 2, rows: 1)
    }

    /// A command's key and what it does here, to be pressed or clicked.
    func button(_ command: Command, _ label: String) -> Line {
        let key = press(of: command)
        return [Word(self.key(of: command), .hintKey, press: key), Word(" \(label)", .hint, press: key)]
    }

    /// The key that a click stands for.
    func press(of command: Command) -> Key? { table.first { $0.name == command.name }?.keys.first }

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
                    button(.yes, confirmation.verb)[0], button(.yes, confirmation.verb)[1], Word("     "),
                    Word("[\(key(of: Command.leave).uppercased())]", .hintKey, press: press(of: .leave)),
                    Word(
                        " leave it (\(Command.leave.keys.dropFirst().map(\.name).joined(separator: ", ")))", .hint,
                        press: press(of: .leave)),
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
            ? "\(key(of: Command.accept)) \(confirmation.verb)   "
            : "\(key(of: Command.accept)) does nothing until it matches   "
        screen.put(
            [
                Word(keys, confirmation.isAnswered ? .warning : .dim, press: press(of: .accept)),
                Word("\(key(of: Command.cancel)) leave it", .hint, press: press(of: .cancel)),
            ],
            in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
    }

    private func draw(_ move: MoveDialog, on screen: inout Screen) {
        let subjects = move.units.map { Subject.unit($0) } + move.vms.map { .vm($0) }
        let kind = move.vms.isEmpty ? "units" : "VMs"
        let what = subjects.count == 1 ? facts.name(of: subjects[0]) : "\(subjects.count) \(kind)"
        let inner = box("Move \(what)", Size(width: 74, height: min(move.choices.count, 14) + 5), on: &screen)
        let height = inner.height - 3
        let top = max(0, min(move.selected - height / 2, move.choices.count - height))
        for offset in 0..<max(0, height) where top + offset < move.choices.count {
            let choice = move.choices[top + offset]
            let row = Rect(x: inner.x, y: inner.y + 1 + offset, width: inner.width)
            var line = [Word(top + offset == move.selected ? "▌" : " ", .borderFocused), Word(padded(choice.name, 18))]
            if choice.isAnywhere {
                line.append(Word(move.vms.isEmpty ? "the scheduler chooses" : "the cloud chooses", .dim))
            } else {
                line.append(Word(padded(choice.load, 11), .dim))
                line.append(
                    choice.isHere
                        ? Word("it is here", .dim) : choice.misfit.map { Word($0, .warning) } ?? Word("fits", .good))
            }
            screen.put(line, in: row)
            screen.zone(row, .row(top + offset))
            if top + offset == move.selected { screen.lay(row, on: .cursor) }
        }
        screen.put(
            button(.accept, "move") + [Word("   ")] + button(.cancel, "leave it"),
            in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
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
            screen.zone(line, .row(top + offset))
            if top + offset == palette.selected { screen.lay(line, on: .cursor) }
        }
        if palette.items.isEmpty { screen.put("nothing is called so", .dim, in: inner.row(1)) }
    }
}
