import FoundationEssentials
import Glibc

/// A program started for a test, its output in files of a directory of its own.
final class ChildProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let directory: URL
    private let id: pid_t

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "quarterdeck-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, name) in [(1, "stdout"), (2, "stderr")] {
            posix_spawn_file_actions_addopen(
                &actions, Int32(descriptor), directory.appending(path: name).path, O_WRONLY | O_CREAT, 0o600)
        }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp =
            environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
            .map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var id: pid_t = 0
        let result = posix_spawn(&id, arguments[0], &actions, nil, &argv, &envp)
        guard result == 0 else { throw Failure(description: "cannot start '\(arguments[0])': error \(result)") }
        self.id = id
    }

    func signal(_ number: Int32) { _ = Glibc.kill(id, number) }

    func kill() {
        _ = Glibc.kill(id, SIGKILL)
        var status: Int32 = 0
        waitpid(id, &status, 0)
        try? FileManager.default.removeItem(at: directory)
    }

    var output: String { text("stdout") }

    var errors: String { text("stderr") }

    /// Waits for the program to end well and returns what it printed.
    func result() async throws -> String {
        var status: Int32 = 0
        try await eventually("'the program ends'") { waitpid(id, &status, WNOHANG) == id }
        let (output, errors) = (output, errors)
        try? FileManager.default.removeItem(at: directory)
        guard status == 0 else { throw Failure(description: "ended with \(status): \(errors)\(output)") }
        return output
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? ""
    }
}

/// Asks again until the condition holds; fails after a deadline no healthy run comes near.
func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !holds() {
        if ContinuousClock.now > deadline { throw ChildProcess.Failure(description: "waited in vain until \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A directory that is gone after the body.
func withTemporaryDirectory<Answer>(_ body: (URL) async throws -> Answer) async throws -> Answer {
    let directory = FileManager.default.temporaryDirectory.appending(path: "quarterdeck-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory)
}

/// A port nobody listens on now, below those that the kernel gives to connections.
func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 12_000..<32_000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return port }
    }
    throw ChildProcess.Failure(description: "no free port")
}
