import Foundation
import Programs
import Testing

@Suite(.serialized) struct `The triage command` {
    private struct Answer: Decodable {
        struct Problem: Decodable {
            var key: String
            var kind: String
            var severity: String
            var cause: String
            var subjects: [String]
            var helps: [String]
        }

        var critical: Int
        var problems: [Problem]
    }

    @Test func `says what is wrong as text, in words alone and as JSON`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            let plain = try await Programs.eventually("a unit that fits nowhere", within: .seconds(30)) {
                let result = try await farm.run("triage", "--plain")
                return result.output.contains("gpu.service") && result.output.contains("flaky.service") ? result : nil
            }
            let lines = plain.output.split(separator: "\n")
            #expect(lines[0].hasPrefix("demo 20"))
            #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("critical ") || $0.hasPrefix("warning ") })
            #expect(plain.output.unicodeScalars.allSatisfy { !"✖└←▌".unicodeScalars.contains($0) })
            let json = try await farm.run("triage", "-o", "json")
            let answer = try JSONDecoder().decode(Answer.self, from: Data(json.output.utf8))
            #expect(json.code == (answer.critical > 0 ? 1 : 0))
            let waits = try #require(answer.problems.first { $0.subjects == ["gpu.service"] })
            #expect(waits.kind == "unit-waits")
            #expect(waits.cause == "separate" && waits.severity == "warning")
            let text = try await farm.run("triage")
            #expect(text.output.contains("! gpu.service waits: no machine has gpu=true"))
        }
    }

    @Test func `ends with 3 where nothing answers, and says so`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let configuration = folder + "/config.toml"
        try "[[contexts.home.clusters]]\nname = \"away\"\nendpoints = [\"http://127.0.0.1:1\"]\n".write(
            toFile: configuration, atomically: true, encoding: .utf8)
        let result = try await Program.run(["triage", "--plain", "--config", configuration])
        #expect(result.code == 3)
        #expect(result.output.contains("critical cluster away has a store that does not answer"))
        let both = try await Program.run(["triage", "--plain", "-o", "json", "--config", configuration])
        #expect(both.code == 2)
    }
}
