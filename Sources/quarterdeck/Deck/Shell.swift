import Console
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Processes
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
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        let pid: pid_t
        do {
            pid = try Spawn(path: path(of: words[0]), words: words, environment: environment).start()
        } catch {
            throw CommandFailure(.refused, "cannot run ssh: \(error)")
        }
        while true {
            if let ending = ChildEnding(of: pid) { return ending.status }
            // A cancelled wait still waits: the terminal is ssh's until it ends.
            if Task.isCancelled { usleep(30_000) } else { try? await Task.sleep(for: .milliseconds(30)) }
        }
    }

    /// Becomes ssh: for the command line.
    /// - Throws: when that cannot be.
    static func become(_ words: [String]) throws -> Never {
        let program = try path(of: words[0])
        let argv = words.map { strdup($0) } + [nil]
        // Threads of this process block signals; ssh is to have them.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        signal(SIGPIPE, SIG_DFL)
        execv(program, argv)
        throw CommandFailure(.refused, "cannot run ssh: \(String(cString: strerror(errno)))")
    }

    /// - Throws: when it is in no folder of `PATH`.
    private static func path(of program: String) throws -> String {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let files = folders.split(separator: ":").map { folder in "\(folder)/\(program)" }
        let found = files.first { access($0, X_OK) == 0 }
        guard let found else {
            throw CommandFailure(.refused, "there is no ssh on this computer; install openssh-client")
        }
        return found
    }
}
