import Glibc
import Processes

/// Starts child processes and waits for them.
enum ChildProcess {
    /// Waits for a child to end and says how it did; kills it when the wait is cancelled.
    ///
    /// A thread of its own waits, so that nothing has to look again and again.
    static func ending(of pid: pid_t) async -> String {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                startThread(Waiter(pid: pid) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            kill(pid, SIGKILL)
        }
    }

    private final class Waiter: Sendable {
        let pid: pid_t
        let done: @Sendable (String) -> Void

        init(pid: pid_t, done: @escaping @Sendable (String) -> Void) {
            self.pid = pid
            self.done = done
        }

        func wait() {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            done(signal == 0 ? "exited with \((status >> 8) & 0xFF)" : "was ended by signal \(signal)")
        }
    }

    private static func startThread(_ waiter: Waiter) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(waiter).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().wait() }
                return nil
            }, context)
        precondition(result == 0, "no thread can be started: errno \(result)")
        pthread_detach(thread)
    }

    /// Starts a program as the leader of a session of its own.
    /// - Returns: its process ID.
    /// - Throws: `Spawn.Failure`.
    static func start(
        _ words: [String], environment: [String], directory: String, input: Int32, output: Int32
    ) throws(Spawn.Failure) -> Int32 {
        var program = Spawn(path: words[0], words: words, environment: environment, directory: directory)
        program.input = input
        program.output = output
        program.error = output
        program.leadsSession = true
        return try program.start()
    }
}
