public import Screen

/// One thing the console can do. Keys, help, palette, hints and the README's table all come from ``all``.
public struct Command: Sendable {
    /// Where help lists it.
    enum Group: String, CaseIterable, Sendable {
        case move = "Move"
        case look = "Look"
        case find = "Find"
        case time = "Time"
        case act = "Change"
        case log = "Logs"
        case answer = "Questions and prompts"
        case program = "Program"
    }

    /// What the keys go to: a place, or what lies over it.
    enum Mode: CaseIterable, Hashable, Sendable {
        case deck, details, log, events, orders, triage, help, whatIf, map
        case prompt, palette, confirmation, typedConfirmation, scale, move

        static let places: Set<Mode> = [
            .deck, .details, .log, .events, .orders, .triage, .help, .whatIf, .map,
        ]
        static let lists: Set<Mode> = [
            .deck, .details, .log, .events, .orders, .triage, .help, .whatIf, .map, .move,
        ]
        static let objects: Set<Mode> = [.deck, .details, .log, .triage, .map]
        static let typing: Set<Mode> = [.prompt, .palette, .typedConfirmation]
    }

    /// Whether it can be done now.
    enum Availability: Hashable, Sendable {
        case yes
        case no(String)
    }

    /// What it is called in help and in the palette.
    public let name: String
    /// The keys that do it.
    public private(set) var keys: [Key]
    let group: Group
    /// What it does, in a few words.
    public let help: String
    /// Its name in the hint line; nil keeps it out of there.
    var hint: String?
    let modes: Set<Mode>
    /// It asks for a change of the farm.
    var isChange = false
    /// It cannot be taken back, or stops something; it asks first.
    var isDestructive = false
    var availability: @Sendable (Console) -> Availability = { _ in .yes }
    let run: @Sendable (inout Console) -> [Console.Effect]

    /// Every command there is.
    public static let all: [Command] =
        moves + looks + whatIfs + triages + maps + finds + times + logs + changes + onVMs + answers + programs

    func with(keys: [Key]) -> Command {
        var command = self
        command.keys = keys
        return command
    }

    /// The keys as help and hints name them; what has none is found in the palette.
    public var keyNames: String { keys.isEmpty ? ":" : keys.map(\.name).joined(separator: " ") }

    /// The key that is named first.
    var keyName: String { keys.first?.name ?? "" }

    /// The README's table of keys: one row a command, grouped.
    public static var markdown: String {
        var text = ""
        for group in Group.allCases {
            let commands = all.filter { $0.group == group }
            guard !commands.isEmpty else { continue }
            text += "\n| \(group.rawValue) | |\n| --- | --- |\n"
            for command in commands {
                let names = command.keys.isEmpty ? [":" + command.name] : command.keys.map(\.name)
                let keys = names.map { "`\($0 == "|" ? "\\|" : $0)`" }.joined(separator: " ")
                text += "| \(keys) | \(command.help) |\n"
            }
        }
        return String(text.dropFirst())
    }
}

extension Console {
    /// What the keys go to now.
    var mode: Command.Mode {
        switch dialog {
        case .prompt: return .prompt
        case .palette: return .palette
        case .confirmation(let confirmation): return confirmation.required == nil ? .confirmation : .typedConfirmation
        case .scale: return .scale
        case .move: return .move
        case nil: return placeMode
        }
    }

    /// What the keys go to where nothing lies over the place.
    var placeMode: Command.Mode {
        switch place {
        case .deck: return .deck
        case .details: return details.tab == .log && log != nil ? .log : .details
        case .events: return .events
        case .orders: return .orders
        case .triage: return .triage
        case .help: return .help
        case .whatIf: return .whatIf
        case .map: return .map
        }
    }

    /// What may be done at this place, as commands; read-only contexts have none that change anything.
    var commands: [Command] {
        let mode = placeMode
        return table.filter { $0.modes.contains(mode) && !($0.isChange && setup.isReadOnly) }
    }

    /// Takes a key: text goes into what is being typed, everything else to the command that has it.
    mutating func press(_ key: Key) -> [Effect] {
        switch key {
        case .resize(let size):
            self.size = stage(size)
            return []
        case .focusGained, .focusLost: return []
        case .mouse(let mouse): return use(mouse)
        case .paste(let text): return paste(text)
        default: break
        }
        for at in panes.indices { panes[at].isPlaced = true }
        let mode = mode
        if let command = table.first(where: { $0.modes.contains(mode) && $0.keys.contains(key) }) {
            return perform(command)
        }
        if case .character(let character) = key { type(character) }
        return []
    }

    /// Does what a command does, or says why not.
    mutating func perform(_ command: Command) -> [Effect] {
        message = nil
        if command.isChange, let lock {
            tell(lock, .warning)
            return []
        }
        if command.isChange, let refusal = roleRefusal {
            tell(refusal, .warning)
            return []
        }
        if case .no(let why) = command.availability(self) {
            tell(why, .warning)
            return []
        }
        return command.run(&self)
    }

    private mutating func paste(_ text: String) -> [Effect] {
        guard Command.Mode.typing.contains(mode) else {
            tell("pasted text is not read as keys", .dim)
            return []
        }
        for character in text where !character.isNewline { type(character) }
        return []
    }
}
