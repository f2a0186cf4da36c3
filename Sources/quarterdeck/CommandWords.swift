/// The words of a command line as people used to fleetctl write them, put the way this program reads them.
enum CommandWords {
    /// Why a word is no command, where it is the beginning of several.
    static func ambiguity(_ words: [String], commands: [String]) -> String? {
        guard let word = words.first, !word.hasPrefix("-"), !commands.contains(word), word != "help" else { return nil }
        let found = commands.filter { $0.hasPrefix(word) }
        return found.count < 2 ? nil : "'\(word)' may be \(found.sorted().joined(separator: ", ")); write more of it"
    }

    /// - Parameter commands: the names of all subcommands
    static func plain(_ words: [String], commands: [String]) -> [String] {
        var options: [String] = []
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("-") {
            let name = String(word.prefix { $0 != "=" })
            if flags.contains(name) {
                options += flag(word, name)
                rest.removeFirst()
            } else if values.contains(name) {
                guard word.contains("=") || rest.count > 1 else { return words }
                options += rest.prefix(word.contains("=") ? 1 : 2)
                rest = rest.dropFirst(word.contains("=") ? 1 : 2)
            } else {
                return words
            }
        }
        guard let word = rest.popFirst() else { return words }
        if word == "version", rest.isEmpty { return ["--version"] }
        let command = full(word, commands)
        // What follows ssh's target is a command of somebody else's.
        return [command] + options + (command == "ssh" ? Array(rest) : arguments(Array(rest)))
    }

    /// The command that a word is the beginning of, where there is only one.
    private static func full(_ word: String, _ commands: [String]) -> String {
        if commands.contains(word) || word == "help" { return word }
        let found = commands.filter { $0.hasPrefix(word) }
        return found.count == 1 ? found[0] : word
    }

    private static func arguments(_ words: [String]) -> [String] {
        let end = words.firstIndex(of: "--") ?? words.endIndex
        return words[..<end].flatMap { word -> [String] in
            let name = String(word.prefix { $0 != "=" })
            return flags.contains(name) ? flag(word, name) : [word]
        } + words[end...]
    }

    /// `--full=true` is `--full`, `--full=false` nothing; ssh's strictness is told in words.
    private static func flag(_ word: String, _ name: String) -> [String] {
        let value = word == name ? "true" : FleetctlOptions.plainFlag(String(word.dropFirst(name.count + 1)))
        if name == "--strict-host-key-checking" { return ["\(name)=\(value)"] }
        switch value {
        case "true": return [name]
        case "false": return []
        default: return [word]
        }
    }

    /// What fleetctl takes before its subcommands.
    private static let values: Set<String> = [
        "--endpoint", "--driver", "--tunnel", "--ssh-username", "--ssh-timeout", "--known-hosts-file",
        "--request-timeout", "--etcd-key-prefix", "--ca-file", "--cert-file", "--key-file", "--config", "--context",
    ]

    /// What says yes or no there, and in its subcommands.
    private static let flags: Set<String> = [
        "--strict-host-key-checking", "--debug", "--experimental-api", "--full", "--l", "--no-legend", "--no-block",
        "--replace", "--sign", "--follow", "--f", "--sudo", "--forward-agent", "--A",
    ]
}
