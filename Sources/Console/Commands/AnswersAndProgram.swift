import Model
import Screen

extension Command {
    static let yes = Command(
        name: "yes", keys: [.character("y")], group: .answer, help: "do it; nothing else does", modes: [.confirmation]
    ) { $0.accept() }

    static let leave = Command(
        name: "no", keys: [.character("n"), .enter, .escape], group: .answer, help: "leave it",
        modes: [.confirmation]
    ) { $0.cancel() }

    static let accept = Command(
        name: "accept", keys: [.enter], group: .answer, help: "take what is typed or chosen",
        modes: [.prompt, .palette, .typedConfirmation, .scale, .move]
    ) { $0.accept() }

    static let cancel = Command(
        name: "cancel", keys: [.escape], group: .answer, help: "leave it",
        modes: [.prompt, .palette, .typedConfirmation, .scale, .move]
    ) { $0.cancel() }

    static let more = Command(
        name: "more", keys: [.character("+"), .right], group: .answer, help: "one more, next value", modes: [.scale]
    ) { $0.move(by: -1) }

    static let fewer = Command(
        name: "fewer", keys: [.character("-"), .left], group: .answer, help: "one fewer, previous value",
        modes: [.scale]
    ) { $0.move(by: 1) }

    static let answers: [Command] = [
        yes, leave, accept, cancel,
        Command(
            name: "erase", keys: [.backspace], group: .answer, help: "take the last character back",
            modes: [.prompt, .palette, .typedConfirmation, .scale]
        ) { $0.erase() },
        Command(
            name: "clear", keys: [.control("u")], group: .answer, help: "take all that was typed back",
            modes: [.prompt, .palette, .typedConfirmation]
        ) { $0.clearText() },
        Command(
            name: "next choice", keys: [.down, .control("n"), .tab], group: .answer, help: "next choice",
            modes: [.palette]
        ) { $0.choose(by: 1) },
        Command(
            name: "previous choice", keys: [.up, .backtab], group: .answer, help: "previous choice", modes: [.palette]
        ) { $0.choose(by: -1) },
        Command(name: "next field", keys: [.tab], group: .answer, help: "next field", modes: [.scale]) {
            $0.choose(by: 1)
        },
        Command(name: "previous field", keys: [.backtab], group: .answer, help: "previous field", modes: [.scale]) {
            $0.choose(by: -1)
        },
        more, fewer,
    ]

    static let nextContext = Command(
        name: "next context", keys: [.character(")")], group: .program,
        help: "the next context; in a recording: faster", modes: Mode.places,
        availability: { $0.hasContexts }
    ) { $0.turnContext(by: 1) }

    static let previousContext = Command(
        name: "previous context", keys: [.character("(")], group: .program,
        help: "the previous context; in a recording: slower", modes: Mode.places,
        availability: { $0.hasContexts }
    ) { $0.turnContext(by: -1) }

    static let goOn = Command(
        name: "next caption", keys: [.control("n")], group: .program, help: "let a story that waits go on",
        modes: Mode.places,
        availability: { $0.captionWaits ? .yes : .no("no story waits; 'demo --story NAME --step' tells one") }
    ) { _ in [.goOn] }

    static let programs: [Command] = [
        goOn,
        Command(
            name: "theme", keys: [.character("T")], group: .program, help: "next theme", modes: Mode.places
        ) { $0.nextTheme() },
        Command(
            name: "copy", keys: [.character("y")], group: .program, help: "copy the object's name, or the log shown",
            modes: Mode.places
        ) { $0.copy() },
        Command(
            name: "write", keys: [.character("W")], group: .program, help: "write the screen to a file",
            modes: Mode.places
        ) { $0.write() },
        nextContext, previousContext,
        Command(
            name: "redraw", keys: [.control("l")], group: .program, help: "draw the whole screen anew",
            modes: Set(Mode.allCases)
        ) { _ in [.redraw] },
        Command(
            name: "suspend", keys: [.control("z")], group: .program, help: "back to the shell; `fg` returns",
            modes: Set(Mode.allCases)
        ) { _ in [.suspend] },
        Command(
            name: "quit", keys: [.character("q")], group: .program, help: "leave", hint: "quit", modes: Mode.places
        ) { _ in [.quit] },
        Command(
            name: "quit at once", keys: [.control("c")], group: .program, help: "leave, from anywhere",
            modes: Set(Mode.allCases)
        ) { _ in [.quit] },
    ]
}

extension Console {
    mutating func nextTheme() -> [Effect] {
        guard !setup.themes.isEmpty else { return [] }
        let current = setup.themes.firstIndex(of: setup.theme) ?? -1
        setup.theme = setup.themes[(current + 1) % setup.themes.count]
        tell("theme \(setup.theme)")
        return [.setTheme(setup.theme)]
    }

    var hasContexts: Command.Availability {
        setup.replay != nil || setup.contexts.count > 1 ? .yes : .no("the configuration has one context")
    }

    mutating func turnContext(by delta: Int) -> [Effect] {
        if setup.replay != nil { return [.replay(delta > 0 ? .faster : .slower)] }
        let count = setup.contexts.count
        guard let at = setup.contexts.firstIndex(of: setup.context), count > 1 else { return [] }
        return [.context(setup.contexts[(at + delta + count) % count])]
    }

    mutating func copy() -> [Effect] {
        if mode == .log, let log {
            let lines = log.lines.suffix(1_000)
            tell("copied \(lines.count) lines")
            return [.copy(lines.map(\.text).joined(separator: "\n"))]
        }
        let names = targets.map { facts.name(of: $0) }
        guard !names.isEmpty else { return [] }
        tell("copied \(names.count == 1 ? names[0] : "\(names.count) names")")
        return [.copy(names.joined(separator: "\n"))]
    }

    mutating func write() -> [Effect] {
        let stamp = facts.now.iso8601.filter { $0 != ":" && $0 != "-" }
        return [.write(name: "quarterdeck-\(stamp).txt", view(wholeSize).text + "\n")]
    }
}
