import ArgumentParser
import Model
import NodeAgent

struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Store units without placing them.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws {
        let storing = UnitStoring(desired: .inactive, replace: replace)
        try await work.run(UnitWork.Verb(word: "submit", desired: nil)) { try await storing.ask($0, $1) }
    }
}

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Place units on machines without starting them; stops started ones.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws {
        let storing = UnitStoring(desired: .loaded, replace: replace)
        try await work.run(UnitWork.Verb(word: "load", desired: .loaded)) { try await storing.ask($0, $1) }
    }
}

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Place units on machines and start them.")
    @OptionGroup var work: UnitWork
    @Flag(help: "Take the file here when it differs from the stored one.") var replace = false
    func run() async throws {
        let storing = UnitStoring(desired: .launched, replace: replace)
        try await work.run(UnitWork.Verb(word: "start", desired: .launched)) { try await storing.ask($0, $1) }
    }
}

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop units; they stay loaded on their machines.")
    @OptionGroup var work: UnitWork
    func run() async throws {
        try await work.run(UnitWork.Verb(word: "stop", desired: .loaded, ending: "stopped")) { target, connections in
            let unit = try target.known()
            if !unit.isGlobal, unit.desired == .inactive, unit.current == .inactive {
                throw CommandFailure(.refused, "Unable to stop unit \(target.name) in state inactive")
            }
            try await connections.require(.want(target.cluster.id, target.name, .loaded))
            return unit.isGlobal ? .done("Triggered global unit \(target.name) stop") : .wait
        }
    }
}

struct Unload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unload", abstract: "Stop units and take them off their machines; they stay stored.")
    @OptionGroup var work: UnitWork
    func run() async throws {
        try await work.run(UnitWork.Verb(word: "unload", desired: .inactive, ending: "unloaded")) {
            target, connections in
            let unit = try target.known()
            try await connections.require(.want(target.cluster.id, target.name, .inactive))
            return unit.isGlobal ? .done("Triggered global unit \(target.name) unload") : .wait
        }
    }
}

struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Stop units and forget them; names that no unit has are left aside.")
    @OptionGroup var work: UnitWork
    func run() async throws {
        let verb = UnitWork.Verb(word: "destroy", desired: nil, allowsUnknown: true)
        try await work.run(verb) { target, connections in
            guard target.stored != nil else {
                return .noted("there is no unit '\(target.name)' in cluster '\(target.cluster.id)'")
            }
            try await connections.require(.destroy(target.cluster.id, target.name))
            return .done("Destroyed \(target.name)")
        }
    }
}

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restart units now, where they run.")
    @OptionGroup var work: UnitWork
    func run() async throws {
        try await work.run(UnitWork.Verb(word: "restart", desired: .launched)) { target, connections in
            let unit = try target.known()
            let text = try await connections.require(.restart(target.cluster.id, target.name, on: nil))
            if unit.isGlobal { return .done("Triggered global unit \(target.name) restart") }
            Output.line(text)
            return .wait
        }
    }
}

extension UnitWork.Target {
    /// The unit as it is stored.
    /// - Throws: when there is none.
    func known() throws -> Unit {
        guard let stored else { throw cluster.missing(name) }
        return stored
    }
}

/// One unit named on the command line.
struct OneUnit: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Argument(help: "The unit.")
    var unit: String

    func found(_ connections: Connections) async throws -> (cluster: ConnectedCluster, unit: Unit) {
        let name = try UnitName(typed: unit)
        let cluster = try await cluster.chosen(connections, having: name)
        return (cluster, try await cluster.unit(name))
    }
}

struct Move: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Reschedule a unit to another machine.")
    @OptionGroup var one: OneUnit
    @Option(help: "The machine, by ID, beginning of the ID, or name; anywhere else unless given.") var to: String?

    func run() async throws {
        let connections = try one.context.connections()
        let (one, to) = (one, to)
        try await connections.command {
            let (own, unit) = try await one.found(connections)
            var target: ID<Machine>?
            if let to {
                let (cluster, machine) = try await connections.machine(to)
                guard cluster == own.id else {
                    throw CommandFailure(
                        .refused,
                        "machine '\(machine.name)' is in cluster '\(cluster)', '\(unit.name)' in '\(own.id)'")
                }
                target = machine.id
            }
            try await connections.obey(.move(own.id, unit.name, to: target))
        }
    }
}

struct Cat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cat", abstract: "Print a unit's file.")
    @OptionGroup var one: OneUnit

    func run() async throws {
        let connections = try one.context.connections()
        let one = one
        try await connections.command {
            Output.text(SafeText.block(try await one.found(connections).unit.file.text))
        }
    }
}
