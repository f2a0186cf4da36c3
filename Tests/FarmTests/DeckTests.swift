import Foundation
import Programs
import Testing

@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `A deck in a terminal` {
    private static func deck(_ farm: TestFarm) -> String { "\(Program.path) deck --config \(farm.configuration)" }

    @Test func `shows the farm, obeys keys, and leaves the terminal as it was`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            try await TerminalSession.with(Self.deck(farm), width: 120, height: 40) { terminal in
                try await terminal.until("web@1.service")
                try await terminal.until("server1")
                try await Self.opensAndCloses(terminal)
                try await Self.scalesOut(terminal, farm)
                try await Self.followsTheSize(terminal)
                try await terminal.keys("q")
                try await Self.isWhole(terminal)
            }
        }
    }

    private static func opensAndCloses(_ terminal: TerminalSession) async throws {
        try await terminal.keys("?")
        try await terminal.until("Help")
        try await terminal.keys("Escape", "/")
        _ = try await terminal.tmux("send-keys", "-l", "worker")
        try await terminal.keys("Enter")
        _ = try await Programs.eventually("only what matches is listed", within: .seconds(10)) {
            let lists = try await terminal.screen().components(separatedBy: "Events").first ?? ""
            return lists.contains("worker@1.service") && !lists.contains("wiki@1.service") ? true : nil
        }
        try await terminal.keys("g", "l")
        try await terminal.until("FOLLOW")
        try await terminal.keys("Escape", "Escape")
        try await terminal.until("db.service")
    }

    private static func scalesOut(_ terminal: TerminalSession, _ farm: TestFarm) async throws {
        try await terminal.keys("3", "+")
        try await terminal.until("more VMs")
        try await terminal.keys("Enter", "y")
        try await terminal.until("customer-a-3", within: .seconds(30))
        _ = try await Programs.eventually("the VM joins", within: .seconds(30)) {
            try await farm.vms().contains { $0.name == "customer-a-3" && $0.machine != nil } ? true : nil
        }
    }

    private static func followsTheSize(_ terminal: TerminalSession) async throws {
        for (width, height) in [(80, 24), (40, 10), (1, 1), (200, 50)] {
            try await terminal.resize(width, height)
            try await Task.sleep(for: .milliseconds(300))
        }
        try await terminal.until("server3")
        try await terminal.until("web@1.service")
    }

    @Test func `stops and continues as the shell asks`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            try await TerminalSession.with(Self.deck(farm), width: 80, height: 24) { terminal in
                try await terminal.until("server1")
                try await terminal.keys("C-z")
                _ = try await terminal.tmux("send-keys", "-l", "echo in-the-$((40+2))-shell")
                try await terminal.keys("Enter")
                try await terminal.until("in-the-42-shell")
                _ = try await terminal.tmux("send-keys", "-l", "fg")
                try await terminal.keys("Enter")
                try await terminal.until("server1")
                try await terminal.keys("q")
                try await Self.isWhole(terminal)
            }
        }
    }

    @Test(arguments: ["TERM", "HUP", "SEGV"])
    func `leaves the terminal whole when it is ended by a signal`(signal: String) async throws {
        try await TestFarm.with(vms: 2) { farm in
            try await TerminalSession.with("SWIFT_BACKTRACE=enable=no " + Self.deck(farm), width: 80, height: 24) {
                terminal in
                try await terminal.until("server1")
                let found = try await Programs.run(
                    ["/usr/bin/pgrep", "-f", "deck --config \(farm.configuration)"])
                for pid in found.output.split(separator: "\n") {
                    _ = try await Programs.run(
                        ["/bin/kill", "-\(signal)", String(pid)])
                }
                try await Self.isWhole(terminal)
            }
        }
    }

    @Test func `says what is missing where it cannot draw`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let piped = try await farm.run("deck")
            #expect(piped.code == 1)
            #expect(piped.errors.contains("terminal"), "\(piped.errors)")
            let unknown = try await Program.run(
                ["deck", "--config", farm.configuration, "--theme", "nothing"])
            #expect(unknown.code == 1)
            #expect(unknown.errors.contains("there is no theme 'nothing'"))
        }
    }

    /// The shell is back, echoes, and the cursor is shown.
    private static func isWhole(_ terminal: TerminalSession) async throws {
        try await Task.sleep(for: .milliseconds(500))
        _ = try await terminal.tmux("send-keys", "-l", "stty -a | tr ' ' '\\n' | grep -x echo; echo whole-$((1+1))")
        try await terminal.keys("Enter")
        let screen = try await terminal.until("whole-2")
        #expect(screen.split(separator: "\n").contains("echo"), "\(screen)")
        let flags = try await terminal.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on} #{mouse_any_flag}")
        #expect(flags.output == "1 0 0\n")
    }
}
