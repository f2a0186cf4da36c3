import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Registry
import Runtime
import Settings
import Triage

/// `quarterdeck triage`.
struct TriageCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "triage", abstract: "Say what is wrong, by probable cause, worst first.",
        discussion: """
            Ends with 0 when nothing is critical, 1 when something is, 3 when nothing answered. What does not answer \
            is a problem like others. With --watch what happens between two looks is known too.
            """)

    @OptionGroup var context: ContextOptions
    @Option(name: .shortAndLong, help: "text or json.")
    var output: Format = .text
    @Flag(help: "One line a problem, words only: for screen readers, cron and chat.")
    var plain = false
    @Flag(help: "Print anew whenever something changed, until stopped.")
    var watch = false

    func validate() throws {
        if plain, output == .json { throw ValidationError("--plain and -o json do not go together") }
    }

    func run() async throws {
        let connections = try context.connections()
        let options = self
        try await connections.command {
            var look = FarmLook(connections)
            var last: [String] = []
            repeat {
                let heard = await look.again()
                let triage = Triage(look.known)
                let lines = triage.plainLines(context: connections.context.name).dropFirst()
                if Array(lines) != last || !options.watch || last.isEmpty {
                    if options.watch, Output.isTerminal { Output.text("\u{1B}[H\u{1B}[2J") }
                    Output.text(try options.text(triage, look.known, connections.context.name))
                    last = Array(lines)
                }
                if options.watch {
                    try await Task.sleep(for: .seconds(2))
                } else {
                    _exit(heard == 0 ? ExitWord.unreachable : triage.count(.critical) > 0 ? ExitWord.critical : 0)
                }
            } while options.watch
        }
    }

    private enum ExitWord {
        static let critical: Int32 = 1
        static let unreachable: Int32 = 3
    }

    private func text(_ triage: Triage, _ known: Known, _ context: String) throws -> String {
        if output == .json { return try JSONText.of(TriageRows(triage, known, context: context)) + "\n" }
        if plain { return triage.plainLines(context: context).joined(separator: "\n") + "\n" }
        return triage.lines(context: context, in: known.inventory).joined(separator: "\n") + "\n"
    }
}

/// Looks at a farm again and again, and remembers what changed between two looks.
private struct FarmLook {
    let connections: Connections
    private var inventory = Inventory()
    private var events: [FarmEvent] = []
    private var kept: [FarmEvent] = []

    init(_ connections: Connections) {
        self.connections = connections
    }

    var known: Known { Known(inventory: inventory, now: connections.clock.now(), events: events + kept) }

    /// Asks every source; says how many answered.
    mutating func again() async -> Int {
        let collected = ReportCollector()
        let (_, problems) = await connections.inventory(within: .seconds(5), collected.add)
        for report in collected.reports { events += inventory.apply(report) }
        let heard = Set(collected.reports.map(\.source))
        for source in connections.sources.map(\.id) where !heard.contains(source) {
            let why = problems.first { $0.contains("'\(source)': ") }.map {
                String($0.split(separator: ":", maxSplits: 1)[1].dropFirst())
            }
            events += inventory.apply(
                Report(source: source, observedAt: connections.clock.now(), body: .silent(why ?? "no answer")))
        }
        kept = []
        for cluster in connections.clusters where heard.contains(.cluster(cluster.id)) {
            guard let records = cluster.records else { continue }
            kept += (try? await withDeadline(.seconds(5)) { try await records.events() }) ?? []
        }
        if events.count > 10_000 { events.removeFirst(events.count - 5_000) }
        return heard.count
    }
}

/// Everything of one look; the names are the JSON's.
private struct TriageRows: Encodable {
    var context: String
    var at: String
    var critical: Int
    var warning: Int
    var changing: Int
    var problems: [ProblemRow]

    init(_ triage: Triage, _ known: Known, context: String) {
        self.context = context
        at = known.now.iso8601
        critical = triage.count(.critical)
        warning = triage.count(.warning)
        changing = triage.count(.changing)
        problems = triage.problems.map { ProblemRow($0, triage, known.inventory) }
    }
}

/// One problem; the names are the JSON's.
private struct ProblemRow: Encodable {
    struct Heard: Encodable {
        var at: String?
        var from: String
        var text: String

        init(_ one: Problem.Evidence) {
            at = one.at?.iso8601
            from = one.from
            text = one.text
        }
    }

    var key: String
    var kind: String
    var severity: String
    var subjects: [String]
    var what: String
    var since: String?
    var vms: Int
    var machines: Int
    var clusters: Int
    var units: Int
    var cause: String
    var causeKey: String?
    var causeText: String
    var knownAt: String?
    var evidence: [Heard]
    var before: [Heard]
    var helps: [String]

    init(_ problem: Problem, _ triage: Triage, _ inventory: Inventory) {
        key = Self.text(problem.key)
        kind = problem.key.kind.rawValue
        severity = problem.severity.word
        subjects = problem.subjects.map { inventory.name(of: $0) }
        what = problem.sentence
        since = problem.since?.iso8601
        vms = problem.touches.vms
        machines = problem.touches.machines
        clusters = problem.touches.clusters
        units = problem.touches.units
        switch problem.cause {
        case .root: cause = "root"
        case .because(let root, _):
            cause = "because"
            causeKey = Self.text(root)
        case .unsure: cause = "unsure"
        case .separate: cause = "separate"
        case .asked: cause = "asked"
        }
        causeText = triage.causeWords(problem)
        knownAt = problem.asOf?.iso8601
        evidence = problem.evidence.map { Heard($0) }
        before = triage.before(problem, in: inventory).map { Heard($0) }
        helps = problem.helps
    }

    private static func text(_ key: Problem.Key) -> String { "\(key.kind.rawValue) \(key.group)" }
}
