import Foundation
import Model
import Runtime
import Testing
import Web

@testable import OpenStack

extension FakeCloud {
    fileprivate func session() throws -> Session { try Session(settings, clock: SystemClock()) }
}

private let limits = ServiceCall("GET", .compute, "/limits")

/// The sentence that something fails with.
func sentence(_ work: () async throws -> Void) async -> String {
    do {
        try await work()
        return "(done)"
    } catch {
        return "\(error)"
    }
}

@Suite(.timeLimit(.minutes(2))) struct `A session with a cloud` {
    @Test func `logs in once for all that wait`() async throws {
        try await FakeCloud().serve { cloud in
            let session = try cloud.session()

            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await session.answer(limits) } }
                try await group.waitForAll()
            }

            #expect(cloud.logins == 1)
            #expect(cloud.lines.count == 20)
        }
    }

    @Test func `logs in once more when its token is refused, and asks again once`() async throws {
        try await FakeCloud().serve { cloud in
            let session = try cloud.session()
            _ = try await session.answer(limits)
            cloud.change { $0.tokens = [] }

            _ = try await session.answer(limits)
            #expect(cloud.logins == 2)

            cloud.change { state in
                state.instead = { request, _ in request.path.last == "limits" ? .no(401, "no") : nil }
            }
            let words = await sentence { _ = try await session.answer(limits) }
            #expect(words.contains("the compute service answered 401"))
            #expect(cloud.logins == 3)
        }
    }

    @Test func `logs in anew before its token ends`() async throws {
        try await FakeCloud { $0.tokenSeconds = 1 }.serve { cloud in
            let session = try cloud.session()
            _ = try await session.answer(limits)
            try await Task.sleep(for: .seconds(1))
            _ = try await session.answer(limits)
            #expect(cloud.logins == 2)
        }
    }

    @Test func `does not try a refused login again, and tells no password`() async throws {
        try await FakeCloud().serve { cloud in
            var settings = cloud.settings
            let wrong = "swordfish-was-wrong"
            settings.credentials = .password(user: .name("ann", domain: .id("default")), Secret(wrong))
            let session = try Session(settings, clock: SystemClock())

            for _ in 1...3 {
                let words = await sentence { _ = try await session.answer(limits) }
                #expect(words.contains("does not let user 'ann' in project 'shop' in"))
                #expect(!words.contains(wrong))
            }
            #expect(cloud.logins == 1)
        }
    }

    @Test func `waits as long as a busy service asks, and no longer than it may`() async throws {
        try await FakeCloud().serve { cloud in
            cloud.change { state in
                state.instead = { request, state in
                    guard request.path.last == "limits" else { return nil }
                    let isFirst = !state.seen.dropLast().contains { $0.line.hasSuffix("/limits") }
                    return isFirst ? .no(503, "busy", headers: ["Retry-After": "1"]) : nil
                }
            }
            let session = try cloud.session()
            let begun = ContinuousClock.now
            _ = try await session.answer(limits)
            #expect(ContinuousClock.now - begun >= .seconds(1))
            #expect(cloud.lines.count == 2)

            cloud.change { state in
                state.instead = { request, _ in
                    request.path.last == "limits" ? .no(429, "slow down", headers: ["Retry-After": "3600"]) : nil
                }
            }
            #expect(await sentence { _ = try await session.answer(limits) }.contains("429: slow down"))
            #expect(cloud.lines.count == 3)
        }
    }

    @Test func `never sends an order twice because a service is busy`() async throws {
        try await FakeCloud { state in
            state.instead = { request, _ in
                request.method == "POST" && request.path.last == "action" ? .no(503, "x") : nil
            }
        }.serve { cloud in
            let session = try cloud.session()
            _ = await sentence { _ = try await session.answer(ServiceCall("POST", .compute, "/servers/v/action")) }
            #expect(cloud.lines.count == 1)
        }
    }

    @Test func `carries its token to no other place`() async throws {
        try await FakeCloud { state in
            state.instead = { request, state in
                guard request.path.last == "limits" else { return nil }
                return WebResponse(status: 302, headers: ["Location": state.base + "/evil"])
            }
        }.serve { cloud in
            let words = await sentence { _ = try await cloud.session().answer(limits) }
            #expect(words.contains("sends us on to"))
            #expect(!cloud.lines.contains { $0.contains("evil") })
        }
    }

    @Test func `reads all pages by its own addresses, and leaves a circle`() async throws {
        try await FakeCloud { state in
            state.vms = (1...7).map { FakeVM(id: "v\($0)", name: "web-\($0)") }
            state.pageMax = 3
        }.serve { cloud in
            let api = try await ComputeAPI(cloud.session())
            let pages = try await api.servers(ofAll: true)
            #expect(pages.items.map(\.id) == (1...7).map { "v\($0)" })
            #expect(pages.cut == nil)
            #expect(cloud.lines.filter { $0.contains("/servers/detail") }.count == 3)

            cloud.change { state in
                state.instead = { request, _ in
                    guard request.path.last == "detail" else { return nil }
                    let link = [["rel": "next", "href": "/servers/detail?marker=v1"]]
                    return .json(["servers": [["id": "v1"]], "servers_links": link])
                }
            }
            let circle = try await api.servers(ofAll: true)
            #expect(circle.items.count == 2)
            #expect(circle.cut == "its pages lead in a circle")
        }
    }

    @Test func `asks in a version that both know`() async throws {
        try await FakeCloud { $0.highest = "2.60" }.serve { cloud in
            let api = try await ComputeAPI(cloud.session())
            _ = try await api.hypervisors()
            #expect(cloud.seen.last?.headers["openstack-api-version"] == "compute 2.60")
        }
        try await FakeCloud { $0.highest = "2.100" }.serve { cloud in
            let api = try await ComputeAPI(cloud.session())
            _ = try await api.services()
            #expect(cloud.seen.last?.headers["openstack-api-version"] == "compute 2.93")
            _ = try await api.hypervisors()
            #expect(cloud.seen.last?.headers["openstack-api-version"] == "compute 2.87")
        }
    }

    @Test func `says what a catalog has instead`() async throws {
        try await FakeCloud { $0.services = ["image"] }.serve { cloud in
            let words = await sentence { _ = try await cloud.session().answer(limits) }
            #expect(words == "cloud 'east' has no compute service; its catalog has 'image'")
        }
        try await FakeCloud().serve { cloud in
            var settings = cloud.settings
            settings.region = "Two"
            let words = await sentence { _ = try await Session(settings, clock: SystemClock()).answer(limits) }
            #expect(words.contains("no compute service in region 'Two'; it has 'One': correct 'region_name'"))
            settings.region = nil
            settings.interface = "internal"
            let other = await sentence { _ = try await Session(settings, clock: SystemClock()).answer(limits) }
            #expect(other.contains("shows no internal address of the compute service; it has 'public'"))
        }
    }

    @Test func `speaks to addresses of IPv6`() async throws {
        try await FakeCloud().serve(host: "::1") { cloud in
            _ = try await cloud.session().answer(limits)
            #expect(cloud.base.hasPrefix("http://[::1]:"))
            #expect(cloud.lines == ["GET /compute/v2.1/limits"])
        }
    }

    @Test func `tells nobody's secrets that a service sends back`() async throws {
        try await FakeCloud { state in
            state.instead = { request, state in
                guard request.path.last == "limits" else { return nil }
                return .no(400, "token \(request.headers["x-auth-token"] ?? "") of \(FakeCloud.password)\u{1B}[2J")
            }
        }.serve { cloud in
            let words = await sentence { _ = try await cloud.session().answer(limits) }
            #expect(words == "the compute service answered 400: token ••• of •••·[2J")
        }
    }

    @Test func `says when nobody answers`() async throws {
        var settings = FakeCloud { $0.base = "http://127.0.0.1:9" }.settings
        settings.cacert = nil
        let session = try Session(settings, clock: SystemClock())
        let words = await sentence { _ = try await session.answer(limits) }
        #expect(words.contains("cannot reach 'http://127.0.0.1:9/identity/v3/auth/tokens'"))
        settings.cacert = "/nowhere/ca.pem"
        #expect(await sentence { _ = try Session(settings, clock: SystemClock()) }.contains("'/nowhere/ca.pem'"))
    }
}
