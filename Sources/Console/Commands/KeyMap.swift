import Screen

/// Keys that a user gave to commands instead of the usual ones.
public struct KeyMap: Hashable, Sendable {
    private let changes: [String: [Key]]

    /// The usual keys.
    public init() {
        changes = [:]
    }

    /// Other keys for some commands: the command's name, a dash or a blank between its words, and the names of keys,
    /// `x`, `^x`, `F5`, `Space`; no key at all leaves the command to the palette.
    ///
    /// - Throws: `KeyMapError` naming what is unknown, or two commands that would share a key.
    public init(_ words: [String: [String]]) throws(KeyMapError) {
        var changes: [String: [Key]] = [:]
        for (word, names) in words.sorted(by: { $0.key < $1.key }) {
            let name = word.split(separator: "-").joined(separator: " ")
            guard let command = Command.all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw .command(word)
            }
            var keys: [Key] = []
            for name in names {
                guard let key = Key(name: name) else { throw .key(name, word) }
                keys.append(key)
            }
            changes[command.name] = keys
        }
        self.changes = changes
        if let clash = clash { throw clash }
    }

    /// All commands with the keys they have now.
    var commands: [Command] {
        changes.isEmpty ? Command.all : Command.all.map { $0.with(keys: changes[$0.name] ?? $0.keys) }
    }

    /// The first key that two commands have at one place, where at least one of them was given it.
    private var clash: KeyMapError? {
        let commands = commands
        for command in commands where changes[command.name] != nil {
            for key in command.keys {
                let modes = command.modes.sorted { "\($0)" < "\($1)" }
                for mode in modes {
                    if Command.Mode.typing.contains(mode), case .character = key {
                        return .typed(key.name, command.name)
                    }
                    let others = commands.filter { $0.name != command.name && $0.modes.contains(mode) }
                    if let other = others.first(where: { $0.keys.contains(key) }) {
                        return .clash(key.name, command.name, other.name, "\(mode)")
                    }
                }
            }
        }
        return nil
    }
}

/// What is wrong with a user's keys.
public enum KeyMapError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such command.
    case command(String)
    /// There is no such key: its name, and the command it was for.
    case key(String, String)
    /// Two commands would have one key: the key, both commands, and where.
    case clash(String, String, String, String)
    /// The key would be typed as text there: the key and the command.
    case typed(String, String)

    /// What, where, what to do.
    public var description: String {
        switch self {
        case .command(let name): "there is no command '\(name)'; the README's table of keys has their names"
        case .key(let key, let name):
            "'\(key)', for '\(name)', is no key; write x, X, ^x, F5, Space, Enter, Esc, Tab, S-Tab, Up, PgDn, …"
        case .clash(let key, let one, let other, let mode):
            "'\(key)' would be both '\(one)' and '\(other)' (\(mode)); give '\(other)' another key, or none: []"
        case .typed(let key, let name): "'\(key)' cannot be '\(name)': it is typed as text there"
        }
    }
}

extension Key {
    /// A key by the name that help gives it; arrows and others by words too.
    init?(name: String) {
        let words: [String: Key] = [
            "space": .character(" "), "enter": .enter, "esc": .escape, "escape": .escape, "tab": .tab,
            "s-tab": .backtab, "backspace": .backspace, "del": .delete, "ins": .insert, "up": .up, "down": .down,
            "left": .left, "right": .right, "home": .home, "end": .end, "pgup": .pageUp, "pgdn": .pageDown,
            "↑": .up, "↓": .down, "←": .left, "→": .right,
        ]
        let lower = name.lowercased()
        if let key = words[lower] {
            self = key
        } else if name.count == 1, let character = name.first, !character.isWhitespace {
            self = .character(character)
        } else if lower.count == 2, lower.hasPrefix("^"), let letter = lower.last, ("a"..."z").contains(letter) {
            self = .control(letter)
        } else if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...12).contains(number) {
            self = .function(number)
        } else {
            return nil
        }
    }
}

extension Console {
    /// The key that a command has, as hints name it.
    func key(of command: Command) -> String { changed(command).keyName }

    /// All keys that a command has, as help names them.
    func keys(of command: Command) -> String { changed(command).keyNames }

    private func changed(_ command: Command) -> Command { table.first { $0.name == command.name } ?? command }
}
