import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Runtime

/// How a list is printed.
struct ListOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, wide, json }

    @Option(name: .shortAndLong, help: "table, wide or json.")
    var output: Format = .table
    @Flag(help: "Print anew whenever something changed, until stopped.")
    var watch = false
    @Flag(help: "No line of column names.")
    var noLegend = false
    @Flag(name: [.long, .customLong("l"), .customShort("l")], help: "Whole IDs instead of their beginnings.")
    var full = false
    @Option(help: "Only these columns, in this order, as name,name.")
    var fields: String?

    /// Whether a column of that name is printed that is not among the usual ones.
    func asks(for names: Set<String>) -> Bool {
        guard let fields else { return output != .table }
        return fields.split(separator: ",").contains { names.contains($0.lowercased()) }
    }

    /// Prints a list: once, or at every change.
    func show(
        _ connections: Connections, clouds parts: CloudParts = .all,
        _ make: @escaping @Sendable (Inventory) async throws -> ListContent
    ) async throws {
        let options = self
        try await connections.command {
            var last = ""
            repeat {
                let (inventory, problems) = await connections.inventory(within: .seconds(5), clouds: parts)
                for problem in problems { Output.error(problem) }
                let all = connections.sources.count
                if problems.count == all, all > 0, !options.watch {
                    throw CommandFailure(.unreachable, "nothing answered")
                }
                let text = try options.text(try await make(inventory))
                if text != last {
                    if options.watch, Output.isTerminal { Output.text("\u{1B}[H\u{1B}[2J") }
                    Output.text(text)
                }
                last = text
                if !options.watch, !problems.isEmpty { throw CommandFailure(.unreachable, "the list is incomplete") }
                if options.watch { try await Task.sleep(for: .seconds(1)) }
            } while options.watch
        }
    }

    func text(_ content: ListContent) throws -> String {
        if output == .json {
            if fields != nil { throw CommandFailure(.usage, "--fields is for tables; JSON has every field") }
            return try content.json() + "\n"
        }
        var columns = content.columns.filter { output == .wide || !$0.isWide }
        if let fields {
            columns = try fields.split(separator: ",").map { name in
                guard let column = content.columns.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                    throw CommandFailure(
                        .usage,
                        "there is no field '\(SafeText.name(String(name)))'; there are "
                            + content.columns.map { $0.name.lowercased() }.joined(separator: ","))
                }
                return column
            }
        }
        var rows = (0..<content.count).map { row in columns.map { $0.cell(row, full) } }
        if !noLegend { rows.insert(columns.map(\.name), at: 0) }
        return Output.isTerminal ? Self.aligned(rows) : Self.tabbed(rows)
    }

    /// Rows as fleetctl prints them for programs: tabs alone between cells, as many as line the columns up at every
    /// eighth place.
    static func tabbed(_ rows: [[String]]) -> String {
        guard let first = rows.first else { return "" }
        let widths = first.indices.map { column in
            ((rows.map { $0[column].unicodeScalars.count }.max() ?? 0) + 8) / 8 * 8
        }
        return rows.map { row in
            row.indices.map { column in
                let text = row[column]
                if column == row.count - 1 { return text }
                let tabs = (widths[column] - text.unicodeScalars.count + 7) / 8
                return text + String(repeating: "\t", count: tabs)
            }.joined() + "\n"
        }.joined()
    }

    static func aligned(_ rows: [[String]]) -> String {
        guard let first = rows.first else { return "" }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                column == row.count - 1
                    ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count + 2)
            }.joined() + "\n"
        }.joined()
    }
}

/// One list: its rows as JSON values and its columns as text.
struct ListContent {
    struct Column {
        let name: String
        var isWide = false
        /// The text of a row; `true` for whole IDs.
        let cell: (Int, Bool) -> String
    }

    let count: Int
    let columns: [Column]
    let json: () throws -> String

    /// A column's name, whether it is one of the wide list alone, and its text.
    typealias Made<Row> = (name: String, isWide: Bool, cell: (Row, Bool) -> String?)

    init<Row: Encodable>(_ rows: [Row], _ columns: [Made<Row>]) {
        count = rows.count
        self.columns = columns.map { column in
            Column(name: column.name, isWide: column.isWide) { row, full in column.cell(rows[row], full) ?? "-" }
        }
        json = { try JSONText.of(rows) }
    }
}

/// Values as JSON for people and programs: the same text for the same values.
enum JSONText {
    /// On one line.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
