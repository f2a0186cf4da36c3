import CProcess
import Console
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Settings

/// ssh, on the terminal of this process.
enum Shell {
    /// The command that logs in: names and addresses from outside are never options, users or ports of it.
    /// - Throws: a sentence for what is no address, or no user.
    static func command(
        _ name: String, address: String, user: String?, options: [String] = [], words: [String] = []
    ) throws -> [String] {
        guard Address.isPlain(address) else {
            throw CommandFailure(
                .refused, "cannot log in to '\(SafeText.name(name))': '\(SafeText.name(address))' is no address")
        }
        if let user, !Address.isPlain(user) {
            throw CommandFailure(.refused, "ssh-user '\(SafeText.name(user))' is no user's name")
        }
        return ["ssh"] + options + (user.map { ["-l", $0] } ?? []) + ["--", address] + words
    }

    /// Runs ssh to its end while the dashboard has stepped aside; what is to be said after that.
    static func logIn(_ login: Console.Login, _ connections: Connections) async -> (text: String, isGood: Bool) {
        let entry = connections.context.clusters.first { $0.name == login.cluster?.text }
        do {
            let words = try command(login.name, address: login.address, user: entry?.sshUser)
            Output.line("\u{2500} \(login.name) \(login.address): leave the shell to come back")
            let code = try await run(words)
            return code == 255 ? ("ssh to \(login.name) at \(login.address) failed", false) : ("", true)
        } catch {
            return ("\(error)", false)
        }
    }

    private static func run(_ words: [String]) async throws -> Int32 {
        guard let program = path(of: words[0]) else {
            throw CommandFailure(.refused, "there is no ssh on this computer; install openssh-client")
        }
        let argv = words.map { strdup($0) } + [nil]
        let envp = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var stage: Int32 = 0
        let pid = argv.withUnsafeBufferPointer { argv in
            envp.withUnsafeBufferPointer { envp in
                program.withCString { program -> pid_t in
                    guard let argv = argv.baseAddress, let envp = envp.baseAddress else { return -EINVAL }
                    var options = cp_spawn_options(
                        path: program, argv: argv, envp: envp, directory: nil, input: 0, output: 1, error: 2,
                        own_session: 0, dies_with_parent: 0)
                    return cp_spawn(&options, &stage)
                }
            }
        }
        guard pid > 0 else { throw CommandFailure(.refused, "cannot run ssh: \(String(cString: strerror(-pid)))") }
        var (exited, code, signal): (Int32, Int32, Int32) = (0, 0, 0)
        while cp_reap(pid, &exited, &code, &signal) == 0 {
            // A cancelled wait still waits: the terminal is ssh's until it ends.
            if Task.isCancelled { usleep(30_000) } else { try? await Task.sleep(for: .milliseconds(30)) }
        }
        return exited == 1 ? code : 128 + signal
    }

    /// Becomes ssh: for the command line.
    /// - Throws: when that cannot be.
    static func become(_ words: [String]) throws -> Never {
        guard let program = path(of: words[0]) else {
            throw CommandFailure(.refused, "there is no ssh on this computer; install openssh-client")
        }
        let argv = words.map { strdup($0) } + [nil]
        // Threads of this process block signals; ssh is to have them.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        signal(SIGPIPE, SIG_DFL)
        execv(program, argv)
        throw CommandFailure(.refused, "cannot run ssh: \(String(cString: strerror(errno)))")
    }

    private static func path(of program: String) -> String? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
