import Model
import Registry
import Testing

@Suite struct `Pages of fleet's API` {
    private struct Page: Decodable {
        struct Thing: Decodable {
            var name: String?
            var id: String?
            var machineID: String?
        }
        var nextPageToken: String?
        var units: [Thing]?
        var machines: [Thing]?
        var states: [Thing]?

        var names: [String] {
            (units ?? machines ?? states ?? []).map { ($0.name ?? $0.id ?? "") + ($0.machineID.map { " \($0)" } ?? "") }
        }
    }

    /// Walks a list to its end, at the sockets in turn.
    private func walk(_ stand: FleetStand, _ list: String, at sockets: [String]) async throws -> [[String]] {
        var pages: [[String]] = []
        var token: String?
        repeat {
            let query = token.map { "&nextPageToken=" + $0.replacing("=", with: "%3D") } ?? ""
            let answer = try await stand.get(
                "/fleet/v1/\(list)?alt=json\(query)", at: sockets[pages.count % sockets.count])
            #expect(answer.status == 200)
            let page = try answer.json(Page.self)
            pages.append(page.names)
            token = page.nextPageToken
        } while token != nil && pages.count < 1_000
        return pages
    }

    private func fill(_ stand: FleetStand, _ names: some Sequence<String>) async throws {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/true\n")
        for name in names { try await stand.registry.submit(try UnitName(name), file, .inactive) }
        try await stand.settle()
    }

    @Test(arguments: [0, 1, 99, 100, 101, 200, 250])
    func `hold a hundred each and none is empty but the only one`(count: Int) async throws {
        try await FleetStand.with { stand async throws in
            let names = (0..<count).map { "u\(1_000 + $0).service" }
            try await fill(stand, names)

            let pages = try await walk(stand, "units", at: [stand.socket])

            #expect(pages.flatMap(\.self) == names)
            #expect(pages.map(\.count).dropLast().allSatisfy { $0 == 100 })
            #expect(pages.count == max(1, (count + 99) / 100))
        }
    }

    @Test func `follow each other across agents with other sizes of pages`() async throws {
        try await FleetStand.with { stand async throws in
            let names = (0..<250).map { "u\(1_000 + $0).service" }
            try await fill(stand, names.shuffled())

            let pages = try await walk(stand, "units", at: [stand.socket, stand.otherSocket])

            #expect(pages.flatMap(\.self) == names)
            #expect(pages.map(\.count) == [100, 7, 100, 7, 36])
        }
    }

    @Test func `end, and repeat nothing, while units come and go`() async throws {
        try await FleetStand.with { stand async throws in
            try await fill(stand, (0..<30).map { "u\(100 + $0).service" })
            let first = try await stand.get("/fleet/v1/units", at: stand.otherSocket).json(Page.self)
            #expect(first.names.last == "u106.service")
            for name in ["u106.service", "u107.service"] {
                #expect(try await stand.send("DELETE", "/fleet/v1/units/\(name)").status == 204)
            }
            try await fill(stand, ["a.service"])

            let token = try #require(first.nextPageToken)
            let next = try await stand.get("/fleet/v1/units?nextPageToken=\(token)", at: stand.otherSocket)
            #expect(try next.json(Page.self).names.first == "u108.service")
        }
    }

    @Test func `hold machines and states too`() async throws {
        try await FleetStand.with { stand async throws in
            let machines = (10..<30).map { "m\($0)" }
            for machine in machines { try await stand.join(ID(machine)) }
            try await fill(stand, ["a.service", "b.service"])
            for name: UnitName in ["a.service", "b.service"] {
                for machine in machines { try await stand.say(name, ID(machine), UnitState(active: .active, sub: "x")) }
            }

            #expect(try await walk(stand, "machines", at: [stand.otherSocket]).flatMap(\.self) == machines)
            let rows = ["a.service", "b.service"].flatMap { name in machines.map { "\(name) \($0)" } }
            #expect(try await walk(stand, "state", at: [stand.otherSocket, stand.socket]).flatMap(\.self) == rows)
            #expect(try await walk(stand, "state", at: [stand.otherSocket]).map(\.count) == [7, 7, 7, 7, 7, 5])
        }
    }

    @Test func `beyond the last are empty`() async throws {
        try await FleetStand.with { stand async throws in
            try await fill(stand, (0..<8).map { "u\($0).service" })
            let token = try #require(
                try await stand.get("/fleet/v1/units", at: stand.otherSocket).json(Page.self).nextPageToken)
            #expect(try await stand.send("DELETE", "/fleet/v1/units/u7.service").status == 204)
            #expect(try await stand.get("/fleet/v1/units?nextPageToken=\(token)").text == told(200, "{}"))
        }
    }

    @Test(arguments: ["units", "machines", "state"])
    func `are refused for a token that is none`(list: String) async throws {
        try await FleetStand.with { stand async throws in
            try await fill(stand, (0..<8).map { "u\($0).service" })
            let units = try #require(
                try await stand.get("/fleet/v1/units", at: stand.otherSocket).json(Page.self).nextPageToken)
            var tokens = ["EwBMLg==", "ZAACAA==", "wjAAAA==", "basdfasdf", "", "!", "cWQx", "////"]
            if list != "units" { tokens.append(units) }
            for token in tokens {
                let answer = try await stand.get("/fleet/v1/\(list)?nextPageToken=\(token)&alt=json")
                #expect(answer.status == 400, "\(token)")
                #expect(answer.headers["content-type"] == "application/json")
                #expect(answer.body.contains("nextPageToken"))
            }
            let answer = try await stand.get("/fleet/v1/\(list)?nextPageToken=\(units)&nextPageToken=\(units)")
            #expect(answer.status == 400)
        }
    }
}
