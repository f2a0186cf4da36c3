import ArgumentParser
import Model
import NodeAgent
import Registry
import Scheduling

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Why a unit is where it is, or why it waits, machine by machine.")
    @OptionGroup var one: OneUnit

    func run() async throws {
        let connections = try one.context.connections()
        let one = one
        try await connections.command {
            let (registry, unit) = try await one.found(connections)
            let contents = try await registry.read().contents
            let schedule = Schedule(machines: contents.machines, units: contents.units)
            Output.line(Self.summary(unit, contents.machines))
            let rows = (schedule.explain(unit.name)?.lines ?? []).map { line -> [String] in
                let name = contents.machines.first { $0.id == line.machine }?.name ?? ""
                let mark = line.isPlacement ? "*" : " "
                return [
                    "\(mark) \(line.machine.short)/\(name)", "\(line.units) units", line.misfit?.sentence ?? "fits",
                ]
            }
            Output.text(ListOptions.aligned(rows))
        }
    }

    private static func summary(_ unit: Unit, _ machines: [Machine]) -> String {
        if unit.name.isTemplate { return "\(unit.name) is a template: its instances are placed, it never is" }
        if unit.desired == .inactive { return "\(unit.name) is wanted inactive, so it is on no machine" }
        if unit.isGlobal { return "\(unit.name) is global: it runs on every machine that fits" }
        if let placement = unit.placement {
            let name = machines.first { $0.id == placement.machine }?.name ?? placement.machine.short
            return "\(unit.name) is on \(name): \(placement.why)"
                + (unit.waiting.map { "; it is to leave, but \($0.why)" } ?? "")
        }
        return "\(unit.name) waits: \(unit.waiting?.why ?? "no scheduler has decided yet")"
    }
}
