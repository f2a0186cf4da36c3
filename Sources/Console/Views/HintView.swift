import Screen

extension Console {
    /// A key in the hint line.
    private struct Hint {
        let key: String
        let label: String
        let isPossible: Bool
        /// What a click on it stands for.
        let press: Key?

        /// Columns, with the space behind it.
        var width: Int { Screen.columns(of: key) + 3 + Screen.columns(of: label) }
    }

    /// Below so many columns the hint line names only what can be done with the object at hand.
    private static let columnsForAll = 100

    /// The last line: a message, what is being typed, or the keys that matter here.
    func drawHint(in rect: Rect, on screen: inout Screen) {
        guard rect.height > 0 else { return }
        if case .prompt(let prompt) = dialog {
            draw(prompt, in: rect, on: &screen)
        } else if let message {
            screen.put([Word(" "), Word(message.text, message.face)], in: rect)
        } else {
            drawKeys(in: rect, on: &screen)
        }
    }

    private func draw(_ prompt: Prompt, in rect: Rect, on screen: inout Screen) {
        let label = " \(prompt.label): "
        screen.put([Word(label, .hintKey), Word(prompt.text, .input)], in: rect)
        screen.lay(rect, on: .input)
        let x = rect.x + Screen.columns(of: label) + Screen.columns(of: prompt.text)
        if x < rect.maxX { screen.caret = Point(x: x, y: rect.y) }
    }

    /// What is always said has its room; the rest fills the line. On a wide line keys keep their places, dim when of
    /// no use, so that moving the cursor does not rewrite it.
    private func drawKeys(in rect: Rect, on screen: inout Screen) {
        let named = commands.filter { $0.hint != nil }
        let always = ["filter", "search", "palette", "help"]
        let last = always.flatMap { name in named.filter { $0.name == name } }.map(hint)
        let groups: [Command.Group] = [.log, .act, .look, .find, .move, .program]
        let first = groups.flatMap { group in named.filter { $0.group == group && !always.contains($0.name) } }.map(
            hint)
        var room = rect.width - 2 - last.reduce(0) { $0 + $1.width }
        var shown: [Hint] = []
        for hint in first where hint.width <= room && (hint.isPossible || rect.width >= Self.columnsForAll) {
            shown.append(hint)
            room -= hint.width
        }
        var x = rect.x + 1
        for hint in shown + last where x + hint.width <= rect.maxX + 2 {
            let line = [
                Word(hint.key, hint.isPossible ? .hintKey : .dim, press: hint.press),
                Word(" \(hint.label)", hint.isPossible ? .hint : .dim, press: hint.press),
            ]
            screen.put(line, in: Rect(x: x, y: rect.y, width: hint.width))
            x += hint.width
        }
    }

    private func hint(_ command: Command) -> Hint {
        Hint(
            key: command.keyName, label: command.hint ?? command.name,
            isPossible: command.availability(self) == .yes
                && !(command.isChange && (lock != nil || roleRefusal != nil)),
            press: command.keys.first)
    }
}
