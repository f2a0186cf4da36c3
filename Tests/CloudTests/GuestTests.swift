import Foundation
import Programs
import Testing

extension Clouds {
    @Suite struct `A cluster of VMs` {
        private static let steady = "[Service]\nExecStart=/bin/sleep infinity\n"

        @Test(arguments: ["cloud-init", "ignition"])
        func `grows by VMs that join by themselves and take units, and shrinks`(userData: String) async throws {
            try await CloudStand.with { stand in
                try stand.configure(userData: userData)
                let begin = ContinuousClock.now
                try await stand.must("scale", "shop", "--to", "2", "--spread", "anti-affinity", limit: .seconds(120))
                print("measured: from nothing to two machines (\(userData)): \(ContinuousClock.now - begin)")
                let vms = try await stand.vms()
                #expect(vms.count == 2 && vms.allSatisfy { $0.machine != nil && $0.cluster == "shop" }, "\(vms)")
                #expect(Set(vms.compactMap(\.server)).count == 2, "\(vms)")

                let units = try (1...2).map { try stand.unit("steady@\($0).service", Self.steady) }
                let result = try await stand.run(["start"] + units)
                #expect(result.code == 0, "\(result)")
                for vm in vms {
                    let shown = try await CloudTestbed.shell(vm.id, "systemctl is-active 'steady@*.service'")
                    #expect(shown.output == "active\n", "\(vm.name): \(shown)")
                }

                try await stand.must("scale", "shop", "--to", "1", limit: .seconds(120))
                let left = try #require(try await stand.vms().first)
                #expect(try await stand.vms().count == 1)
                let shown = try await CloudTestbed.shell(left.id, "systemctl is-active 'steady@*.service'")
                #expect(shown.output == "active\nactive\n", "\(shown)")
            }
        }

        @Test func `has machines that go off, on and away with their VMs`() async throws {
            try await CloudStand.with { stand in
                try stand.configure()
                try await stand.must("scale", "shop", "--to", "1", limit: .seconds(120))
                let vm = try #require(try await stand.vms().first)
                try await stand.must("stop-vm", vm.name)
                try await stand.until(vm.name, "has left") { $0.state == "stopped" && $0.machine == nil }
                #expect(try await CloudTestbed.machineState(vm.id) == "dead")
                try await stand.must("start-vm", vm.name)
                try await stand.until(vm.name, "is back") { $0.state == "active" && $0.machine == vm.machine }
                try await stand.must("delete-vm", vm.name)
                try await Programs.eventually("its machine is gone", within: .seconds(30)) {
                    try await CloudTestbed.machineState(vm.id) == nil ? true : nil
                }
            }
        }

        @Test func `has machines that are built anew elsewhere when their server is dead`() async throws {
            try await CloudStand.with { stand in
                try stand.configure()
                try await stand.must("scale", "shop", "--to", "1", limit: .seconds(120))
                let vm = try #require(try await stand.vms().first)
                let server = try #require(vm.server)
                let result = try await stand.run(["start", try stand.unit("steady@1.service", Self.steady)])
                #expect(result.code == 0, "\(result)")

                try await CloudTestbed.fault("kill", server)
                try await stand.until(vm.name, "is lost") { $0.state == "lost" }
                try await stand.must("evacuate-vm", vm.name)
                try await stand.until(vm.name, "runs elsewhere", within: .seconds(60)) {
                    $0.state == "active" && $0.server != server && $0.machine != nil
                }
                try await Programs.eventually("its unit runs there", within: .seconds(30)) {
                    let shown = try await CloudTestbed.shell(vm.id, "systemctl is-active steady@1.service")
                    return shown.output == "active\n" ? true : nil
                }
                try await CloudTestbed.fault("start", server)
            }
        }

        @Test func `forms its own store by its ID`() async throws {
            try await CloudStand.with { stand in
                try stand.configure()
                let host = CloudTestbed.host(besides: stand.endpoint)
                let discovery = try Running([
                    Programs.quarterdeck, "discovery", "--listen", "\(host):8087", "--directory",
                    CloudStand.path("tokens"),
                ])
                defer { discovery.kill() }
                try await Programs.eventually("it serves", within: .seconds(10)) {
                    discovery.output.contains("ready") ? true : nil
                }
                let begin = ContinuousClock.now
                let words = [
                    "create-cluster", "own", "--size", "3", "--discovery", "http://\(host):8087", "--flavor", "tiny",
                    "--image", "coreos", "--network", "lan",
                ]
                let made = try await stand.run(words, limit: .seconds(180))
                print("measured: a cluster with a store of its own: \(ContinuousClock.now - begin)")
                #expect(made.code == 0 && made.output.contains("3 members came"), "\(made)")
                let again = try await stand.run(words)
                #expect(again.code == 1 && again.errors.contains("a token makes one cluster, once"), "\(again)")
            }
        }
    }
}
