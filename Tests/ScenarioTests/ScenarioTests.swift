import FoundationEssentials
import Simulation
import Testing

@Suite struct `A scenario` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scenarios")

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".scenario") }.sorted()
    }

    @Test(arguments: names)
    func `is played as its trace says`(name: String) throws {
        let file = Self.folder.appending(path: name)
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let parts = text.split(separator: "---\n", maxSplits: 1, omittingEmptySubsequences: false)
        let script = String(try #require(parts.first))
        var simulation = Simulation(play: try Play(parsing: script))
        let report = simulation.run()
        let trace = report.trace.joined(separator: "\n") + "\n"
        #expect(report.violations == [])
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            try Data((script + "---\n" + trace).utf8).write(to: file)
        } else {
            #expect(trace == parts.dropFirst().first.map(String.init), "run with REWRITE=1 and read the difference")
        }
    }

    @Test func `that cannot be read names its line`() {
        #expect(throws: Play.Problem.self) { try Play(parsing: "machine a\n10 dance a\n") }
        do {
            _ = try Play(parsing: "machine a\n10 dance a.service\n")
        } catch {
            #expect(error.description == "line 2: '10 dance a.service' is no step")
        }
    }
}
