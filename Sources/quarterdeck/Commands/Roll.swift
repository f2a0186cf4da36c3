import ArgumentParser
import Model
import NodeAgent
import Registry

/// `quarterdeck roll`.
struct RollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roll", abstract: "Bring a new file to units that run, a few at a time, and stop when one fails.",
        discussion: """
            UNIT is a unit, a pattern such as 'web@*.service', or a template: then all its instances get its file. \
            Units keep their machines. A global unit gets its new file machine by machine. Units that have the file \
            are left alone, so a roll that was stopped goes on when it is asked again.
            """)
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Option(help: "The new file; else the one here by the unit's or template's name, else the stored template's.")
    var file: String?
    @Option(help: "How many units or machines at a time.") var batch = 1
    @Option(help: "How many seconds a batch may take until it runs.") var wait = 60
    @Option(help: "How many seconds a batch has to run before the next.") var settle = 2
    @Flag(help: "Give the batch that fails, or a global unit everywhere, its file of before back.") var back = false
    @Flag(help: "Give up the roll of a global unit: its file of before comes back everywhere.") var abandon = false
    @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
    @Argument(help: "The unit, pattern or template.") var unit: String

    mutating func validate() throws {
        guard (1...1_000).contains(batch) else { throw ValidationError("--batch must be 1 to 1000") }
        guard (1...86_400).contains(wait) else { throw ValidationError("--wait must be 1 to 86400 seconds") }
        guard (0...3_600).contains(settle) else { throw ValidationError("--settle must be 0 to 3600 seconds") }
    }

    func run() async throws {
        let connections = try context.connections()
        let command = self
        try await connections.command {
            let cluster = try await command.cluster.chosen(connections)
            let units = try await cluster.door.read().contents.units
            if command.abandon {
                let name = try UnitName(typed: command.unit)
                return try await connections.obey(.endRoll(cluster.id, name, keepsNew: false))
            }
            let (names, file) = try command.chosen(units)
            let roll = Rolling(command: command, connections: connections, door: cluster.door, file: file)
            if let global = names.first, names.count == 1, units.first(where: { $0.name == global })?.isGlobal == true {
                try await roll.machines(of: global)
            } else {
                try await roll.units(names)
            }
        }
    }

    /// The units that get a file, and the file.
    private func chosen(_ stored: [Unit]) throws -> ([UnitName], UnitFile) {
        let isPattern = UnitPattern.isPattern(unit)
        var names: [UnitName]
        var sources: [UnitName]
        if isPattern {
            let pattern = try UnitPattern(unit)
            names = stored.map(\.name).filter { pattern.matches($0) && !$0.isTemplate }
            sources = Array(Set(names.compactMap(\.template)))
        } else {
            let name = try UnitName(typed: unit)
            names = name.isTemplate ? stored.map(\.name).filter { $0.template == name } : [name]
            sources = [name] + [name.template].compactMap(\.self)
        }
        guard !names.isEmpty else {
            throw CommandFailure(.refused, "no stored unit is '\(SafeText.name(unit))'; list-unit-files shows them")
        }
        if let file {
            guard let read = try UnitStoring.file(file, names[0]) else {
                throw CommandFailure(.refused, "there is no file '\(SafeText.name(file))'")
            }
            return (names.sorted(), read)
        }
        if isPattern, sources.count > 1 {
            throw CommandFailure(
                .usage, "units of several templates match '\(SafeText.name(unit))'; name their new file with --file")
        }
        for source in sources {
            let path = unit.hasSuffix(source.text) ? unit : source.text
            if let read = try UnitStoring.file(path, source) { return (names.sorted(), read) }
        }
        for source in sources where source.isTemplate {
            if let template = stored.first(where: { $0.name == source }) { return (names.sorted(), template.file) }
        }
        throw CommandFailure(.refused, "no file for '\(SafeText.name(unit))' is here; name one with --file")
    }
}

/// One roll on its way.
private struct Rolling: Sendable {
    let command: RollCommand
    let connections: Connections
    let door: any ClusterDoor
    let file: UnitFile

    /// Brings the file to units, which keep their machines.
    func units(_ names: [UnitName]) async throws {
        let stored = try await door.read().contents.units.filter { Set(names).contains($0.name) }
        let missing = Set(names).subtracting(stored.map(\.name)).sorted()
        if let name = missing.first {
            throw CommandFailure(.refused, "unit '\(name)' does not exist in cluster '\(door.cluster)'")
        }
        for unit in stored where !unit.isGlobal { _ = try file.checked(as: unit.name, file: unit.name.text) }
        if let global = stored.first(where: \.isGlobal) {
            throw CommandFailure(.usage, "'\(global.name)' is global; roll it by itself")
        }
        let rest = stored.filter { $0.file.hash != file.hash }
        if rest.isEmpty { return Output.line("all \(stored.count) units have \(file.hash.short)") }
        Output.line("\(file.hash.short) goes to \(rest.count) of \(stored.count) units, \(command.batch) at a time")
        var done = stored.count - rest.count
        for start in stride(from: 0, to: rest.count, by: command.batch) {
            let batch = Array(rest[start..<min(start + command.batch, rest.count)])
            let text = batch.map(\.name.text).joined(separator: " ")
            if command.dryRun {
                Output.line("would roll \(text)")
                continue
            }
            do {
                for unit in batch { try await submit(unit, file) }
                let names = batch.filter { $0.desired == .launched }.map(\.name)
                try await hold { try await self.standing(of: names) }
            } catch {
                throw stopped(
                    error, "\(done) of \(stored.count) units", text, command.back ? await giveBack(batch) : nil)
            }
            done += batch.count
            Output.line("rolled \(text)")
        }
    }

    private func submit(_ unit: Unit, _ file: UnitFile) async throws {
        try await connections.require(.submit(door.cluster, unit.name, file, unit.desired))
    }

    /// Brings the file of a global unit to its machines.
    func machines(of name: UnitName) async throws {
        guard let unit = try await door.unit(name) else { return }
        _ = try file.checked(as: name, file: name.text)
        if unit.file.hash == file.hash, unit.roll == nil {
            return Output.line("\(name) has \(file.hash.short) on all machines")
        }
        let machines = try await door.machines()
        let known = unit.roll.map { $0.file.hash == file.hash ? $0.machines : [] } ?? []
        var done = machines.map(\.id).filter { known.contains($0) }
        let rest = machines.map(\.id).filter { unit.states[$0] != nil && !known.contains($0) }
        Output.line("\(file.hash.short) goes to \(rest.count) machines, \(command.batch) at a time")
        for start in stride(from: 0, to: rest.count, by: command.batch) {
            let batch = Array(rest[start..<min(start + command.batch, rest.count)])
            let text = batch.map { id in machines.first { $0.id == id }?.name ?? id.short }.joined(separator: " ")
            if command.dryRun {
                Output.line("would roll \(name) on \(text)")
                continue
            }
            do {
                try await connections.require(.roll(door.cluster, name, file, on: done + batch))
                if unit.desired == .launched { try await hold { try await self.standing(of: name, on: batch) } }
            } catch {
                var back: String?
                if command.back {
                    let outcome = await connections.carryOut(.endRoll(door.cluster, name, keepsNew: false))
                    back = outcome.isDone ? "all machines got back what was before" : "not given back: \(outcome.text)"
                }
                throw stopped(error, "\(done.count) of \(machines.count) machines", text, back)
            }
            done += batch
            Output.line("rolled \(name) on \(text)")
        }
        if command.dryRun { return }
        if rest.isEmpty, unit.roll == nil {
            try await connections.require(.submit(door.cluster, name, file, unit.desired))
        } else {
            try await connections.require(.endRoll(door.cluster, name, keepsNew: true))
        }
    }

    /// Gives a batch its files of before; what became of that.
    private func giveBack(_ batch: [Unit]) async -> String {
        var left: [String] = []
        for unit in batch {
            let outcome = await connections.carryOut(.submit(door.cluster, unit.name, unit.file, unit.desired))
            if !outcome.isDone { left.append("\(unit.name) was not given back: \(outcome.text)") }
        }
        return left.isEmpty ? "the batch got back what was before" : left.joined(separator: "; ")
    }

    private func stopped(
        _ error: any Error, _ done: String, _ batch: String, _ back: String?
    ) -> CommandFailure {
        let failure = Connections.failure(error)
        let next = back ?? "mend it and roll again, or give --back"
        return CommandFailure(failure.code, "stopped at \(batch) with \(done) done: \(failure.text); \(next)")
    }

    // MARK: Waiting

    /// How a batch is.
    private enum Standing: Equatable {
        case onItsWay
        case runs
        case failed(String)
    }

    /// Waits until a batch runs and has gone on running.
    private func hold(_ look: () async throws -> Standing) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(command.wait)
        var since: ContinuousClock.Instant?
        while true {
            switch try await look() {
            case .failed(let why): throw CommandFailure(.refused, why)
            case .runs:
                since = since ?? clock.now
                if let since, clock.now - since >= .seconds(command.settle) { return }
            case .onItsWay:
                since = nil
                if clock.now > end {
                    throw CommandFailure(.refused, "it does not run within \(command.wait) s")
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func standing(of names: [UnitName]) async throws -> Standing {
        var all = Standing.runs
        for name in names {
            guard let unit = try await door.unit(name) else { return .failed("'\(name)' was destroyed meanwhile") }
            if unit.placement == nil, let waiting = unit.waiting { return .failed("'\(name)' waits: \(waiting.why)") }
            let one = standing(unit.state, name)
            if case .failed = one { return one }
            if one == .onItsWay { all = one }
        }
        return all
    }

    private func standing(of name: UnitName, on machines: [ID<Machine>]) async throws -> Standing {
        guard let unit = try await door.unit(name) else { return .failed("'\(name)' was destroyed meanwhile") }
        let there = Set(try await door.machines().map(\.id))
        var all = Standing.runs
        for machine in machines where there.contains(machine) {
            let one = standing(unit.states[machine], name)
            if case .failed = one { return one }
            if one == .onItsWay { all = one }
        }
        return all
    }

    private func standing(_ state: UnitState?, _ name: UnitName) -> Standing {
        guard let state, state.hash == file.hash, !state.hasJob else { return .onItsWay }
        if state.active == .failed || state.load == "error" || state.sub == "auto-restart" {
            return .failed("'\(name)' failed: \(state.note ?? state.sub)")
        }
        if state.active == .active { return .runs }
        return state.isDone ? .runs : .onItsWay
    }
}
