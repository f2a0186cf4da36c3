import Foundation
import Processes

/// Programs of this computer: the testbed's scripts, and the program under test as users run it.
public enum Programs {
    /// The program under test: beside the test bundle, where the build puts it.
    public static let quarterdeck = built("quarterdeck")

    /// A program that the build made.
    public static func built(_ name: String) -> String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// The project's folder.
    public static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// How a program ended and what it wrote.
    public struct Result: Sendable {
        /// Its status; 128 and the number when a signal ended it.
        public var code: Int32
        /// What it wrote.
        public var output: String
        /// What it wrote as errors.
        public var errors: String

        /// The lines it wrote, without empty ones.
        public var lines: [Substring] { output.split(separator: "\n") }

        /// What it wrote, as rows of JSON.
        public func json<Row: Decodable>(_ type: [Row].Type) throws -> [Row] {
            try JSONDecoder().decode(type, from: Data(output.utf8))
        }
    }

    /// A sentence.
    public struct Failure: Error, CustomStringConvertible {
        /// The sentence.
        public let description: String
        /// A failure of that sentence.
        public init(_ description: String) { self.description = description }
    }

    /// Runs a program, named by its path, to its end.
    /// - Throws: when it takes longer than the limit; it is then killed.
    public static func run(
        _ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)
    ) async throws -> Result {
        let running = try Running(words, environment: environment)
        defer { running.kill() }
        return try await running.end(within: limit)
    }

    /// Waits until something holds, looking every tenth of a second.
    @discardableResult
    public static func eventually<Value>(
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
