import Foundation
import Model
import Testing
import Web

@testable import OpenStack

/// Recorded requests and answers of a real cloud.
enum Samples {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Testbed/openstack-samples")

    static var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".json") }
            .map { String($0.dropLast(5)) }.sorted()
    }

    struct Sample {
        var method: String
        var path: String
        var status: Int
        var body: Data
    }

    static func sample(_ name: String) throws -> Sample {
        let data = try Data(contentsOf: folder.appending(path: "\(name).json"))
        let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        let request = try #require(json["request"])
        let response = try #require(json["response"])
        let body = try response["body"].map {
            try JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed)
        }
        let text = try #require(request["url"] as? String)
        let url = try #require(URL(string: text))
        return Sample(
            method: try #require(request["method"] as? String), path: url.path,
            status: try #require(response["status"] as? Int), body: body ?? Data())
    }

    static func decode<Message: Decodable>(_ type: Message.Type, _ name: String) throws -> Message {
        try JSONDecoder().decode(type, from: sample(name).body)
    }
}

private struct OneServer: Decodable {
    var server: NovaServer
}

@Suite struct `Recorded answers` {
    @Test(arguments: Samples.names)
    func `are all understood`(name: String) throws {
        let sample = try Samples.sample(name)
        guard sample.status < 300 else {
            let refusal = OpenStackError.Refusal(
                WebAnswer(status: sample.status, body: Array(sample.body)), service: "any", now: .zero)
            #expect(!refusal.message.isEmpty || sample.status == 300)
            return
        }
        guard let json = try? JSONSerialization.jsonObject(with: sample.body) as? [String: Any] else { return }
        for key in json.keys.sorted() {
            switch key {
            case "servers": #expect(try !Samples.decode(Listing<NovaServer>.self, name).items.isEmpty)
            case "server" where sample.method == "GET": _ = try Samples.decode(OneServer.self, name)
            case "hypervisors": #expect(try !Samples.decode(Listing<NovaHypervisor>.self, name).items.isEmpty)
            case "services": #expect(try !Samples.decode(Listing<NovaService>.self, name).items.isEmpty)
            case "flavors": #expect(try !Samples.decode(Listing<NovaFlavor>.self, name).items.isEmpty)
            case "images": #expect(try !Samples.decode(Listing<GlanceImage>.self, name).items.isEmpty)
            case "networks": #expect(try !Samples.decode(Listing<NeutronNetwork>.self, name).items.isEmpty)
            case "instanceActions": #expect(try !Samples.decode(Listing<NovaAction>.self, name).items.isEmpty)
            case "instanceAction": #expect(try !Samples.decode(Single.Action.self, name).instanceAction.steps.isEmpty)
            case "limits": #expect(try Samples.decode(NovaLimits.self, name).quota != nil)
            case "token": #expect(try Samples.decode(TokenMessage.self, name).token.expires_at != nil)
            case "projects": #expect(try Samples.decode(Listing<ProjectMessage>.self, name).items.count == 1)
            case "resource_providers":
                #expect(try Samples.decode(Listing<PlacementProvider>.self, name).items.count == 3)
            case "inventories":
                #expect(try Samples.decode(PlacementInventories.self, name).inventories["VCPU"]?.total == 64)
            case "usages" where json["resource_provider_generation"] != nil:
                #expect(try Samples.decode(PlacementUsages.self, name).usages["VCPU"] == 1)
            case "output": #expect(try Samples.decode(Single.Console.self, name).output != nil)
            case "server_groups": #expect(try Samples.decode(Listing<NovaGroup>.self, name).items.count == 1)
            default: break
            }
        }
    }

    @Test func `make a VM with all that an admin sees`() throws {
        let server = try Samples.decode(OneServer.self, "nova-server-active-admin").server

        let vm = KnownVM(server, cloud: "east").vm

        #expect(vm.name == "node-1")
        #expect(vm.state == .active)
        #expect(vm.power == "running")
        #expect(vm.flavor == "tiny")
        #expect(vm.addresses == ["10.42.0.194"])
        #expect(vm.ports == [VMPort(network: "lan", address: "10.42.0.194", mac: "fa:16:3e:c6:79:29")])
        #expect(vm.zone == "nova")
        #expect(vm.tags == ["cluster=demo"])
        #expect(vm.securityGroups == ["default"])
        #expect(vm.created?.iso8601 == "2026-11-22T15:01:08Z")
    }

    @Test func `give a fault's words`() throws {
        let server = try Samples.decode(OneServer.self, "nova-server-error-no-valid-host").server
        #expect(server.state == .error("No valid host was found. There are not enough hosts available."))
    }

    @Test func `make a quota without a limit where the cloud has none`() throws {
        let quota = try #require(Samples.decode(NovaLimits.self, "nova-limits").quota)
        #expect(quota.vms == Quota.Share(used: 0, limit: 20))
    }
}

@Suite struct `Times of services` {
    @Test(arguments: [
        ("2026-11-22T15:01:08Z", "2026-11-22T15:01:08Z"), ("2026-11-22T15:01:10.000000", "2026-11-22T15:01:10Z"),
        ("2026-11-22T16:01:05.123456Z", "2026-11-22T16:01:05Z"), ("2026-11-22T16:01:05+01:00", "2026-11-22T15:01:05Z"),
        ("2024-02-29T00:00:00-0030", "2024-02-29T00:30:00Z"),
    ])
    func `are read`(text: String, wanted: String) {
        #expect(Moment.iso8601(text)?.iso8601 == wanted)
    }

    @Test(arguments: ["", "now", "2026-11-22", "2026-13-22T15:01:08Z", "2026-11-22T15:01:08X", "2026-11-22T15:xx:08Z"])
    func `are nothing when they are none`(text: String) {
        #expect(Moment.iso8601(text) == nil)
    }

    @Test func `are read in HTTP's way`() {
        #expect(Moment.http("Sun, 22 Nov 2026 15:01:08 GMT")?.iso8601 == "2026-11-22T15:01:08Z")
        #expect(Moment.http("yesterday") == nil)
    }
}

@Suite struct `A discovery token in user data` {
    @Test(arguments: [
        "#cloud-config\ncoreos:\n  etcd2:\n    discovery: https://discovery.etcd.io/3e86b59982e49066c5d813af1c2e2579",
        "ExecStart=/bin/etcd --discovery=http://[::1]:2380/v2/keys/_etcd/3e86b59982e49066c5d813af1c2e2579 --x",
        #"{"contents":"[Service]\nEnvironment=ETCD_DISCOVERY=http://a/3e86b59982e49066c5d813af1c2e2579\n"}"#,
        "data:,ETCD_DISCOVERY%3Dhttps%3A%2F%2Fd%2F3e86b59982e49066c5d813af1c2e2579%0A",
        "# discovery is great\nDISCOVERY_URL='https://d.example/3e86b59982e49066c5d813af1c2e2579'",
    ])
    func `is found`(text: String) {
        let encoded = Data(text.utf8).base64EncodedString()
        #expect(DiscoveryToken.find(inBase64: encoded) == "3e86b59982e49066c5d813af1c2e2579")
    }

    @Test(arguments: ["", "discovery", "discovery: none\nhttp://x/y", "discovery: http://", "see http://x/discovery"])
    func `is none where there is none`(text: String) {
        #expect(DiscoveryToken.find(in: text) == nil)
    }
}
