import Foundation
import Glibc
import Programs
import Testing

/// The scripts of `Tests/Testbed/machines`, on a state directory of these tests alone.
///
/// The image is shared with the directory that people use by hand; where it is missing it is built there, once.
enum Testbed {
    static let tools =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        + "/Testbed/machines"
    static let shared = ProcessInfo.processInfo.environment["MACHINES_STATE"] ?? "/tmp/machines-testbed"
    static let state = shared + "-tests"
    /// Beside the test bundle, where the build puts them.
    static let programs = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path

    /// Why there can be no machines here; nil when there can.
    static let obstacle = Programs.obstacle(["\(tools)/check"], environment: ["MACHINES_STATE": shared])
        .map { Comment(rawValue: $0) }

    /// Runs a script, which has to succeed.
    @discardableResult
    static func run(_ script: String, _ words: String..., limit: Duration = .seconds(60)) async throws -> String {
        try await run(script, words, in: state, limit: limit)
    }

    @discardableResult
    static func run(
        _ script: String, _ words: [String], in state: String, limit: Duration = .seconds(60)
    ) async throws -> String {
        try await Programs.must(
            ["\(tools)/\(script)"] + words, environment: ["MACHINES_STATE": state], limit: limit)
    }

    /// Runs a command in a machine's shell.
    static func shell(_ machine: String, _ command: String, limit: Duration = .seconds(60)) async throws
        -> Programs.Result
    {
        try await Programs.run(
            ["\(tools)/exec", machine, "bash", "-c", command], environment: ["MACHINES_STATE": state], limit: limit)
    }

    /// The state directory, with the shared image in it and nothing left of earlier runs.
    static func prepare() async throws {
        try await run("image", ["--with", "ssh,podman,docker"], in: shared, limit: .seconds(600))
        let files = FileManager.default
        try files.createDirectory(atPath: state, withIntermediateDirectories: true)
        for name in ["images", "busybox.tar"]
        where (try? files.destinationOfSymbolicLink(atPath: "\(state)/\(name)")) == nil {
            try files.createSymbolicLink(atPath: "\(state)/\(name)", withDestinationPath: "\(shared)/\(name)")
        }
        if !files.fileExists(atPath: state + "/ssh") {
            try files.copyItem(atPath: shared + "/ssh", toPath: state + "/ssh")
        }
        try await run("down", "--everything")
    }
}
