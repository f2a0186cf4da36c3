import Foundation
import Programs
import Testing

/// A program in a real terminal: a tmux of its own.
final class TerminalSession: Sendable {
    private let socket: String

    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")

    private init(socket: String) {
        self.socket = socket
    }

    /// Runs a shell command line in a terminal of a size, and ends it after the work.
    static func with(
        _ command: String, width: Int, height: Int, _ work: (TerminalSession) async throws -> Void
    ) async throws {
        let session = TerminalSession(socket: "qd-test-\(UUID().uuidString)")
        let started = try await session.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "sh")
        #expect(started.code == 0, "\(started.errors)")
        _ = try await session.tmux("send-keys", "-l", command)
        _ = try await session.tmux("send-keys", "Enter")
        do {
            try await work(session)
        } catch {
            _ = try? await session.tmux("kill-server")
            throw error
        }
        _ = try await session.tmux("kill-server")
    }

    func keys(_ names: String...) async throws {
        for name in names {
            _ = try await tmux("send-keys", name)
            // An Escape and the next key, sent at once, would be one key with Alt.
            try await Task.sleep(for: .milliseconds(120))
        }
    }

    func screen() async throws -> String { try await tmux("capture-pane", "-p").output }

    /// Waits until a text is on the screen.
    @discardableResult
    func until(_ text: String, within limit: Duration = .seconds(20)) async throws -> String {
        do {
            return try await Programs.eventually("'\(text)' on the screen", within: limit) {
                let screen = try await self.screen()
                return screen.contains(text) ? screen : nil
            }
        } catch {
            throw Program.Failure("'\(text)' did not come; the screen:\n\(try await screen())")
        }
    }

    func resize(_ width: Int, _ height: Int) async throws {
        _ = try await tmux("resize-window", "-x", "\(width)", "-y", "\(height)")
    }

    @discardableResult
    func tmux(_ words: String...) async throws -> Program.Result {
        try await Programs.run(
            ["/usr/bin/tmux", "-L", socket] + words, environment: ["LC_ALL": "C.UTF-8", "TERM": "xterm-256color"])
    }
}
