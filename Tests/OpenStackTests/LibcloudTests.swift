import Foundation
import Model
import Programs
import Testing

@testable import OpenStack

/// The OpenStack answers that Apache Libcloud publishes with its tests, of clouds older than ours.
enum Libcloud {
    private static let version = "3.8.0"

    /// The folder they are in, fetched by pip; nil with the reason where that is not possible.
    static let folder: Result<URL, Programs.Failure> = fetch()

    private static func fetch() -> Result<URL, Programs.Failure> {
        let cache = FileManager.default.temporaryDirectory.appending(path: "qd-libcloud-\(version)")
        let found = cache.appending(
            path: "apache-libcloud-\(version)/libcloud/test/compute/fixtures/openstack_v1.1")
        if FileManager.default.fileExists(atPath: found.appending(path: "_servers.json").path) {
            return .success(found)
        }
        let script = """
            set -e; fresh=$(mktemp -d '\(cache.path).XXXXXX'); cd "$fresh"
            timeout 60 python3 -m pip download -q --no-deps --no-build-isolation --no-binary :all: -d . \
              apache-libcloud==\(version) || test -e apache*libcloud*.tar.gz
            tar xzf apache*libcloud*.tar.gz; rm -rf '\(cache.path)'; mv "$fresh" '\(cache.path)'
            """
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.standardError = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        guard (try? shell.run()) != nil else { return .failure(Programs.Failure("there is no shell")) }
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else {
            return .failure(Programs.Failure("pip cannot fetch apache-libcloud \(version) here"))
        }
        return .success(found)
    }

    static var isThere: Bool { (try? folder.get()) != nil }

    static func listing<Item: Listed>(_ type: Item.Type, _ name: String) throws -> Listing<Item> {
        let data = try Data(contentsOf: try folder.get().appending(path: "\(name).json"))
        return try JSONDecoder().decode(Listing<Item>.self, from: data)
    }
}

@Suite(.enabled(if: Libcloud.isThere, "pip cannot fetch Apache Libcloud's fixtures here"))
struct `Answers that Libcloud publishes` {
    @Test(arguments: ["_servers_detail", "_servers_detail_ERROR_STATE"])
    func `of VMs are understood`(name: String) throws {
        let servers = try Libcloud.listing(NovaServer.self, name)
        #expect(servers.unread == 0)
        #expect(!servers.items.isEmpty)
        for server in servers.items {
            let vm = KnownVM(server, cloud: "old").vm
            #expect(!vm.name.isEmpty)
            if case .unknown(let word) = vm.state { Issue.record("\(word)") }
        }
    }

    @Test func `of VMs keep addresses and images`() throws {
        let servers = try Libcloud.listing(NovaServer.self, "_servers_detail").items
        let vm = KnownVM(try #require(servers.first), cloud: "old")
        #expect(vm.vm.state == .building)
        #expect(vm.vm.addresses.first?.contains(":") == false)
        #expect(vm.vm.addresses.contains("50.57.94.35"))
        #expect(vm.flavorID != nil)
    }

    @Test func `of failed VMs say why`() throws {
        let servers = try Libcloud.listing(NovaServer.self, "_servers_detail_ERROR_STATE").items
        #expect(servers.contains { if case .error(let why) = $0.state { !why.isEmpty } else { false } })
    }

    @Test func `of everything else are understood`() throws {
        #expect(try Libcloud.listing(NovaFlavor.self, "_flavors_detail").items.count > 1)
        #expect(try Libcloud.listing(GlanceImage.self, "_images_v2").items.count > 1)
        #expect(try Libcloud.listing(GlanceImage.self, "_images_v2").next != nil)
        #expect(try Libcloud.listing(NovaKey.self, "_os_keypairs").items.count > 0)
        #expect(try Libcloud.listing(NeutronNetwork.self, "_v2_0__networks").items.count > 0)
        #expect(try Libcloud.listing(NeutronSubnet.self, "_v2_0__subnets").items.count > 0)
        #expect(try Libcloud.listing(NeutronPort.self, "_ports_v2").items.count > 0)
        #expect(try Libcloud.listing(NeutronFloating.self, "_v2_0__floatingips").items.count > 0)
        #expect(try Libcloud.listing(NeutronGroup.self, "_v2_0__security_groups").items.count > 0)
        #expect(try Libcloud.listing(NovaGroup.self, "_v2_0__os_server_groups").items.count > 0)
    }
}
