import Model
import TOMLKit

/// Reads a TOML document and collects everything wrong with it, each with its line.
struct TOMLReader {
    let file: String
    private let lines: [Substring]
    private(set) var problems: [SettingsError.Problem] = []

    init(file: String, text: String) {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The document; nil when it is no TOML, which is then the problem.
    mutating func document(_ text: String) -> TOMLTable? {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            complain(
                error.source.begin.line, "\(SafeText.clean(error.description, limit: 200)); correct the TOML there")
        } catch {
            complain(0, "this is no TOML: \(SafeText.clean("\(error)", limit: 200))")
        }
        return nil
    }

    mutating func complain(_ line: Int, _ text: String) {
        problems.append(SettingsError.Problem(line: line, text: text))
    }

    func failure() -> SettingsError { SettingsError(file: file, problems: problems) }

    /// Names every key that nobody reads.
    mutating func allow(_ keys: [String], in table: TOMLTable, _ place: Place) {
        for key in table.keys.sorted() where !keys.contains(key) {
            let shown = SafeText.clean(key, limit: 60)
            complain(
                line(of: key, place), "\(place.name) has no key '\(shown)'; it may have \(keys.joined(separator: ", "))"
            )
        }
    }

    mutating func string(_ key: String, in table: TOMLTable, _ place: Place) -> String? {
        guard let value = table[key] else { return nil }
        if let text = value.string { return text }
        complain(line(of: key, place), "'\(key)' of \(place.name) must be a text in quotes")
        return nil
    }

    /// One of a few words.
    mutating func word(_ key: String, of words: [String], in table: TOMLTable, _ place: Place) -> String? {
        guard let text = string(key, in: table, place) else { return nil }
        if words.contains(text) { return text }
        complain(
            line(of: key, place),
            "'\(key)' of \(place.name) must be one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))")
        return nil
    }

    mutating func flag(_ key: String, in table: TOMLTable, _ place: Place) -> Bool? {
        guard let value = table[key] else { return nil }
        if let flag = value.bool { return flag }
        complain(line(of: key, place), "'\(key)' of \(place.name) must be true or false")
        return nil
    }

    mutating func strings(_ key: String, in table: TOMLTable, _ place: Place) -> [String]? {
        guard let value = table[key] else { return nil }
        let texts = value.array.map { $0.compactMap(\.string) }
        if let texts, texts.count == value.array?.count { return texts }
        complain(
            line(of: key, place),
            "'\(key)' of \(place.name) must be a list of texts, such as [\"http://127.0.0.1:2379\"]")
        return nil
    }

    mutating func tables(_ key: String, in table: TOMLTable, _ place: Place) -> [TOMLTable] {
        guard let value = table[key] else { return [] }
        let found = value.array.map { $0.compactMap(\.table) }
        if let found, found.count == value.array?.count { return found }
        complain(line(of: key, place), "'\(key)' of \(place.name) must be written as [[\(place.header).\(key)]]")
        return []
    }

    /// Where something stands: the header of its table, and which one of several with that header.
    struct Place {
        var header: String
        var index = 0

        var name: String { header.isEmpty ? "the file" : "[\(header)]" }
    }

    /// The line of a key in its table, by its header; 0 when it is written some other way.
    func line(of key: String, _ place: Place) -> Int {
        var header = ""
        var seen = -1
        for (number, raw) in lines.enumerated() {
            let line = raw.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") {
                header = line.filter { !"[] \t\r\"".contains($0) }
                if header == place.header { seen += 1 }
                if header == (place.header.isEmpty ? key : place.header + "." + key) { return number + 1 }
            } else if header == place.header, place.header.isEmpty || seen == place.index {
                let name = line.prefix { $0 != "=" && $0 != "." }.filter { !" \t\"".contains($0) }
                if name == key { return number + 1 }
            }
        }
        return 0
    }
}
