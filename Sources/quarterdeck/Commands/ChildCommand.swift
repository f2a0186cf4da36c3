import FoundationEssentials
import NodeAgent
import Processes

/// A program that this one runs to its end, on the same terminal.
enum ChildCommand {
    /// What ssh ends with where it did not come to the other side.
    static let sshFailed: Int32 = 255
    /// What env ends with where there is no such program.
    private static let isMissing: Int32 = 127

    /// Its status.
    /// - Throws: when it cannot be run.
    static func run(_ words: [String]) async throws -> Int32 {
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        let pid: Int32
        do {
            pid = try Spawn(path: "/usr/bin/env", words: ["env"] + words, environment: environment).start()
        } catch {
            throw CommandFailure(.refused, "cannot run \(words[0]): \(error)")
        }
        while true {
            if let ending = ChildEnding(of: pid) {
                guard ending.status != isMissing else {
                    throw CommandFailure(.refused, "there is no \(words[0]) on this computer; install openssh-client")
                }
                return ending.status
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
