import Foundation
import Programs
import Testing

/// A story on the embedded farm in a terminal, in a folder of its own, where hand-overs are written.
struct StoryStand: Sendable {
    let terminal: TerminalSession
    let folder: String

    /// A store of three members can lose its quorum.
    static var hasEtcd: Bool {
        ["/usr/bin/etcd", "/usr/local/bin/etcd"].contains { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs `demo` with these words, and leaves it after the work.
    static func with(
        _ words: String, width: Int = 120, height: Int = 40, _ work: (StoryStand) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("qd-story-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = "cd \(folder) && \(Program.path) demo \(words)"
        try await TerminalSession.with(command, width: width, height: height) { terminal in
            try await work(StoryStand(terminal: terminal, folder: folder))
            try await terminal.keys("q")
        }
    }

    /// Lets the story go on until it says something; it waits behind every caption.
    func goOn(until wanted: String) async throws {
        for _ in 0..<12 {
            let caption: String = try await Programs.eventually("the story waits", within: .seconds(120)) {
                let screen = try await terminal.screen()
                guard let start = screen.range(of: "▶ "), screen.contains("(^N)") else { return nil }
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

    /// Waits until all of these are on the screen at once.
    @discardableResult
    func shows(_ texts: [String], within limit: Duration = .seconds(20)) async throws -> String {
        do {
            return try await Programs.eventually("\(texts) on the screen", within: limit) {
                let screen = try await terminal.screen()
                return texts.allSatisfy { screen.contains($0) } ? screen : nil
            }
        } catch {
            let screen = try await terminal.screen()
            let missing = texts.filter { !screen.contains($0) }
            throw Program.Failure("\(missing) did not come; the screen:\n\(screen)")
        }
    }

    /// The story is through, and nothing is wrong any more.
    func ends() async throws {
        try await goOn(until: "That was it")
        // What crashed a moment ago is well when it has run for half a minute.
        _ = try await Programs.eventually("the farm is whole", within: .seconds(75)) {
            let screen = try await terminal.screen()
            return screen.contains("nothing needs attention") || screen.contains("nothing is wrong") ? true : nil
        }
    }

    func handedOver() async throws -> String {
        try await Programs.eventually("the hand-over is written", within: .seconds(10)) {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            guard let name = names.first(where: { $0.hasPrefix("handover-") }) else { return nil }
            return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
    }
}
