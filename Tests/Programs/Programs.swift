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

extension Programs {
    /// What a program printed, which has to succeed.
    /// - Throws: its words and what it printed, when it does not.
    @discardableResult
    public static func must(
        _ words: [String], environment: [String: String] = [:], limit: Duration = .seconds(60)
    ) async throws -> String {
        let result = try await run(words, environment: environment, limit: limit)
        guard result.code == 0 else {
            throw Failure("\(words.joined(separator: " ")): \(result.code): \(result.output)\(result.errors)")
        }
        return result.output
    }

    /// Waits until what is looked at fits.
    /// - Throws: what it was last, when it does not in time.
    @discardableResult
    public static func until<Value>(
        _ what: String, within limit: Duration, _ look: () async throws -> Value?, _ fits: (Value) -> Bool
    ) async throws -> Value {
        var last: Value?
        do {
            return try await eventually(what, within: limit) {
                last = try await look()
                return last.flatMap { fits($0) ? $0 : nil }
            }
        } catch let failure as Failure {
            throw Failure("\(failure); it is \(String(describing: last))")
        }
    }

    /// What a check that fails has to say; nil when it succeeds.
    public static func obstacle(_ words: [String], environment: [String: String] = [:]) -> String? {
        let check = Foundation.Process()
        check.executableURL = URL(fileURLWithPath: words[0])
        check.arguments = Array(words.dropFirst())
        check.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        check.standardOutput = output
        do { try check.run() } catch { return "'\(words[0])' cannot be asked: \(error)" }
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        check.waitUntilExit()
        return check.terminationStatus == 0 ? nil : said
    }
}
