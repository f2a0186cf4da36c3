import FoundationEssentials
import Glibc
import Model

/// Keeps a second agent from a state directory for as long as this one runs, however it ends.
final class StateLock: Sendable {
    private let descriptor: Int32

    /// - Throws: a sentence when another agent has the directory, or it cannot be used.
    init(_ directory: String) throws {
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        descriptor = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .refused,
                "cannot use the state directory '\(directory)': \(String(cString: strerror(errno))); "
                    + "choose another with --state-dir")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                .refused, "another agent runs with the state directory '\(directory)'; end it, or give --state-dir")
        }
    }

    deinit { close(descriptor) }
}
