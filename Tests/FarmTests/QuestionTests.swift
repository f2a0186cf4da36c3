import Foundation
import Programs
import Testing

/// What somebody asks who is called at three in the morning. Each question is answered on a story that really happens,
/// from the first screen, in at most its number of keys.
@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `The question` {
    /// A screen of a story at a caption, and how many keys may still be pressed.
    private final class Look: Sendable {
        let stage: StoryStand
        private let left: Counter

        init(_ stage: StoryStand, keys: Int) {
            self.stage = stage
            left = Counter(keys)
        }

        /// Presses keys; more than the question may take are a failure.
        func press(_ keys: String...) async throws {
            #expect(left.take(keys.count), "\(keys) is a key too many")
            for key in keys { try await stage.terminal.keys(key) }
        }

        /// Waits until all of these are on the screen at once.
        @discardableResult
        func shows(_ texts: String..., within limit: Duration = .seconds(20)) async throws -> String {
            try await stage.shows(texts, within: limit)
        }
    }

    private static func ask(
        in keys: Int, of story: String, at caption: String, width: Int = 120, height: Int = 40,
        _ work: (Look) async throws -> Void
    ) async throws {
        try await StoryStand.with("--story \(story) --step", width: width, height: height) { stage in
            try await stage.goOn(until: caption)
            try await work(Look(stage, keys: keys))
        }
    }

    private static let fallen = "Press t: one line says that server"
    private static let crashing = "Both crash, on different machines"

    @Test func `1, what is broken and in which cluster, is answered by the first screen`() async throws {
        try await Self.ask(in: 0, of: "server-loss", at: Self.fallen, width: 80, height: 24) { look in
            try await look.shows("✖server", "is down", "✖customer-a-", "✖customer-b-", "lost", "~customer-a 2/3")
        }
    }

    @Test func `2, whether it is one server or one service, is answered by the first screen, and by the map`()
        async throws
    {
        try await Self.ask(in: 1, of: "server-loss", at: Self.fallen) { look in
            try await look.shows("is down · likely cause of")
            try await look.press("m")
            let map = try await look.shows("Map", "down")
            #expect(map.components(separatedBy: " down ").count >= 2 && map.contains("✖ server"))
        }
    }

    @Test func `3, since when and what changed before, takes one key`() async throws {
        try await Self.ask(in: 1, of: "crash-loop", at: Self.crashing) { look in
            try await look.press("t")
            try await look.shows("since their file changed", "what changed before", "has a new file")
        }
        try await Self.ask(in: 1, of: "server-loss", at: Self.fallen) { look in
            try await look.press("[")
            let past = try await look.shows("PAST", "s ago")
            #expect(!past.contains("✖server"))
        }
    }

    @Test func `4, what the logs say around the failure, takes two keys`() async throws {
        try await Self.ask(in: 2, of: "crash-loop", at: Self.crashing) { look in
            try await look.press("t", "l")
            try await look.shows("FOLLOW", "unknown option 'listen'", "error")
        }
    }

    @Test func `5, whether this screen can be trusted, is answered by the first screen`() async throws {
        try await Self.ask(in: 0, of: "quorum-loss", at: "What runs goes on") { look in
            // What is silent is named with its age; what is old is marked, and what is not is not.
            let screen = try await look.shows(
                "customer-b SILENT", "?customer-b", " ?mail@1.service", within: .seconds(40))
            #expect(!screen.contains("?worker@") && !screen.contains("?server1"))
        }
    }

    @Test func `6, whether the quorum and the leader are there, is answered by the first screen`() async throws {
        try await Self.ask(in: 0, of: "quorum-loss", at: "What runs goes on", width: 200, height: 50) { look in
            try await look.shows("QUORUM", "LEADER", " 1/1", within: .seconds(40))
            // Without etcd the store is one, which has no quorum to lose and is silent.
            let screen = try await look.shows("units run on, nothing can be changed", within: .seconds(40))
            #expect(screen.contains("✖1/3") || !StoryStand.hasEtcd, "\(screen)")
        }
    }

    @Test func `7, what is wanted and does not run, or bounces, is answered by the first screen`() async throws {
        try await Self.ask(in: 0, of: "scale-out", at: "waits, and says why", width: 80, height: 24) { look in
            try await look.shows("◌mail@", "no machine fits")
        }
        try await Self.ask(in: 0, of: "crash-loop", at: Self.crashing) { look in
            for _ in 0..<10 {
                // A unit that runs for the moment between two crashes is not well either.
                let screen = try await look.shows("web@1.service web@2.service crash again and again")
                #expect(!screen.contains("nothing needs attention"))
                try await Task.sleep(for: .milliseconds(300))
            }
            try await look.shows("✖web@1.service", "×)")
        }
    }

    @Test func `8, restart it or move it away, takes two keys, and says what became of it`() async throws {
        try await Self.ask(in: 2, of: "crash-loop", at: "Release 2 is out") { look in
            try await look.press("r", "y")
            try await look.shows("restart ", "is restarted on customer-a-")
        }
        // Enter takes the choice at hand, and is not counted.
        try await Self.ask(in: 2, of: "scale-out", at: "All keys work meanwhile") { look in
            try await look.press("M")
            try await look.stage.terminal.keys("Enter")
            try await look.press("y")
            try await look.shows("is placed on customer-", "moved by an operator")
        }
    }

    @Test func `9, whether there is room, and more VMs, takes four keys`() async throws {
        try await Self.ask(in: 4, of: "scale-out", at: "waits, and says why") { look in
            try await look.press("+")
            try await look.shows("servers with room", "VCPU", "free")
            try await look.press("2", "Enter", "y")
            try await look.shows("8 VMs ●8", within: .seconds(60))
        }
    }

    @Test func `10, what to hand over, takes one key`() async throws {
        try await Self.ask(in: 1, of: "server-loss", at: Self.fallen) { look in
            try await look.shows("is down · likely cause of")
            try await look.press("Y")
            let text = try await look.stage.handedOver()
            #expect(text.contains("CRITICAL server") && text.contains("is down"), "\(text)")
            #expect(text.contains("what changed before") && text.contains("what was tried: nothing from here"))
        }
    }
}

/// How many are left of something.
private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var left: Int

    init(_ left: Int) { self.left = left }

    func take(_ count: Int) -> Bool {
        lock.withLock {
            left -= count
            return left >= 0
        }
    }
}
