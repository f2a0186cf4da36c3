import Foundation
import Programs
import Testing

@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `A story on the embedded farm` {
    @Test(arguments: ["scale-out", "server-loss", "crash-loop", "quorum-loss"])
    func `ends with the farm whole, whatever its viewer does meanwhile`(_ story: String) async throws {
        try await StoryStand.with("--story \(story) --step") { stage in
            try await stage.terminal.until("All keys work meanwhile", within: .seconds(60))
            // Who looks may scale too: the story's worker finds no machine all the same, and gets one.
            try await stage.terminal.keys("3", "G", "+")
            try await stage.terminal.until("more VMs")
            try await stage.terminal.keys("Enter", "y")
            try await stage.terminal.until("4/4", within: .seconds(60))
            try await stage.ends()
        }
    }

    @Test func `of a lost store says that knowledge is old, not that units are dead`() async throws {
        try await StoryStand.with("--story quorum-loss --step --triage") { stage in
            try await stage.goOn(until: "What runs goes on")
            let triage = try await stage.terminal.until("units run on, nothing can be changed")
            try await stage.terminal.until("SILENT", within: .seconds(40))
            #expect(!triage.contains("units fail"))
        }
    }

    @Test func `of simulated machines obeys orders, and refuses what it cannot do`() async throws {
        try await StoryStand.with("--simulated --machines 50 --units 300") { stage in
            let terminal = stage.terminal
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
