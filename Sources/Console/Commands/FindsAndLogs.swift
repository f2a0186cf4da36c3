import Screen

extension Command {
    static let finds: [Command] = [
        Command(
            name: "filter", keys: [.character("/")], group: .find,
            help: "only rows with these words; also `column:word`, `!word`",
            hint: "filter", modes: [.deck, .events]
        ) { $0.askFilter() },
        Command(
            name: "palette", keys: [.character(":"), .control("p")], group: .find,
            help: "any command, pane, object or theme by name", hint: "commands", modes: Mode.places
        ) { $0.openPalette() },
        Command(
            name: "next hit", keys: [.character("n")], group: .find, help: "next line with the text searched for",
            modes: [.log]
        ) { $0.find(1) },
        Command(
            name: "previous hit", keys: [.character("N")], group: .find,
            help: "previous line with the text searched for",
            modes: [.log]
        ) { $0.find(-1) },
    ]

    static let logs: [Command] = [
        Command(
            name: "search", keys: [.character("/")], group: .log, help: "search the log", hint: "search", modes: [.log]
        ) {
            $0.dialog = .prompt(Prompt(.search, text: $0.log?.search ?? ""))
            return []
        },
        Command(
            name: "follow", keys: [.character("f")], group: .log, help: "stay at the newest line", hint: "follow",
            modes: [.log]
        ) {
            $0.log?.follows.toggle()
            if let log = $0.log, !log.follows { $0.log?.top = max(0, log.lines.count - $0.details.height) }
            return []
        },
        Command(
            name: "wrap", keys: [.character("w")], group: .log, help: "long lines go on in the next row", hint: "wrap",
            modes: [.log]
        ) {
            $0.log?.wraps.toggle()
            return []
        },
        Command(
            name: "previous error", keys: [.character("E")], group: .log, help: "the last error before the line on top",
            hint: "error before", modes: [.log]
        ) { $0.findError(-1) },
        Command(
            name: "next error", keys: [.character("R")], group: .log, help: "the next error", modes: [.log]
        ) { $0.findError(1) },
    ]
}

extension Console {
    mutating func askFilter() -> [Effect] {
        let kind: Prompt.Kind = place == .events ? .eventFilter : .filter(focus)
        let text = place == .events ? lists.eventFilter.text : panes[focus.rawValue].filter.text
        dialog = .prompt(Prompt(kind, text: text))
        return []
    }

    mutating func find(_ direction: Int) -> [Effect] {
        guard let search = log?.search, !search.isEmpty else {
            tell("nothing was searched for yet")
            return []
        }
        if log?.find(direction, height: details.height) != true {
            tell("'\(search)' is not found further on", .warning)
        }
        return []
    }

    mutating func findError(_ direction: Int) -> [Effect] {
        if log?.findError(direction, height: details.height) != true { tell("no error further on") }
        return []
    }
}
