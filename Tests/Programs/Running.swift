import Foundation
import Processes
import Synchronization

/// A program that was started; it ends with the test at the latest.
public final class Running: Sendable {
    /// Its process ID.
    public let pid: Int32
    private let folder: String
    private let words: String
    private let ended = Mutex<Int32?>(nil)

    /// Starts the program that the first word names by its path.
    ///
    /// Its end is seen even when something that it left behind still runs.
    public init(_ words: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.path + "/qd-program-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.words = words.joined(separator: " ")
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var program = Spawn(path: words[0], words: words, environment: merged.map { "\($0.key)=\($0.value)" })
        program.input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        program.output = open(folder + "/out", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        program.error = open(folder + "/err", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { for file in [program.input, program.output, program.error] { close(file) } }
        do {
            pid = try program.start()
        } catch {
            throw Programs.Failure("cannot start \(words[0]): \(error)")
        }
    }

    deinit {
        kill()
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) stays: \(error)") }
    }

    /// What it wrote until now.
    public var output: String { text("out") }
    /// What it wrote as errors until now.
    public var errors: String { text("err") }
    /// Its status; nil while it runs.
    public var code: Int32? {
        ended.withLock { ended in
            if ended == nil { ended = ChildEnding(of: pid)?.status }
            return ended
        }
    }

    /// Ends it at once.
    public func kill() { signal(SIGKILL) }

    /// Sends it a signal while it runs.
    public func signal(_ number: Int32) {
        if code == nil { Glibc.kill(pid, number) }
    }

    /// Waits for its end.
    /// - Throws: when that takes longer than the limit.
    public func end(within limit: Duration) async throws -> Programs.Result {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let code { return Programs.Result(code: code, output: output, errors: errors) }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Programs.Failure("'\(words)' took longer than \(limit): \(output)\(errors)")
    }

    private func text(_ name: String) -> String {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
