import Foundation
import Model
import Runtime
import Testing

@testable import OpenStack

/// A real control plane, by the `clouds.yaml` that the variable names, with its clouds `admin` and `customer-b`.
private let clouds = ProcessInfo.processInfo.environment["QUARTERDECK_TEST_CLOUDS"]

private func source(_ cloud: String) throws -> OpenStackSource {
    let settings = try OpenStackSettings.load(
        cloud: cloud, environment: ["OS_CLIENT_CONFIG_FILE": try #require(clouds)])
    return try OpenStackSource(
        cloud: ID(cloud), settings: settings, clock: SystemClock(), intervals: OpenStackIntervals(vms: .seconds(1)))
}

@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: clouds != nil, "QUARTERDECK_TEST_CLOUDS names no clouds.yaml of a testbed"))
struct `A real cloud` {
    @Test func `makes a VM once, shows it, obeys, and forgets it`() async throws {
        let source = try source("customer-b")
        let choice = VMChoice(flavor: "tiny", image: "coreos", networks: ["lan"])
        let name = "real-\(Int(Date().timeIntervalSince1970))"
        let spec = VMSpec(name: name, cluster: "real", choice: choice, userData: "#cloud-config\n")
        let made = await source.carryOut(.createVM("customer-b", spec))
        #expect(made.isDone, "\(made)")
        let again = await source.carryOut(.createVM("customer-b", spec))
        #expect(again.isDone, "\(again)")

        let contents = try await source.contents { $0.vms.contains { $0.name == name && $0.state == .active } }
        let ours = contents.vms.filter { $0.name == name }
        #expect(ours.count == 1)
        let vm = try #require(ours.first)
        #expect(vm.cluster == "real")
        #expect(vm.server?.text.hasPrefix("customer-b/host-") == true)
        #expect(vm.tags == ["quarterdeck", "quarterdeck.cluster=real"])

        #expect(await source.carryOut(.act("customer-b", vm.id, .stop)).isDone)
        let stopped = try await source.reports { report, _ in
            report.contents?.vms.contains { $0.id == vm.id && $0.state == .stopped } == true
        }
        #expect(!stopped.isEmpty)
        let refused = await source.carryOut(.act("customer-b", vm.id, .stop))
        #expect(refused.text.contains("look at its state"), "\(refused)")
        let details = try await source.details(of: vm.id)
        #expect(details.actions.contains { $0.text == "was told to stop" }, "\(details)")
        #expect(details.networks.first?.hasPrefix("network lan · 10.42.") == true, "\(details.networks)")
        #expect(details.networks.contains { $0 == "security group default" }, "\(details.networks)")

        #expect(await source.carryOut(.act("customer-b", vm.id, .delete)).isDone)
        _ = try await source.contents { !$0.vms.contains { $0.id == vm.id } }
    }

    @Test func `tells an admin of servers, projects and images`() async throws {
        let contents = try await source("admin").read(.all)
        #expect(contents.servers.count >= 1)
        #expect(contents.servers.allSatisfy { $0.vcpus != nil && $0.zone != nil })
        #expect(contents.cloud.missing == [])
        #expect(contents.customers.contains { $0.name == "customer-b" })
        #expect(contents.images.contains("coreos"))
        #expect(contents.flavors.map(\.name).contains("tiny"))
        #expect(contents.networks.contains { $0.name == "lan" && $0.subnets == ["10.42.0.0/16"] })
        #expect(contents.quota?.vms.limit != nil)
    }

    @Test func `has the same figures in Placement`() async throws {
        let api = try await ComputeAPI(source("admin").session)
        let servers = try await api.hypervisors().items
        let figures = try await PlacementAPI(session: api.session).figures(of: servers.map(\.id))
        #expect(servers.allSatisfy { figures[$0.id]?.vcpus == $0.vcpus && figures[$0.id]?.vcpusUsed == $0.vcpusUsed })
    }

    @Test func `does not let a wrong password in`() async throws {
        var settings = try OpenStackSettings.load(
            cloud: "customer-b", environment: ["OS_CLIENT_CONFIG_FILE": try #require(clouds)])
        settings.credentials = .password(user: .name("customer-b", domain: .name("Default")), Secret("not-testbed"))
        let source = try OpenStackSource(cloud: "x", settings: settings, clock: SystemClock())
        let words = await sentence { _ = try await source.read(.vms) }
        #expect(words.contains("does not let user 'customer-b' in project 'customer-b' in"))
    }
}
