import Model
import NodeAgent
import Registry

/// What a roll brings.
struct RollFiles: Sendable {
    /// What each unit gets.
    var files: [UnitName: UnitFile]
    /// The template that its instances are brought to, with its new file.
    var template: (name: UnitName, file: UnitFile)?
}

/// One roll on its way.
struct Rolling: Sendable {
    let command: RollCommand
    let connections: Connections
    let registry: ClusterRegistry
    let files: RollFiles

    /// Brings files to units, which keep their machines.
    func units(_ names: [UnitName]) async throws {
        let wanted = Set(names)
        let stored = try await registry.read().contents.units.filter { wanted.contains($0.name) }
        let missing = wanted.subtracting(stored.map(\.name)).sorted()
        if let name = missing.first {
            throw CommandFailure(.refused, "unit '\(name)' does not exist in cluster '\(registry.cluster)'")
        }
        if let global = stored.first(where: \.isGlobal) {
            throw CommandFailure(.usage, "'\(global.name)' is global; roll it by itself")
        }
        let rest = stored.filter { $0.file.hash != files.files[$0.name]?.hash }
        let have = stored.filter { $0.file.hash == files.files[$0.name]?.hash }
        if !command.dryRun { try await check(have, of: stored.count) }
        if rest.isEmpty { return Output.line("all units have the file: \(stored.count)") }
        let hash = rest.first.flatMap { files.files[$0.name]?.hash.short } ?? ""
        Output.line("\(hash) goes to \(rest.count) of \(stored.count) units, \(command.batch) at a time")
        var done = have.count
        for start in stride(from: 0, to: rest.count, by: command.batch) {
            let batch = Array(rest[start..<min(start + command.batch, rest.count)])
            let text = batch.map(\.name.text).joined(separator: " ")
            if command.dryRun {
                Output.line("would roll \(text)")
                continue
            }
            do {
                for unit in batch { if let file = files.files[unit.name] { try await submit(unit, file) } }
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

    /// Those that have the file already have to run: nothing goes on over what an earlier roll broke.
    private func check(_ have: [Unit], of count: Int) async throws {
        let names = have.filter { $0.desired == .launched }.map(\.name)
        if names.isEmpty { return }
        do {
            try await hold { try await self.standing(of: names) }
        } catch {
            throw stopped(
                error, "\(have.count) of \(count) units", "those that have the file already",
                "nothing was changed now; roll a file that is right, or the one of before with --file")
        }
    }

    /// Has a template's new instances get what its instances have now.
    func storeTemplate(_ stored: [Unit]) async throws {
        guard let (name, file) = files.template, !command.dryRun, let unit = stored.first(where: { $0.name == name }),
            unit.file.hash != file.hash
        else { return }
        try await submit(unit, file)
        Output.line("stored \(name): new instances get \(file.hash.short)")
    }

    private func submit(_ unit: Unit, _ file: UnitFile) async throws {
        try await connections.require(.submit(registry.cluster, unit.name, file, unit.desired))
    }

    /// Brings the file of a global unit to its machines.
    func machines(of name: UnitName) async throws {
        guard let unit = try await registry.unit(name), let file = files.files[name] else { return }
        if unit.file.hash == file.hash, unit.roll == nil {
            return Output.line("\(name) has \(file.hash.short) on all machines")
        }
        let machines = try await registry.machines()
        let isGoingOn = unit.roll?.file.hash == file.hash
        let known = isGoingOn ? unit.roll?.machines ?? [] : []
        var done = machines.map(\.id).filter { known.contains($0) }
        let rest = machines.map(\.id).filter { unit.states[$0] != nil && !known.contains($0) }
        let called = { (id: ID<Machine>) in machines.first { $0.id == id }?.name ?? id.short }
        Output.line("\(file.hash.short) goes to \(rest.count) machines, \(command.batch) at a time")
        // First those that have it already: a roll that failed there goes on only when they run.
        let batches =
            (done.isEmpty ? [] : [done])
            + stride(from: 0, to: rest.count, by: command.batch).map {
                Array(rest[$0..<min($0 + command.batch, rest.count)])
            }
        for (index, batch) in batches.enumerated() {
            let isNew = index > 0 || done.isEmpty
            let text = batch.map(called).joined(separator: " ")
            if command.dryRun {
                if isNew { Output.line("would roll \(name) on \(text)") }
                continue
            }
            do {
                if isNew { try await connections.require(.roll(registry.cluster, name, file, on: done + batch)) }
                if unit.desired == .launched {
                    try await hold { try await self.standing(of: name, on: batch) }
                }
            } catch {
                let back = command.back ? await abandon(name) : nil
                throw stopped(error, "\(isNew ? done.count : 0) of \(machines.count) machines", text, back)
            }
            if !isNew { continue }
            done += batch
            Output.line("rolled \(name) on \(text)")
        }
        if command.dryRun { return }
        if done.isEmpty, unit.roll == nil {
            try await connections.require(.submit(registry.cluster, name, file, unit.desired))
        } else {
            try await connections.require(.endRoll(registry.cluster, name, keepsNew: true))
        }
    }

    private func abandon(_ name: UnitName) async -> String {
        let outcome = await connections.carryOut(.endRoll(registry.cluster, name, keepsNew: false))
        return outcome.isDone ? "all machines got back what was before" : "not given back: \(outcome.text)"
    }

    /// Gives a batch its files of before; what became of that.
    private func giveBack(_ batch: [Unit]) async -> String {
        var left: [String] = []
        for unit in batch {
            let outcome = await connections.carryOut(.submit(registry.cluster, unit.name, unit.file, unit.desired))
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
            guard let unit = try await registry.unit(name) else { return .failed("'\(name)' was destroyed meanwhile") }
            if unit.placement == nil, let waiting = unit.waiting { return .failed("'\(name)' waits: \(waiting.why)") }
            let one = standing(unit.state, name)
            if case .failed = one { return one }
            if one == .onItsWay { all = one }
        }
        return all
    }

    private func standing(of name: UnitName, on machines: [ID<Machine>]) async throws -> Standing {
        guard let unit = try await registry.unit(name) else { return .failed("'\(name)' was destroyed meanwhile") }
        let there = Set(try await registry.machines().map(\.id))
        var all = Standing.runs
        for machine in machines where there.contains(machine) {
            let one = standing(unit.states[machine], name)
            if case .failed = one { return one }
            if one == .onItsWay { all = one }
        }
        return all
    }

    private func standing(_ state: UnitState?, _ name: UnitName) -> Standing {
        guard let state, state.hash == files.files[name]?.hash, !state.hasJob else { return .onItsWay }
        if state.active == .failed || state.load == "error" || state.sub == "auto-restart" {
            return .failed("'\(name)' failed: \(state.note ?? state.sub)")
        }
        if state.active == .active { return .runs }
        return state.isDone ? .runs : .onItsWay
    }
}
