import Foundation
import Programs
import Testing

/// The program under test, run as users run it.
enum Program {
    typealias Result = Programs.Result
    typealias Failure = Programs.Failure

    static let path = Programs.quarterdeck

    /// Runs a command to its end.
    static func run(_ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)) async throws
        -> Result
    {
        try await Programs.run([path] + words, environment: environment, limit: limit)
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
        let ready = try await Programs.eventually("the line ready:", within: .seconds(60)) {
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            return text.hasPrefix("ready: ") ? text : nil
        }
        #expect(ready == "ready: \(directory)/config.toml\n")
        try await work(TestFarm(directory: directory, pid: process.processIdentifier))
    }

    /// Runs a command on this farm.
    func run(_ words: String...) async throws -> Program.Result { try await run(words) }

    func run(_ words: [String]) async throws -> Program.Result {
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
        var hash: String?
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
