import Glibc

/// Starts the process that cleans up behind a farm, even when the farm is killed.
public enum FarmGuard {
    /// Starts a command whose standard input is a pipe that ends when this process ends; false when it cannot.
    ///
    /// The pipe's other end stays open for as long as this process lives, and no child inherits it.
    public static func start(_ words: [String]) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        let pid = try? ChildProcess.start(words, environment: [], directory: "/", input: ends[0], output: null)
        close(ends[0])
        close(null)
        return pid != nil
    }
}
