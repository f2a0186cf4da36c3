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
            var written: [Unit] = []
            do {
                for unit in batch where try await write(unit) { written.append(unit) }
                let begun = written
                if !begun.isEmpty { try await hold { try await self.standing(of: begun) } }
            } catch {
                throw stopped(
                    error, "\(done) of \(stored.count) units", text, command.back ? await giveBack(written) : nil)
            }
            done += written.count
            if !written.isEmpty { Output.line("rolled \(written.map(\.name.text).joined(separator: " "))") }
        }
    }

    /// Those that have the file already have to run: nothing goes on over what an earlier roll broke.
    private func check(_ have: [Unit], of count: Int) async throws {
        let launched = have.filter { $0.desired == .launched }
        if launched.isEmpty { return }
        do {
            try await hold { try await self.standing(of: launched) }
        } catch {
            throw stopped(
                error, "\(have.count) of \(count) units", "those that have the file already",
                "nothing was changed now; roll a file that is right, or the one of before with --file")
        }
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
                try await checkUnchanged(unit)
                if isNew { try await connections.require(.roll(registry.cluster, name, file, on: done + batch)) }
                try await hold { try await self.standing(of: name, on: batch) }
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
            if try await !write(unit) { throw Self.destroyed(name) }
        } else {
            try await checkUnchanged(unit)
            try await connections.require(.endRoll(registry.cluster, name, keepsNew: true))
        }
    }

    private func abandon(_ name: UnitName) async -> String {
        let outcome = await connections.carryOut(.endRoll(registry.cluster, name, keepsNew: false))
        return outcome.isDone ? "all machines got back what was before" : "not given back: \(outcome.text)"
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

    /// Of a unit that was destroyed, or that nobody wants to run any more, nothing is waited for.
    ///
    /// - Parameter units: as they were before
    private func standing(of units: [Unit]) async throws -> Standing {
        var all = Standing.runs
        for before in units {
            let name = before.name
            guard let unit = try await registry.unit(name), unit.desired == .launched else { continue }
            guard unit.file.hash == files.files[name]?.hash else { return .failed(Self.another(name, unit.file.hash)) }
            if unit.placement == nil, let waiting = unit.reasonToWait(after: before) {
                return .failed("'\(name)' waits: \(waiting.why)")
            }
            let one = standing(unit.state, name)
            if case .failed = one { return one }
            if one == .onItsWay { all = one }
        }
        return all
    }

    private func standing(of name: UnitName, on machines: [ID<Machine>]) async throws -> Standing {
        guard let unit = try await registry.unit(name) else { return .failed(Self.destroyed(name).text) }
        guard unit.desired == .launched else { return .runs }
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
