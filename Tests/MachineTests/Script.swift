import CProcess
import Foundation
import Testing

/// Programs of this computer: the testbed's scripts, and the program under test as users run it.
enum Script {
    struct Result {
        var code: Int32
        var output: String
        var errors: String

        var lines: [Substring] { output.split(separator: "\n") }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Runs a program to its end.
    /// - Throws: when it takes longer than the limit; it is then killed.
    static func run(
        _ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)
    ) async throws -> Result {
        let running = try Running(words, environment: environment)
        defer { running.kill() }
        return try await running.end(within: limit)
    }

    /// Waits until something holds, looking every tenth of a second.
    @discardableResult
    static func eventually<Value>(
        _ what: String, within limit: Duration, _ look: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let value = try await look() { return value }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure("not within \(limit): \(what)")
    }
}

/// A program that was started; it ends with the test at the latest.
final class Running: Sendable {
    private let pid: pid_t
    private let folder: String
    private let words: String

    init(_ words: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.path + "/qd-machines-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.words = words.joined(separator: " ")
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try Self.spawn(words, merged, folder)
    }

    deinit {
        kill()
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) stays: \(error)") }
    }

    /// What it wrote until now.
    var output: String { text("out") }
    var errors: String { text("err") }

    func kill() {
        if reap() == nil { Glibc.kill(pid, SIGKILL) }
    }

    func end(within limit: Duration) async throws -> Script.Result {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let code = reap() { return Script.Result(code: code, output: output, errors: errors) }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Script.Failure("'\(words)' took longer than \(limit): \(output)\(errors)")
    }

    private func reap() -> Int32? {
        if let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/code")) {
            return Int32(String(decoding: data, as: UTF8.self))
        }
        var (exited, code, signal): (Int32, Int32, Int32) = (0, 0, 0)
        guard cp_reap(pid, &exited, &code, &signal) == 1 else { return nil }
        let result = exited == 1 ? code : 128 + signal
        do { try "\(result)".write(toFile: folder + "/code", atomically: true, encoding: .utf8) } catch {
            return result
        }
        return result
    }

    private func text(_ name: String) -> String {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func spawn(_ words: [String], _ environment: [String: String], _ folder: String) throws -> pid_t {
        let argv = words.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let files = [open("/dev/null", O_RDONLY), creat(folder + "/out", 0o600), creat(folder + "/err", 0o600)]
        defer {
            for text in argv + envp { free(text) }
            for file in files { close(file) }
        }
        var stage: Int32 = 0
        let pid = words[0].withCString { path in
            argv.withUnsafeBufferPointer { argv in
                envp.withUnsafeBufferPointer { envp -> pid_t in
                    guard let words = argv.baseAddress, let names = envp.baseAddress else { return -EINVAL }
                    var options = cp_spawn_options(
                        path: path, argv: words, envp: names, directory: nil, input: files[0], output: files[1],
                        error: files[2], own_session: 0, dies_with_parent: 0)
                    return cp_spawn(&options, &stage)
                }
            }
        }
        guard pid > 0 else { throw Script.Failure("cannot start \(words[0]): errno \(-pid)") }
        return pid
    }
}
