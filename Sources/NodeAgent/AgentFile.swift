import ArgumentParser
import FoundationEssentials
import Glibc
import Model

/// An agent's configuration file: the options of its command line, a line `name = value` each.
enum AgentFile {
    /// What the options of a file are on the command line; those that `words` has too are left out.
    /// - Throws: a sentence with file and line.
    static func words(_ path: String, besides words: [String]) throws -> [String] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw CommandFailure(
                .refused, "cannot read '\(SafeText.name(path))': \(String(cString: strerror(errno)))")
        }
        return try parse(String(decoding: data, as: UTF8.self), path, besides: words)
    }

    static func parse(_ text: String, _ path: String, besides words: [String]) throws -> [String] {
        let given = Set(words.filter { $0.hasPrefix("--") }.map { $0.prefix { $0 != "=" } })
        let names = AgentOptions.names
        var result: [String] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            let where_ = "\(SafeText.name(path)):\(index + 1)"
            guard let equals = line.firstIndex(of: "=") else {
                throw CommandFailure(.refused, "\(where_): '\(SafeText.clean(String(line)))' is not name = value")
            }
            let name = String(line[..<equals].trimmed)
            guard names.contains(name) else {
                throw CommandFailure(
                    .refused,
                    "\(where_): '\(SafeText.name(name))' is unknown; known are "
                        + names.sorted().joined(separator: ", "))
            }
            if given.contains("--\(name)"[...]) { continue }
            result += ["--\(name)", String(line[line.index(after: equals)...].trimmed)]
        }
        return result
    }
}

extension AgentOptions {
    /// The names of all options that take a value.
    static var names: Set<String> {
        Set((try? AgentOptions.parse([]))?.named.map(\.name) ?? []).subtracting(["config"])
    }

    /// What was asked, with the file's options where one is named.
    /// - Throws: a sentence for what does not fit together.
    func complete(_ words: [String]) throws -> AgentOptions {
        var whole = self
        if let config {
            let added = try AgentFile.words(config, besides: words)
            do {
                whole = try AgentOptions.parse(added + words)
            } catch {
                let text = AgentOptions.message(for: error)
                throw CommandFailure(.refused, "\(SafeText.name(config)): \(text)")
            }
        }
        guard whole.cluster != nil else {
            throw CommandFailure(.usage, "name the cluster with --cluster, or in a file with --config")
        }
        return whole
    }

    /// The words of the command line that are options of the agent.
    static func ownWords() -> [String] {
        var words = CommandLine.arguments.dropFirst()
        if words.first == AgentCommand.configuration.commandName { words = words.dropFirst() }
        return Array(words)
    }
}

extension StringProtocol {
    /// Without blanks at its ends.
    package var trimmed: SubSequence {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return rest
    }
}
