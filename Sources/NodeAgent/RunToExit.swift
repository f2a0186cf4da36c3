package import ArgumentParser
import Glibc

extension AsyncParsableCommand {
    /// Runs what the command line asks and ends the process with the code that tells how it went.
    package static func runToExit(_ words: [String]? = nil) async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(words)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Output.error(failure.text)
            Glibc.exit(failure.code.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure {
                let text = fullMessage(for: error)
                if code == .success { Output.line(text) } else { Output.error(text) }
                Glibc.exit(code == .success ? 0 : 2)
            }
            Output.error("\(error)")
            Glibc.exit(1)
        }
    }
}
