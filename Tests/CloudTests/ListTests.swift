import Foundation
import Programs
import Testing

extension Clouds {
    @Suite struct `The lists` {
        @Test func `show the servers, and a VM with what is known of it`() async throws {
            try await CloudStand.with { stand in
                let servers = try await stand.servers()
                #expect(servers.map(\.name) == CloudStand.servers)
                #expect(servers.allSatisfy { $0.state == "up" && $0.vcpus == 64 && $0.vms == 0 })

                try await NovaClient().create("lonely", metadata: ["quarterdeck.cluster": "shop"])
                let vm = try await stand.until("lonely", "is active") { $0.state == "active" }
                #expect(vm.cluster == "shop" && vm.flavor == "tiny" && vm.addresses.count == 1)
                let carrying = try await stand.servers().filter { $0.vms == 1 }
                #expect(carrying.map(\.name) == vm.server.map { [$0] })
            }
        }

        @Test func `forget a VM that was deleted behind our back`() async throws {
            try await CloudStand.with { stand in
                let nova = try await NovaClient()
                let id = try await nova.create("short")
                try await stand.until("short", "is active") { $0.state == "active" }
                let watching = try stand.start(["list-vms", "--watch"])
                defer { watching.kill() }
                try await Programs.eventually("it is watched", within: .seconds(20)) {
                    watching.output.contains("short") ? true : nil
                }
                try await nova.delete(id)
                try await Programs.eventually("it is gone from the list", within: .seconds(30)) {
                    watching.output.components(separatedBy: "NAME").last?.contains("short") == false ? true : nil
                }
                #expect(try await stand.vm("short") == nil)
            }
        }

        @Test func `say why a VM cannot be made`() async throws {
            try await CloudStand.with { stand in
                try await NovaClient().create("broken", metadata: ["ostb_build": "fail"])
                let vm = try await stand.until("broken", "has failed") { $0.state == "error" }
                #expect(vm.fault?.contains("maximum number of retries") == true, "\(vm)")
            }
        }

        @Test func `of a customer have what the cloud lets it see, and say what is missing`() async throws {
            try await CloudStand.with { stand in
                try await NovaClient(user: "customer-a").create("mine")
                try await NovaClient().create("another's")
                let result = try await Programs.eventually("the VM is there", within: .seconds(30)) {
                    let result = try await stand.run(["list-vms", "-o", "json"], as: "customer.toml")
                    return result.output.contains("\"mine\"") ? result : nil
                }
                #expect(!result.output.contains("another's"))
                #expect(result.code == 0, "\(result)")
                let servers = try await stand.run(["list-servers"], as: "customer.toml")
                #expect(!servers.output.contains("server1"), "\(servers)")
            }
        }
    }
}
