import CProcess
import Foundation
import Testing

/// The program under test, run as users run it.
enum Program {
    /// Beside the test bundle, where the build puts it.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("quarterdeck").path

    struct Result {
        var code: Int32
        var output: String
        var errors: String

        func json<Row: Decodable>(_ type: [Row].Type) throws -> [Row] {
            try JSONDecoder().decode(type, from: Data(output.utf8))
        }
    }

    /// Runs a command to its end.
    static func run(_ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)) async throws
        -> Result
    {
        try await execute(path, words, environment: environment, limit: limit)
    }

    static func execute(
        _ program: String, _ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("qd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (folder.path + "/out", folder.path + "/err")
        let pid = try spawn(program, words, merged, output, errors)
        var (exited, code, signal): (Int32, Int32, Int32) = (0, 0, 0)
        let deadline = ContinuousClock.now + limit
        while cp_reap(pid, &exited, &code, &signal) == 0 {
            if ContinuousClock.now > deadline {
                kill(pid, SIGKILL)
                throw Failure("'\(words.joined(separator: " "))' took longer than \(limit)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        let read = { (path: String) in
            String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data(), as: UTF8.self)
        }
        return Result(code: exited == 1 ? code : 128 + signal, output: read(output), errors: read(errors))
    }

    /// A child whose end is seen even when something it left behind still runs.
    private static func spawn(
        _ program: String, _ words: [String], _ environment: [String: String], _ output: String, _ errors: String
    ) throws -> pid_t {
        let argv = ([program] + words).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let files = [open("/dev/null", O_RDONLY), creat(output, 0o600), creat(errors, 0o600)]
        defer {
            for text in argv + envp { free(text) }
            for file in files { close(file) }
        }
        var stage: Int32 = 0
        let pid = program.withCString { path in
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
        guard pid > 0 else { throw Failure("cannot start \(program): errno \(-pid)") }
        return pid
    }

    /// Waits until something holds.
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

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

/// A farm without dashboard in a directory of its own.
final class TestFarm: Sendable {
    let directory: String
    private let pid: Int32

    private init(directory: String, pid: Int32) {
        self.directory = directory
        self.pid = pid
    }

    var configuration: String { directory + "/config.toml" }
    var process: Int32 { pid }

    /// Starts a farm, waits until it is ready, and ends it after the work.
    static func with(vms: Int = 6, _ work: (TestFarm) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("qd-farm-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["demo", "--headless", "--keep", directory, "--vms", "\(vms)"]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        defer {
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }
        let ready = try await Program.eventually("the line ready:", within: .seconds(60)) {
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            return text.hasPrefix("ready: ") ? text : nil
        }
        #expect(ready == "ready: \(directory)/config.toml\n")
        try await work(TestFarm(directory: directory, pid: process.processIdentifier))
    }

    /// Runs a command on this farm.
    func run(_ words: String...) async throws -> Program.Result {
        try await Program.run(words + ["--config", configuration])
    }

    func units() async throws -> [UnitRow] { try await run("list-units", "-o", "json").json([UnitRow].self) }
    func vms() async throws -> [VMRow] { try await run("list-vms", "-o", "json").json([VMRow].self) }

    struct UnitRow: Decodable {
        var unit: String
        var cluster: String
        var desired: String
        var active: String?
        var sub: String?
        var machine: String?
        var vm: String?
        var server: String?
        var why: String?
        var restarts: Int?
        var memoryBytes: Int64?
    }

    struct VMRow: Decodable {
        var name: String
        var id: String
        var server: String?
        var cluster: String?
        var state: String
        var machine: String?
        var pid: Int32?
    }
}
