import ArgumentParser
import Console
import Model
import NodeAgent
import Registry
import Runtime
import Scheduling

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a unit is where it is, or why it waits, machine by machine, and what would make it fit.")
    @OptionGroup var one: OneUnit
    @Option(name: .shortAndLong, help: "table or json.")
    var output: WhatIfCommand.Format = .table

    func run() async throws {
        let connections = try one.context.connections()
        let (one, output) = (one, output)
        try await connections.command {
            let (cluster, unit) = try await one.found(connections)
            let contents = try await cluster.door.read().contents
            var inventory = Inventory()
            _ = inventory.apply(
                Report(
                    source: .cluster(cluster.id), observedAt: connections.clock.now(), body: .cluster(contents)))
            guard let part = inventory.clusters[contents.cluster.id], let story = UnitStory(of: unit.name, in: part)
            else { throw CommandFailure(.refused, "unit '\(unit.name)' was destroyed meanwhile") }
            let unread = part.units[unit.name]?.unread(by: part.cluster.kind)
            switch output {
            case .json: Output.line(try JSONText.of(StoryRow(story, unit, cluster.id, unread)))
            case .table: Output.text(Self.text(story, unread))
            }
        }
    }

    private static func text(_ story: UnitStory, _ unread: String?) -> String {
        let rows = story.machines.map { line -> [String] in
            let mark = ["*", ">", " ", "x"][line.standing.rawValue]
            let remedy = line.remedy.map { " -> \($0)" } ?? ""
            return ["\(mark) \(line.machine.short)/\(line.name)", "\(line.units) units", line.text + remedy]
        }
        let sentences = story.sentences.map(\.text) + [unread].compactMap(\.self)
        return sentences.map { $0 + "\n" }.joined() + ListOptions.aligned(rows)
    }
}

/// The story of a unit as JSON.
struct StoryRow: Encodable {
    struct MachineRow: Encodable {
        var machine, name, standing, why: String
        var units: Int
        var remedy: String?
    }

    var unit, cluster, desired: String
    var machine: String?
    var waiting: String?
    var sentences: [String]
    var machines: [MachineRow]

    init(_ story: UnitStory, _ unit: Unit, _ id: ID<Cluster>, _ unread: String?) {
        self.unit = unit.name.text
        cluster = id.text
        desired = unit.desired.rawValue
        machine = unit.placement?.machine.text
        waiting = unit.waiting?.why
        sentences = story.sentences.map(\.text) + [unread].compactMap(\.self)
        machines = story.machines.map {
            MachineRow(
                machine: $0.machine.text, name: $0.name, standing: "\($0.standing)", why: $0.text, units: $0.units,
                remedy: $0.remedy)
        }
    }
}
