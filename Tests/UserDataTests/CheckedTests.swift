import Foundation
import Model
import Programs
import Testing
import UserData

@Suite(.disabled(if: Validators.obstacle != nil, Validators.obstacle))
struct `User data, to the programs that read it` {
    @Test(arguments: Plans.all.keys.sorted()) func `is without fault as Ignition`(name: String) async throws {
        let plan = try #require(Plans.all[name])
        let text = try UserData.text(plan, format: .ignition)
        #expect(try await Validators.ignition(text) == "")
    }

    @Test(arguments: Plans.all.keys.sorted()) func `is without fault as cloud-config`(name: String) async throws {
        let plan = try #require(Plans.all[name])
        let text = try UserData.text(plan, format: .cloudInit)
        #expect(try await Validators.cloudInit(text) == "")
    }

    @Test func `would be found out if it had one`() async throws {
        let ignition = try UserData.text(Plans.small, format: .ignition)
        #expect(try await Validators.ignition(ignition.replacingOccurrences(of: "\"mode\"", with: "\"mod\"")) != "")
        let cloud = try UserData.text(Plans.small, format: .cloudInit)
        #expect(try await Validators.cloudInit(cloud.replacingOccurrences(of: "- path:", with: "- pat:")) != "")
    }

    @Test func `means the same in both forms, whatever is in it`() async throws {
        var chance = Chance(seed: 7)
        for _ in 0..<12 {
            let plan = chance.plan()
            guard let text = try? UserData.text(plan, format: .cloudInit) else { continue }
            let data = try await Validators.json(fromYAML: text)
            let config = try JSONDecoder().decode(CloudConfig.self, from: data)
            #expect(config.ssh_authorized_keys ?? [] == plan.sshKeys)
            let ignition = try UserData.text(plan, format: .ignition)
            let files = try IgnitionConfig(ignition).files
            for file in config.write_files where file.path.hasSuffix("agent.conf") || file.path.hasSuffix("token") {
                #expect(files[file.path] == file.content)
            }
            #expect(config.runcmd == [["sh", "/etc/quarterdeck/join"]])
            #expect(try await Validators.cloudInit(text) == "")
            #expect(try await Validators.ignition(ignition) == "")
        }
    }

    @Test func `makes units that systemd reads without a word`() async throws {
        try #require(FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze"))
        let folder = FileManager.default.temporaryDirectory.path + "/units-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder): \(error)") } }
        let path = folder + "/" + AgentService.name
        try AgentService.unit(command: ["/bin/true"]).write(toFile: path, atomically: true, encoding: .utf8)
        let result = try await Programs.run(["/usr/bin/systemd-analyze", "verify", "--man=no", path])
        #expect(!(result.output + result.errors).contains(AgentService.name), "\(result)")
    }
}

/// What cloud-init reads.
private struct CloudConfig: Decodable {
    struct File: Decodable {
        var path: String
        var content: String
    }
    var write_files: [File]
    var runcmd: [[String]]
    var ssh_authorized_keys: [String]?
}
