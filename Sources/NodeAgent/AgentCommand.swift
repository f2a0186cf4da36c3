package import ArgumentParser
import Logging
import Model

/// `quarterdeck agent`.
package struct AgentCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run the node agent, and scheduler candidate, of one machine.",
        discussion: "Ending the agent ends none of its units; the next one takes them over.")

    @OptionGroup var options: AgentOptions

    private static let readAtStart =
        "SIGHUP changes nothing: options, certificates and tokens are read at the start; restart the agent to have "
        + "them read anew, which its units do not notice"

    /// Reads the options.
    package init() {}

    /// Runs until it is asked to stop.
    package func run() async throws {
        let log = Logger(label: "agent") { StreamLogHandler.standardError(label: $0) }
        do {
            let process = try AgentProcess(options.complete(AgentOptions.ownWords()), log: log)
            try await untilStopped(hangUp: { log.notice("\(Self.readAtStart)") }) { try await process.run() }
        } catch let error as ValidationError {
            throw error
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.refused, "the agent ended: \(SafeText.block("\(error)"))")
        }
    }
}
