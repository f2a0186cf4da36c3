import FoundationEssentials
import Model
import Recording
import Testing

@Suite struct `The log of orders` {
    private static let start = Timestamp(milliseconds: 1_767_582_761_000)

    private static func path() -> String {
        FileManager.default.temporaryDirectory.appending(path: "orders-\(UUID().uuidString)/state/orders.log").path
    }

    private static func log(_ path: String) -> OrderLog {
        OrderLog(path: path, context: "prod", user: "eve", started: start)
    }

    @Test func `has an order before it goes out, and then what became of it`() async throws {
        let path = Self.path()
        let log = Self.log(path)

        let id = try await log.asked(.want("a", "web.service", .loaded), at: Self.start)
        #expect(try OrderLog.read(path).map(\.state) == ["asked"])
        try await log.ended(id, .refused("no such unit"), at: Self.start + .seconds(1))

        let lines = try OrderLog.read(path)
        #expect(lines.map(\.text) == ["stop web.service (cluster a, unit web.service)", "no such unit"])
        #expect(lines.map(\.state) == ["asked", "refused"])
        #expect(lines.map(\.at) == ["2026-01-05T03:12:41Z", "2026-01-05T03:12:42Z"])
        #expect(Set(lines.map(\.order)).count == 1)
        #expect(lines.allSatisfy { $0.context == "prod" && $0.who.hasPrefix("eve/") })
    }

    @Test func `only grows, whoever writes`() async throws {
        let path = Self.path()
        for _ in 0..<3 {
            let log = Self.log(path)
            _ = try await log.asked(.drain("a", "m"), at: Self.start)
        }

        #expect(try OrderLog.read(path).count == 3)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `is one line an order, whatever the words of it`() async throws {
        let path = Self.path()
        let log = Self.log(path)
        let id = try await log.asked(.want("a\nb\u{1B}[2J", "web.service", .launched), at: Self.start)
        try await log.ended(id, .failed("first\nsecond\tthird\u{1B}]52;c;x\u{7}"), at: Self.start)

        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.split(separator: "\n").count == 2)
        #expect(!text.unicodeScalars.contains("\u{1B}"))
    }

    @Test func `reads past a line that was torn`() async throws {
        let path = Self.path()
        _ = try await Self.log(path).asked(.drain("a", "m"), at: Self.start)
        let whole = try Data(contentsOf: URL(filePath: path))
        try (whole + whole.prefix(20)).write(to: URL(filePath: path))

        #expect(try OrderLog.read(path).count == 1)
    }

    @Test func `begins a line of its own behind one that was torn`() async throws {
        let path = Self.path()
        _ = try await Self.log(path).asked(.drain("a", "m"), at: Self.start)
        let whole = try Data(contentsOf: URL(filePath: path))
        for cut in [whole.count - 1, 20, 1] {
            try whole.prefix(cut).write(to: URL(filePath: path))
            let log = Self.log(path)
            let id = try await log.asked(.drain("a", "m"), at: Self.start)
            try await log.ended(id, .done("drained"), at: Self.start)

            // What lacks but its end is whole.
            let states = try OrderLog.read(path).map(\.state)
            #expect(states == (cut <= 20 ? ["asked", "done"] : ["asked", "asked", "done"]))
        }
    }

    @Test func `writes no empty lines into a file that is whole`() async throws {
        let path = Self.path()
        for _ in 0..<3 { _ = try await Self.log(path).asked(.drain("a", "m"), at: Self.start) }

        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!text.contains("\n\n") && !text.hasPrefix("\n"))
    }

    @Test func `says why it cannot be written`() async {
        let log = Self.log("/proc/nothing/orders.log")

        await #expect(throws: RecordingError.self) { try await log.asked(.drain("a", "m"), at: Self.start) }
    }
}
