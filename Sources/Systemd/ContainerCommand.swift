import Model

/// The container that a unit's command runs, as the command names it.
struct ContainerCommand: Hashable, Sendable {
    /// `podman` or `docker`.
    let engine: String
    /// The `--name`.
    var name: String?
    /// The file that will hold its ID.
    var idFile: String?

    /// Looks for `podman run` or `docker run` among the commands of a service; nil when there is none.
    init?(of file: UnitFile, _ specifiers: Specifiers) {
        for value in file.values("Service", "ExecStart") {
            guard let words = try? QuotedWords.split(value).map(specifiers.expand) else { continue }
            if let found = ContainerCommand(words: words) {
                self = found
                return
            }
        }
        return nil
    }

    private init?(words: [String]) {
        let program = words.first.map { $0.drop { "-@:+!".contains($0) } }
        guard let engine = program?.split(separator: "/").last.map(String.init), ["podman", "docker"].contains(engine),
            let run = words.firstIndex(of: "run")
        else { return nil }
        self.engine = engine
        let options = words[(run + 1)...]
        name = Self.value("--name", options)
        idFile = Self.value("--cidfile", options)
        if name == nil, idFile == nil { return nil }
    }

    /// `--option value` or `--option=value`; the first counts.
    private static func value(_ option: String, _ words: ArraySlice<String>) -> String? {
        for (index, word) in zip(words.indices, words) {
            if word == option, words.indices.contains(index + 1) { return words[index + 1] }
            if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
