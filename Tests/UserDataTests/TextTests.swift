import Testing
import UserData

/// The texts word for word, but for the agent's service.
@Suite struct `User data` {
    @Test(arguments: Plans.all.keys.sorted()) func `is this cloud-config`(name: String) throws {
        let plan = try #require(Plans.all[name])
        let text = try UserData.text(plan, format: .cloudInit)
        #expect(text.contains(Self.indentedUnit))
        #expect(text.replacing(Self.indentedUnit, with: "      UNIT\n") == Golden.cloudInit[name])
    }

    @Test(arguments: Plans.all.keys.sorted()) func `is this Ignition configuration`(name: String) throws {
        let plan = try #require(Plans.all[name])
        let text = try UserData.text(plan, format: .ignition)
        let shown = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.contains("Description=Quarterdeck node agent") ? "UNIT" : String(line)
        }
        #expect(shown.joined(separator: "\n") == Golden.ignition[name])
    }

    private static let indentedUnit = AgentService.unit(command: ["/usr/local/bin/quarterdeck-agent"])
        .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .map { $0.isEmpty ? "\n" : "      \($0)\n" }.joined()
}
