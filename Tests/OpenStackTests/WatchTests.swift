import Foundation
import Model
import Runtime
import Synchronization
import Testing
import Web

@testable import OpenStack

extension OpenStackSource {
    /// Observes until a report satisfies; returns all until then.
    func reports(until isEnough: @escaping @Sendable (Report, [Report]) async -> Bool) async throws -> [Report] {
        let (stream, sender) = AsyncStream.makeStream(of: Report.self)
        return try await withThrowingTaskGroup(of: [Report].self) { group in
            group.addTask {
                try await observe { sender.yield($0) }
                return []
            }
            group.addTask {
                var seen: [Report] = []
                for await report in stream {
                    seen.append(report)
                    if await isEnough(report, seen) { break }
                }
                return seen
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    /// The first whole picture that satisfies.
    func contents(where isRight: @escaping @Sendable (CloudContents) -> Bool) async throws -> CloudContents {
        let reports = try await reports { report, _ in report.contents.map { !$0.isPartial && isRight($0) } ?? false }
        return try #require(reports.last?.contents)
    }
}

extension Report {
    var contents: CloudContents? {
        if case .cloud(let contents) = body { contents } else { nil }
    }

    var isQuiet: Bool {
        if case .quiet = body { true } else { false }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `The watch on a cloud` {
    @Test func `shows the first page before it has all`() async throws {
        try await FakeCloud { state in
            state.vms = (1...450).map { FakeVM(id: "v\($0)", name: "web-\($0)") }
        }.serve { cloud in
            let reports = try await cloud.source().reports { report, _ in report.contents?.isPartial == false }
            let counts = reports.compactMap { $0.contents?.vms.count }
            #expect(reports.first?.contents?.isPartial == true)
            #expect((counts.first ?? 0) >= 200)
            #expect(counts.last == 450)
        }
    }

    @Test func `tells all there is, with names`() async throws {
        let data = Data("discovery: http://d/abc123".utf8).base64EncodedString()
        try await FakeCloud { state in
            state.vms = [
                FakeVM(id: "v1", name: "web-1", metadata: ["quarterdeck.cluster": "web"]),
                FakeVM(id: "v2", name: "old", host: "server2", userData: data),
            ]
        }.serve { cloud in
            let contents = try await cloud.source().contents {
                $0.quota != nil && $0.keys == ["mine"] && !$0.images.isEmpty
                    && !$0.customers.isEmpty && !$0.networks.isEmpty && !$0.flavors.isEmpty
            }

            #expect(contents.cloud == Cloud(id: "east", kind: "openstack", isAdmin: true))
            #expect(contents.servers.map(\.id) == ["east/server1", "east/server2"])
            #expect(contents.servers[0].vcpus == 64)
            #expect(contents.servers[0].zone == "nova")
            #expect(contents.vms.map(\.server) == ["east/server1", "east/server2"])
            #expect(contents.vms.map(\.cluster) == ["web", "abc123"])
            #expect(contents.vms.map(\.isByDiscovery) == [false, true])
            #expect(contents.vms.map(\.image) == ["coreos", "coreos"])
            #expect(contents.customers == [Customer(id: "p1", name: "shop")])
            #expect(contents.networks == [Network(name: "lan", subnets: ["10.0.0.0/16"])])
            #expect(contents.quota?.vcpus.limit == nil)
            #expect(contents.quota?.vms.left == 19)
        }
    }

    @Test func `asks one thing a poll while nothing changes`() async throws {
        try await FakeCloud { state in
            state.vms = (1...3).map { FakeVM(id: "v\($0)", name: "w", updated: .distantPast) }
        }.serve { cloud in
            let whole = Mutex<Int?>(nil)
            let isWhole = { @Sendable (contents: CloudContents) in
                !contents.isPartial && contents.quota != nil && contents.servers.count == 2 && contents.keys.count == 1
                    && !contents.images.isEmpty && !contents.customers.isEmpty && !contents.networks.isEmpty
                    && !contents.flavors.isEmpty
            }
            let reports = try await cloud.source(.vmsOnly).reports { report, _ in
                if let contents = report.contents, isWhole(contents) { whole.withLock { $0 = cloud.lines.count } }
                return whole.withLock { $0.map { cloud.lines.count >= $0 + 6 } ?? false }
            }
            let polls = cloud.lines.dropFirst(whole.withLock { $0 } ?? 0)
            #expect(polls.count <= reports.count { $0.isQuiet } + 1, "\(polls)")
            #expect(polls.allSatisfy { $0.hasPrefix("GET /compute/v2.1/servers/detail?all_tenants=1&changes-since=") })
        }
    }

    @Test func `notices a VM that is deleted behind our back`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a"), FakeVM(id: "v2", name: "b")] }.serve { cloud in
            let contents = try await cloud.source().reports { report, _ in
                guard let contents = report.contents, !contents.isPartial else { return false }
                if contents.vms.count == 2 {
                    cloud.change { state in
                        state.vms[0].status = "DELETED"
                        state.vms[0].updated = Date()
                    }
                }
                return contents.vms.count == 1
            }
            #expect(contents.last?.contents?.vms.map(\.id) == ["v2"])
        }
    }

    @Test func `shows VMs of a dead server as lost, and doubts that all are dead`() async throws {
        try await FakeCloud { state in
            state.vms = [
                FakeVM(id: "v1", name: "a"), FakeVM(id: "v2", name: "b", host: "server2"),
                FakeVM(id: "v3", name: "c", status: "SHUTOFF"),
            ]
            state.servers[0].state = "down"
        }.serve { cloud in
            let source = try cloud.source()
            let contents = try await source.contents { $0.servers.first?.state == .down }
            #expect(contents.vms.map(\.state) == [.lost("server server1 is down"), .active, .stopped])

            cloud.change { $0.servers[1].state = "down" }
            let all = try await source.contents { $0.servers.allSatisfy { $0.state == .down } }
            #expect(all.vms.map(\.state) == [.active, .active, .stopped])
            #expect(all.cloud.missing.first?.contains("control plane") == true)
        }
    }

    @Test func `shows a member what it may see, and why not more`() async throws {
        try await FakeCloud { state in
            state.isAdmin = false
            state.vms = [FakeVM(id: "v1", name: "a")]
        }.serve { cloud in
            let contents = try await cloud.source().contents { $0.cloud.isAdmin == false }
            #expect(contents.servers.map(\.id) == ["east/host-abcdef01"])
            #expect(contents.servers.map(\.state) == [.unknown])
            #expect(contents.vms.map(\.server) == ["east/host-abcdef01"])
            #expect(contents.cloud.missing.contains { $0.contains("admin role") })
        }
    }

    @Test func `lets one service fail without the others`() async throws {
        try await FakeCloud { state in
            state.services = ["compute", "network"]
            state.vms = [FakeVM(id: "v1", name: "a")]
            state.instead = { request, _ in request.path.first == "network" ? .no(500, "broken") : nil }
        }.serve { cloud in
            let contents = try await cloud.source().contents { $0.cloud.missing.count == 2 }
            #expect(contents.vms.count == 1)
            #expect(contents.cloud.missing[0].hasPrefix("images: cloud 'east' has no image service"))
            #expect(contents.cloud.missing[1].contains("networks: the network service answered 500: broken"))
        }
    }

    @Test func `asks Placement where Nova no longer tells sizes`() async throws {
        try await FakeCloud { state in
            state.vms = [FakeVM(id: "v1", name: "a")]
            state.instead = { request, _ in
                let isOld = request.headers["openstack-api-version"] == "compute 2.87"
                return isOld ? .no(406, "Version 2.87 is not supported") : nil
            }
        }.serve { cloud in
            let contents = try await cloud.source().contents { $0.servers.first?.vcpus != nil }
            #expect(contents.servers.map(\.vcpus) == [32, 32])
            #expect(contents.servers.map(\.memoryUsedMiB) == [700, 700])
        }
    }

    @Test func `tells what was done with a VM, and what went wrong`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let reports = try await cloud.source().reports { report, _ in
                if report.contents?.isPartial == false {
                    cloud.change { state in
                        state.vms[0].status = "SHUTOFF"
                        state.vms[0].updated = Date()
                        let at = Date().formatted(.iso8601)
                        state.actions = [
                            ["action": "confirmResize", "request_id": "r2", "start_time": at, "message": "Error"],
                            ["action": "stop", "request_id": "r1", "start_time": at],
                            ["action": "create", "request_id": "r0", "start_time": "2020-01-01T00:00:00Z"],
                        ]
                    }
                }
                if case .events = report.body { return true }
                return false
            }
            guard case .events(let events)? = reports.last?.body else { return }
            #expect(events.map(\.text) == ["was told to stop", "could not confirm resize"])
            #expect(events.map(\.weight) == [.note, .warning])
        }
    }

    @Test func `says when the cloud is silent, and goes on when it is back`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let reports = try await cloud.source().reports { report, seen in
                if report.contents?.isPartial == false {
                    cloud.change {
                        $0.instead = { request, _ in request.path.contains("servers") ? .no(500, "dead") : nil }
                    }
                }
                if case .silent = report.body { cloud.change { $0.instead = nil } }
                let wasSilent = seen.contains { if case .silent = $0.body { true } else { false } }
                return wasSilent && report.isQuiet
            }
            let words = reports.compactMap { if case .silent(let words) = $0.body { words } else { nil } }
            #expect(words.first?.contains("500: dead") == true)
        }
    }

    @Test func `gives up what cannot mend`() async throws {
        try await FakeCloud { $0.services = ["image"] }.serve { cloud in
            let words = await sentence { _ = try await cloud.source().reports { _, _ in false } }
            #expect(words.contains("has no compute service"))
        }
    }

    @Test func `makes names harmless`() async throws {
        try await FakeCloud { state in
            state.vms = [FakeVM(id: "v1", name: "a\u{1B}]0;evil\u{7}\u{202E}b", metadata: ["k\u{1B}[2J": "v\nw"])]
        }.serve { cloud in
            let vm = try #require(try await cloud.source().contents { _ in true }.vms.first)
            let text = vm.name + vm.metadata.map { $0.key + $0.value }.joined()
            #expect(
                text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E }, "\(text.debugDescription)")
        }
    }
}
