import Foundation
import Programs
import Testing

extension Clouds {
    @Suite struct `When the cloud breaks` {
        @Test func `a server that died is down, and its VMs are lost until it comes back`() async throws {
            try await CloudStand.with { stand in
                try await NovaClient().create("victim")
                let vm = try await stand.until("victim", "is active") { $0.state == "active" && $0.server != nil }
                let server = try #require(vm.server)
                try await CloudTestbed.fault("kill", server)
                let lost = try await stand.until("victim", "is lost") { $0.state == "lost" }
                #expect(lost.fault == "server \(server) is down")
                #expect(try await stand.servers().first { $0.name == server }?.state == "down")
                try await CloudTestbed.fault("start", server)
                try await stand.until("victim", "is back") { $0.state == "active" }
            }
        }

        @Test func `a Keystone that hangs is named, in time`() async throws {
            try await CloudStand.with { stand in
                try await CloudTestbed.fault("pause", "keystone")
                let begin = ContinuousClock.now
                let result = try await stand.run(["list-vms"], limit: .seconds(30))
                #expect(ContinuousClock.now - begin < .seconds(25))
                #expect(result.code == 3 && result.errors.contains("farm"), "\(result)")
            }
        }

        @Test func `a Nova that answers 503 is named, and what was known comes back with it`() async throws {
            try await CloudStand.with { stand in
                try await CloudTestbed.fault("http", "nova", "status=503")
                let result = try await stand.run(["list-vms"], limit: .seconds(30))
                #expect(result.code == 3 && result.errors.contains("503"), "\(result)")
                try await CloudTestbed.fault("http", "nova", "off")
                #expect(try await stand.vms().isEmpty)
            }
        }

        @Test func `a cloud that lets nobody in keeps no other from being shown`() async throws {
            try await CloudStand.with { stand in
                let list = try await stand.run(["list-servers"], as: "both.toml")
                #expect(list.code == 3 && list.errors.contains("cloud 'other'"), "\(list)")
                #expect(CloudStand.servers.allSatisfy { list.output.contains($0) }, "\(list)")
                let deck = try await stand.run(["deck", "--once", "--size", "160x40"], as: "both.toml")
                #expect(deck.output.contains("server1") && deck.output.contains("3 servers"), "\(deck)")
            }
        }

        @Test func `a wrong password is said, and never shown`() async throws {
            try await CloudStand.with { stand in
                let result = try await stand.run(["list-vms"], as: "wrong.toml")
                #expect(result.code != 0 && result.errors.contains("does not let user 'admin'"), "\(result)")
                #expect(result.errors.contains("wrong.yaml"), "\(result)")
                #expect(!(result.output + result.errors).contains("rosebud7"))
            }
        }

        @Test func `tokens that were revoked are asked for anew`() async throws {
            try await CloudStand.with { stand in
                let watching = try stand.start(["list-vms", "--watch"], as: "customer.toml")
                defer { watching.kill() }
                try await Programs.eventually("it watches", within: .seconds(20)) {
                    watching.output.contains("NAME") ? true : nil
                }
                // Revocations are known to the second: tokens of the same one are not told apart.
                try await Task.sleep(for: .milliseconds(1_100))
                try await NovaClient().revokeTokens(of: "customer-a")
                try await Task.sleep(for: .milliseconds(1_100))
                try await NovaClient(user: "customer-a").create("later")
                try await Programs.eventually("it sees what came later", within: .seconds(30)) {
                    watching.output.contains("later") ? true : nil
                }
            }
        }
    }
}
