import Foundation
import Programs
import Testing

/// The program in a terminal on a farm that is simulated, and what it writes there.
@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `A dashboard` {
    private static let farm = "demo --simulated --machines 3 --units 6"

    private static func file(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(name)-\(UUID().uuidString)").path
    }

    /// Everything the program writes to its terminal from now on.
    private static func tap(_ terminal: TerminalSession) async throws -> String {
        let path = file("bytes")
        _ = try await terminal.tmux("pipe-pane", "-o", "cat > \(path)")
        return path
    }

    private static func bytes(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    /// The numbers of all sequences that set looks.
    private static func looks(_ text: String) -> [String] {
        text.matches(of: /\u{1B}\[([0-9;:]*)m/).flatMap { $0.1.split(whereSeparator: { $0 == ";" || $0 == ":" }) }
            .map(String.init)
    }

    private static func isColour(_ number: String) -> Bool {
        guard let value = Int(number) else { return false }
        return (30...38).contains(value) || (40...48).contains(value) || (90...107).contains(value)
    }

    @Test(arguments: [true, false])
    func `has no colours where NO_COLOR is set`(isSet: Bool) async throws {
        let command = "env \(isSet ? "NO_COLOR=1" : "-u NO_COLOR") \(Program.path) \(Self.farm)"
        try await TerminalSession.with(command, width: 100, height: 30) { terminal in
            let path = try await Self.tap(terminal)
            try await terminal.until("simulated")
            try await terminal.keys("t", "Escape", "Down", "q")
            let looks = try Self.looks(Self.bytes(path))

            #expect(!looks.isEmpty)
            #expect(looks.contains(where: Self.isColour) == !isSet)
        }
    }

    @Test func `brackets its frames for a terminal that answers that it knows them, and for no other`() async throws {
        try await TerminalSession.with("\(Program.path) \(Self.farm)", width: 100, height: 30) { terminal in
            let path = try await Self.tap(terminal)
            try await terminal.until("simulated")
            try await terminal.keys("Down", "Up")
            let before = try Self.bytes(path)
            #expect(!before.contains("\u{1B}[?2026h"))

            _ = try await terminal.tmux("send-keys", "-l", "\u{1B}[?2026;2$y")
            try await terminal.keys("t", "Escape", "Down")
            try await Programs.eventually("brackets", within: .seconds(10)) {
                let text = try Self.bytes(path)
                let (begins, ends) = (text.matches(of: /\u{1B}\[\?2026h/), text.matches(of: /\u{1B}\[\?2026l/))
                return begins.count > 1 && begins.count == ends.count ? true : nil
            }
            try await terminal.keys("q")
        }
    }

    @Test func `takes a paste for text, even if it is full of keys`() async throws {
        try await TerminalSession.with("\(Program.path) \(Self.farm)", width: 100, height: 30) { terminal in
            try await terminal.until("c-000")
            _ = try await terminal.tmux("send-keys", "-l", "\u{1B}[200~q\u{3}:quit\rt\u{1B}[201~")
            try await terminal.keys("?")
            try await terminal.until("Help")
            try await terminal.keys("Escape", "q")
        }
    }

    @Test func `of a recording goes faster and slower by keys, begins with triage, and obeys the user's keys`()
        async throws
    {
        let home = Self.file("home")
        try FileManager.default.createDirectory(
            atPath: home + "/quarterdeck", withIntermediateDirectories: true)
        try "theme = \"mono\"\n[keys]\nquit = \"F10\"\n".write(
            toFile: home + "/quarterdeck/config.toml", atomically: true, encoding: .utf8)
        let recording = Self.file("recording")
        let program = "XDG_CONFIG_HOME=\(home) \(Program.path)"
        try await TerminalSession.with(
            "\(program) \(Self.farm) --record \(recording)", width: 120, height: 30
        ) { terminal in
            try await terminal.until("c-000")
            try await Task.sleep(for: .seconds(3))
            // The usual key is nobody's here, the user's own leaves.
            try await terminal.keys("q", "t")
            try await terminal.until("Triage")
            try await terminal.keys("F10")
            _ = try await terminal.tmux("send-keys", "-l", "echo left-$((40+2))")
            try await terminal.keys("Enter")
            try await terminal.until("left-42")
        }
        try await TerminalSession.with("\(program) replay --triage \(recording)", width: 120, height: 30) { terminal in
            try await terminal.until("REPLAY simulated")
            try await terminal.until("Triage")
            try await terminal.keys("p")
            try await terminal.until("paused")
            try await terminal.keys("p", "{", ")")
            try await terminal.until("×2")
            try await terminal.keys("(", "(")
            try await terminal.until("×1/2")
            try await terminal.keys("q", "F10")
            _ = try await terminal.tmux("send-keys", "-l", "echo left-$((40+2))")
            try await terminal.keys("Enter")
            try await terminal.until("left-42")
        }
    }
}
