import ArgumentParser
import Model
import NodeAgent

/// `quarterdeck deck`, and `quarterdeck` alone.
struct DeckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deck", abstract: "Show the dashboard on the configured context.")

    @OptionGroup var context: ContextOptions
    @OptionGroup var view: DeckOptions

    mutating func validate() throws {
        if context.habits.debug {
            throw ValidationError("--debug is for commands that print; 'doctor' asks everything")
        }
    }

    func run() async throws {
        do {
            try await Deck.show(
                try context.configuration(), from: context.configurationPath(), context: context.context, view)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.refused, SafeText.block("\(error)"))
        }
    }
}
