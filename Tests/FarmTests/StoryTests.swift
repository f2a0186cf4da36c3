import Foundation
import Programs
import Testing

/// What somebody asks who is called at three in the morning, with the keys that the answer may take; each on a story
/// that really happens.
@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `A story on the embedded farm` {
    /// Runs a story in a folder of its own, where hand-overs are written.
    private static func with(
        _ words: String, width: Int = 120, height: Int = 40, _ work: (TerminalSession, String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("qd-story-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = "cd \(folder) && \(Program.path) demo \(words)"
        try await TerminalSession.with(command, width: width, height: height) { terminal in
            try await work(terminal, folder)
            try await terminal.keys("q")
        }
    }

    /// Lets the story go on until it says something; it waits behind every caption.
    private static func goOn(_ terminal: TerminalSession, until wanted: String) async throws {
        for _ in 0..<12 {
            let caption: String = try await Programs.eventually("the story waits", within: .seconds(120)) {
                let screen = try await terminal.screen()
                guard let start = screen.range(of: "▶ "), screen.contains("(^N)") else {
                    return nil
                }
                return String(screen[start.lowerBound...])
            }
            if caption.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ").contains(wanted) { return }
            try await terminal.keys("C-n")
            _ = try await Programs.eventually("the caption changes", within: .seconds(120)) {
                try await terminal.screen().contains(caption) ? nil : true
            }
        }
        try await terminal.until(wanted)
    }

    private static func ends(_ terminal: TerminalSession) async throws {
        try await goOn(terminal, until: "That was it")
        _ = try await Programs.eventually("the farm is whole", within: .seconds(30)) {
            let screen = try await terminal.screen()
            return screen.contains("nothing needs attention") || screen.contains("nothing is wrong") ? true : nil
        }
    }

    private static func handedOver(in folder: String) async throws -> String {
        try await Programs.eventually("the hand-over is written", within: .seconds(10)) {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            guard let name = names.first(where: { $0.hasPrefix("handover-") }) else { return nil }
            return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
    }

    @Test func `of a lost server says without a key what is broken, why, and how old that is`() async throws {
        try await Self.with("--story server-loss --step", width: 200, height: 50) { terminal, folder in
            try await Self.goOn(terminal, until: "Press t: one line says that server")
            // 1 and 2: what is broken, and what it is: no key.
            let deck = try await terminal.until(" is down · likely cause of ")
            // 5: can this screen be trusted; 6: who leads, is there a quorum: no key.
            #expect(deck.contains("· live"))
            #expect(deck.contains("LEADER") && !deck.contains("quorum"))
            // 7: what is wanted and does not run: no key.
            try await terminal.until("no machine fits", within: .seconds(30))
            // 3: since when, and what changed before: one key.
            try await terminal.keys("t")
            try await terminal.until("what changed before")
            let triage = try await terminal.until("says it is down")
            #expect(triage.contains("are lost") && triage.contains("← server"))
            // 10: hand over: one key.
            try await terminal.keys("Y")
            let text = try await Self.handedOver(in: folder)
            #expect(text.hasPrefix("CRITICAL server"))
            #expect(text.contains("what was tried: nothing from here"))
            // 3, the other way: what happened, newest first: one key.
            try await terminal.keys("e")
            let events = try await terminal.until("Events")
            #expect(events.contains("is down"))
            try await terminal.keys("Escape", "Escape")
            try await Self.ends(terminal)
        }
    }

    @Test func `of a bad release shows in one key what the logs say, and restarts in two`() async throws {
        try await Self.with("--story crash-loop --step --triage") { terminal, _ in
            try await Self.goOn(terminal, until: "Both crash, on different machines")
            let triage = try await terminal.until("on 2 machines")
            #expect(triage.contains("since their file changed"))
            // 4: what the logs say around the failure: one key.
            try await terminal.keys("l")
            try await terminal.until("unknown option 'listen'")
            try await terminal.keys("Escape")
            // 8: restart, and whether it worked: two keys.
            try await terminal.keys("r", "y")
            try await terminal.keys("o")
            let orders = try await terminal.until("restart web@1.service")
            #expect(orders.contains("Orders 2"))
            try await terminal.keys("o")
            try await Self.ends(terminal)
        }
    }

    @Test func `of a cluster that is too small shows what waits, and more VMs are asked in three keys`() async throws {
        try await Self.with("--story scale-out --step") { terminal, _ in
            try await terminal.until("All keys work meanwhile", within: .seconds(60))
            // 9: is there room, and more VMs.
            try await terminal.keys("+")
            try await terminal.until("more VMs")
            try await terminal.keys("Enter", "y")
            try await terminal.until("4/4", within: .seconds(60))
            // The story asks for a worker more than there are machines, and gives it one.
            try await Self.goOn(terminal, until: "waits, and says why")
            try await Self.ends(terminal)
        }
    }

    @Test func `of a lost store says that knowledge is old, not that units are dead`() async throws {
        try await Self.with("--story quorum-loss --step --triage") { terminal, _ in
            try await Self.goOn(terminal, until: "What runs goes on")
            let triage = try await terminal.until("units run on, nothing can be changed")
            try await terminal.until("SILENT", within: .seconds(40))
            #expect(!triage.contains("units fail"))
            try await Self.ends(terminal)
        }
    }

    @Test func `of simulated machines obeys orders, and refuses what it cannot do`() async throws {
        try await Self.with("--simulated --machines 50 --units 300") { terminal, _ in
            try await terminal.until("300 units ●300", within: .seconds(60))
            try await terminal.keys("4", "S", "y")
            try await terminal.until("●299", within: .seconds(20))
            try await terminal.keys("l")
            try await terminal.until("a simulated unit writes no log")
            try await terminal.keys("Escape", "3", "+", "Enter", "y")
            try await terminal.until("51 VMs", within: .seconds(20))
            try await terminal.until("26/26", within: .seconds(20))
        }
    }

    @Test func `is refused where it cannot be told`() async throws {
        let headless = try await Program.run(["demo", "--story", "server-loss", "--headless"])
        #expect(headless.code != 0)
        #expect(headless.errors.contains("--story is for the dashboard"))
        let unknown = try await Program.run(["demo", "--story", "nothing"])
        #expect(unknown.errors.contains("server-loss"))
    }
}
