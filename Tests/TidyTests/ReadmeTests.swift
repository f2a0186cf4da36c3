import Console
import FoundationEssentials
import Testing

@Suite struct `The README` {
    @Test func `has the keys of the command table`() throws {
        try Self.compare("keys", Command.markdown)
    }

    @Test func `has exactly two commands to set up, and they are CI's`() {
        let readme = ProjectFiles.text("README.md")
        let commands = readme.components("```sh\n").dropFirst().compactMap { $0.components("\n```").first }
        #expect(commands.count >= 2)
        #expect(commands[0].contains("swift run quarterdeck demo"))
        #expect(commands[1].contains("swift test --disable-xctest"))
        let packages = { (text: String) in
            Set(text.split(separator: " ").map(String.init).filter { $0.hasSuffix("-dev") || $0 == "tmux" })
        }
        #expect(packages(commands[0] + " " + commands[1]).isSubset(of: packages(ProjectFiles.text(".ci/run"))))
    }

    @Test func `names every subcommand`() {
        let readme = ProjectFiles.text("README.md")
        let files = ProjectFiles.swift(below: "Sources/quarterdeck")
        for file in files {
            for part in file.text.components("commandName: \"").dropFirst() {
                let name = part.prefix { $0 != "\"" }
                if ["quarterdeck", "guard", "get", "put", "rm"].contains(name) { continue }
                #expect(readme.contains("`\(name)`") || readme.contains("quarterdeck \(name)"), "\(name)")
            }
        }
    }

    /// Compares what stands between two marks with what it is made from; `REWRITE=1` writes it anew.
    private static func compare(_ mark: String, _ wanted: String) throws {
        let readme = ProjectFiles.text("README.md")
        let begin = try #require(readme.range(of: "<!-- \(mark) -->\n"))
        let end = try #require(readme.range(of: "<!-- end of \(mark) -->"))
        let text = wanted.hasSuffix("\n") ? wanted : wanted + "\n"
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            let rewritten = readme[..<begin.upperBound] + text + readme[end.lowerBound...]
            try Data(rewritten.utf8).write(to: URL(filePath: ProjectFiles.root + "/README.md"))
            return
        }
        #expect(readme[begin.upperBound..<end.lowerBound] == text)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }

    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
