import Testing

@Suite struct `The project's files` {
    private static let ours = ProjectFiles.swift(below: "Sources") + ProjectFiles.swift(below: "Tests")

    @Test func `have at most 400 lines`() {
        for file in Self.ours
        where !file.path.hasSuffix("BundledThemes.swift") && !file.path.hasSuffix("GlyphTables.swift") {
            #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count)")
        }
    }

    @Test func `have functions of at most 60 lines`() {
        for file in Self.ours {
            for (name, length) in Self.functions(file) {
                #expect(length <= 60, "\(file.path): \(name) has \(length) lines")
            }
        }
    }

    @Test func `have lines of at most 120 columns`() {
        for file in ProjectFiles.swift(below: "Sources") where !file.path.hasSuffix("BundledThemes.swift") {
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }

    @Test func `force nothing`() {
        for file in Self.ours where !file.path.hasPrefix("Tests/TidyTests") {
            for (number, line) in file.lines.enumerated() {
                for word in ["try!", " as! ", "fatalError("] where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) has '\(word)'")
                }
            }
        }
    }

    @Test func `start unstructured tasks in Runtime alone`() {
        for file in ProjectFiles.swift(below: "Sources") where file.target != "Runtime" {
            for (number, line) in file.lines.enumerated() {
                let isTask = ["Task.detached", " Task {", " Task(priority", "=Task {"].contains { line.contains($0) }
                #expect(!isTask, "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `say why unchecked things are sound`() {
        for file in ProjectFiles.swift(below: "Sources") {
            let lines = file.lines
            for (number, line) in lines.enumerated() {
                guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { continue }
                let before = lines[max(0, number - 6)...number].joined(separator: "\n")
                #expect(before.contains("SAFETY:"), "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `stand at the top only where they belong`() {
        let allowed: Set<String> = [
            "LICENSE", "Package.resolved", "Package.swift", "README.md", "Sources", "Tests", "Themes",
        ]
        for name in ProjectFiles.topLevel where !name.hasPrefix(".") {
            #expect(allowed.contains(name), "\(name)")
        }
    }

    /// The functions of a file by their indentation, which the formatter keeps.
    private static func functions(_ file: ProjectFiles.File) -> [(String, Int)] {
        var open: (name: String, indent: Int, line: Int)?
        var found: [(String, Int)] = []
        for (number, line) in file.lines.enumerated() {
            let indent = line.prefix { $0 == " " }.count
            if let begun = open, indent == begun.indent, line.dropFirst(indent).hasPrefix("}") {
                found.append((begun.name, number - begun.line - 1))
                open = nil
            }
            let isFunction = line.contains("func ") && !line.contains("//") && indent <= 8
            if isFunction, open == nil, !line.hasSuffix("}") {
                open = (String(line.dropFirst(indent).prefix(60)), indent, number)
            }
        }
        return found
    }
}
