import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Recording
import Runtime
import Settings

/// `quarterdeck list-orders`.
struct ListOrders: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-orders", abstract: "What was asked from this computer, by whom, and what became of it.",
        discussion: "Reads the log that every order is noted in before it goes out: orders-log of the configuration.")

    @OptionGroup var context: ContextOptions
    @Option(help: "How many of the last lines.")
    var last = 50
    @Option(name: .shortAndLong, help: "table or json.")
    var output: Format = .table

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    private struct Row: Encodable {
        var at: String
        var context: String
        var who: String
        var order: String
        var state: String
        var text: String
    }

    func validate() throws {
        guard last > 0 else { throw ValidationError("--last must be at least 1") }
    }

    func run() throws {
        let configuration = try context.configuration()
        let (log, lines) = try CommandFailure.ofConfiguration {
            let log = configuration.log(of: try configuration.context(context.context), SystemClock())
            return (log, access(log.path, F_OK) == 0 ? try OrderLog.read(log.path) : [])
        }
        let rows = lines.suffix(last).map {
            Row(at: $0.at, context: $0.context, who: $0.who, order: $0.order, state: $0.state, text: $0.text)
        }
        if output == .json { return Output.line(try JSONText.of(Array(rows))) }
        if rows.isEmpty { return Output.line("no order was noted in '\(log.path)' yet") }
        Output.text(ListOptions.aligned(rows.map { [$0.at, $0.context, $0.who, $0.order, $0.state, $0.text] }))
    }
}
