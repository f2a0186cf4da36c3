import Testing

@Suite struct `The project's words` {
    @Test func `are about the project alone`() {
        let banned = ["/work/", "TO" + "DO", "FIX" + "ME"]
        let files = ProjectFiles.swift(below: "Sources") + ProjectFiles.swift(below: "Tests")
        for file in files where !file.path.hasPrefix("Tests/TidyTests/WordTests") {
            for (number, line) in file.lines.enumerated() {
                for word in banned where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) says '\(word)'")
                }
            }
        }
    }

    @Test func `name no target Utils, Common, Helpers, Core or Manager`() {
        for path in ProjectFiles.paths(below: "Sources") {
            for part in path.split(separator: "/") {
                #expect(!["Utils", "Common", "Helpers", "Core", "Manager"].contains(String(part)), "\(path)")
            }
        }
    }
}
