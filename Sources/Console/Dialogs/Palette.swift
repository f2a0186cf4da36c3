import Model
import Screen

/// Everything by name: commands, panes, objects and themes.
struct Palette: Sendable {
    enum Action: Hashable, Sendable {
        case command(String)
        case subject(Subject)
        case theme(String)
    }

    struct Item: Hashable, Sendable {
        let title: String
        let detail: String
        let keys: String
        let action: Action
    }

    var text = ""
    var items: [Item] = []
    var selected = 0

    var choice: Item? { items.indices.contains(selected) ? items[selected] : nil }

    mutating func select(by delta: Int) {
        selected = min(max(0, selected + delta), max(0, items.count - 1))
    }

    /// How well a text answers what was typed: its letters in order, the closer together the better; nil for not.
    static func score(_ text: String, _ typed: [UInt8]) -> Int? {
        if typed.isEmpty { return 0 }
        var score = 0
        var matched = 0
        var last = -1
        var isWordStart = true
        for (position, byte) in text.utf8.enumerated() {
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lower == typed[matched] {
                score += last == position - 1 ? 8 : isWordStart ? 6 : 1
                if position == 0 { score += 4 }
                last = position
                matched += 1
                if matched == typed.count { return score * 4 - text.utf8.count / 4 }
            }
            isWordStart = byte == 0x20 || byte == 0x2D || byte == 0x2E || byte == 0x40
        }
        return nil
    }
}

extension Console {
    mutating func openPalette(_ text: String = "") -> [Effect] {
        var palette = Palette()
        palette.text = text
        palette.items = items(for: text)
        dialog = .palette(palette)
        return []
    }

    mutating func changePalette(_ change: (inout Palette) -> Void) {
        guard case .palette(var palette) = dialog else { return }
        let before = palette.text
        change(&palette)
        if palette.text != before {
            palette.items = items(for: palette.text)
            palette.selected = 0
        }
        dialog = .palette(palette)
    }

    /// What answers to the text, best first.
    private func items(for text: String) -> [Palette.Item] {
        let typed = Array(text.lowercased().utf8)
        var found: [(score: Int, item: Palette.Item)] = []
        for item in commandItems + themeItems {
            if let score = Palette.score(item.title, typed) { found.append((score + 2, item)) }
        }
        if !typed.isEmpty { found += objects(typed) }
        return found.sorted { ($1.score, $0.item.title, $0.item.detail) < ($0.score, $1.item.title, $1.item.detail) }
            .prefix(Limits.palette).map(\.item)
    }

    private var commandItems: [Palette.Item] {
        commands.map { Palette.Item(title: $0.name, detail: $0.help, keys: $0.keyNames, action: .command($0.name)) }
    }

    private var themeItems: [Palette.Item] {
        setup.themes.map { Palette.Item(title: "theme \($0)", detail: "", keys: "", action: .theme($0)) }
    }

    /// The objects that answer best; names are compared before anything is made of them, there may be very many.
    private func objects(_ typed: [UInt8]) -> [(score: Int, item: Palette.Item)] {
        var found: [(score: Int, pane: Int, row: Int)] = []
        for (pane, index) in indexes.enumerated() {
            for (row, subject) in index.subjects.enumerated() {
                if let score = Palette.score(facts.name(of: subject), typed) { found.append((score, pane, row)) }
            }
        }
        found.sort { ($1.score, $0.pane, $0.row) < ($0.score, $1.pane, $1.row) }
        return found.prefix(Limits.palette).map { one in
            let subject = indexes[one.pane].subjects[one.row]
            var detail = Facts.kind(of: subject)
            if case .unit(let key) = subject { detail += " of \(facts.name(of: .cluster(key.cluster)))" }
            let item = Palette.Item(title: facts.name(of: subject), detail: detail, keys: "", action: .subject(subject))
            return (one.score, item)
        }
    }

    mutating func perform(_ action: Palette.Action) -> [Effect] {
        switch action {
        case .command(let name):
            return table.first { $0.name == name && $0.modes.contains(placeMode) }.map { perform($0) } ?? []
        case .subject(let subject):
            let effects = close()
            places = [.deck]
            reveal(subject)
            return effects
        case .theme(let name):
            setup.theme = name
            return [.setTheme(name)]
        }
    }
}
