import FoundationEssentials
import Model
import Testing
import Triage

@Suite struct `A triage scenario` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scenarios")

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".triage") }.sorted()
    }

    @Test(arguments: names)
    func `is judged as it says`(name: String) throws {
        let file = Self.folder.appending(path: name)
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let parts = text.split(separator: "---\n", maxSplits: 1, omittingEmptySubsequences: false)
        let script = String(try #require(parts.first))
        let play = try Play(script)
        #expect(!play.looks.isEmpty)
        let judged = play.looks.map { Self.text($0.known) }.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            try Data((script + "---\n" + judged).utf8).write(to: file)
        } else {
            #expect(judged == parts.dropFirst().first.map(String.init), "run with REWRITE=1 and read the difference")
        }
    }

    @Test func `is there for every sort of problem`() throws {
        var seen: Set<Problem.Kind> = []
        for name in Self.names {
            let text = String(decoding: try Data(contentsOf: Self.folder.appending(path: name)), as: UTF8.self)
            let script = text.split(separator: "---\n", maxSplits: 1, omittingEmptySubsequences: false)[0]
            for look in try Play(String(script)).looks { seen.formUnion(Triage(look.known).problems.map(\.key.kind)) }
        }
        #expect(Self.names.count >= 20)
        #expect(Set(Problem.Kind.allCases).subtracting(seen) == [])
    }

    @Test func `that cannot be read names its line`() {
        #expect(throws: Play.Problem.self) { try Play("server a\n10 dance a\n") }
    }

    /// The plain lines, and below each cause what is known of it.
    static func text(_ known: Known) -> String {
        let triage = Triage(known)
        var lines: [String] = []
        for (line, problem) in zip(triage.plainLines(context: "farm").dropFirst(), triage.problems) {
            lines.append((problem.isSymptom ? "  <- " : "") + line)
            if problem.isSymptom { continue }
            lines += problem.evidence.map { "       heard: \(Self.text($0))" }
            lines += triage.before(problem, in: known.inventory).map { "       before: \(Self.text($0))" }
            lines.append("       helps: \(problem.helps.joined(separator: ", "))")
        }
        return ([triage.plainLines(context: "farm")[0]] + lines).joined(separator: "\n") + "\n"
    }

    private static func text(_ one: Problem.Evidence) -> String {
        "\(one.at?.timeOfDay ?? "-       ") \(one.from): \(one.text)"
    }
}
