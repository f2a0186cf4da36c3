import AgentAPI
import Model
import NodeAgent
import Registry
import Runtime

/// Takes units over, one after the other: each is off its machines there before it is wanted here, and back there as it
/// was when it does not run here.
struct ImportRun: Sendable {
    let connections: Connections
    /// Where the units come from.
    let there: ConnectedCluster
    /// Where they go.
    let here: ConnectedCluster
    let records: ClusterRegistry
    /// Another file that is stored here gives way.
    let replace: Bool
    /// What has been taken over is destroyed there.
    let destroy: Bool
    /// How long a unit may take to leave there and to run here, in seconds.
    let limit: Int
    /// Between two looks.
    static let look = Duration.milliseconds(500)

    /// Takes one unit over.
    /// - Throws: `CommandFailure` that says where the unit is now.
    func take(_ name: UnitName) async throws {
        let (step, source) = try await outlook(name)
        if let why = step.outlook.obstacle { throw CommandFailure(.refused, "'\(name)' stays in fleet: \(why)") }
        switch step.outlook {
        case .taken:
            Output.line("Unit \(name) is here already")
        case .stored:
            try await store(step)
            Output.line("Unit \(name) \(step.wanted.rawValue)")
        case .placed, .global:
            try await store(step)
            try await records.noteImport(name, wanted: step.wanted)
            try await leave(step, source)
            try await arrive(step)
            try await records.forgetImport(name)
        case .waits, .differs, .refused: preconditionFailure("\(step.outlook) is an obstacle")
        }
        if destroy, source != nil {
            try await connections.require(.destroy(there.id, name))
            Output.line("Destroyed \(name) in \(there.id)")
        }
    }

    /// What would become of it now: what was taken over before it has changed that.
    private func outlook(_ name: UnitName) async throws -> (step: ImportPlan.Step, source: Unit?) {
        let own = try await here.door.read().contents
        let note = try await records.importNote(name)
        let source = try await there.door.unit(name)
        guard let source = source ?? (note == nil ? nil : own.units.first { $0.name == name }) else {
            throw CommandFailure(.refused, "unit '\(name)' is no longer in fleet; nothing was done with it")
        }
        let from = ClusterContents(cluster: Cluster(id: there.id, name: there.id.text), units: [source])
        let plan = ImportPlan(here: own, there: from, notes: note.map { [name: $0] } ?? [:], replace: replace)
        guard let step = plan.steps.first else { preconditionFailure("a plan of one unit has one step") }
        return (step, source)
    }

    private func store(_ step: ImportPlan.Step) async throws {
        let stored = try await here.door.unit(step.name)
        if stored?.file.text == step.file.text { return }
        try await connections.require(.submit(here.id, step.name, step.file, Wanted(stored?.desired ?? .inactive)))
    }

    /// Takes it off its machines there.
    private func leave(_ step: ImportPlan.Step, _ source: Unit?) async throws {
        guard source != nil else { return }
        do {
            try await connections.require(.want(there.id, step.name, .inactive))
            try await eventually("left its machines there") {
                guard let unit = try await there.door.unit(step.name) else { return true }
                return unit.placement == nil && unit.states.isEmpty
            }
        } catch {
            try await putBack(step, because: Connections.failure(error))
        }
    }

    /// Has it run here as it did there.
    private func arrive(_ step: ImportPlan.Step) async throws {
        do {
            try await connections.require(.want(here.id, step.name, step.wanted))
            if Requirements(of: step.file, name: step.name).isGlobal {
                try await eventually("begun to run on a machine here") {
                    let states = try await here.door.unit(step.name)?.states ?? [:]
                    return states.values.contains { step.wanted == .loaded || $0.active == .active }
                }
                return Output.line("Triggered global unit \(step.name) \(step.wanted == .launched ? "start" : "load")")
            }
            let wait = UnitWait(here.door, [step.name], step.wanted, limit: limit)
            if let failure = try await wait.run()[step.name] { throw failure }
        } catch {
            let failure = Connections.failure(error)
            do {
                try await connections.require(.want(here.id, step.name, .inactive))
                try await eventually("left its machines here") {
                    guard let unit = try await here.door.unit(step.name) else { return true }
                    return unit.placement == nil && unit.states.isEmpty
                }
            } catch {
                throw CommandFailure(
                    failure.code,
                    "'\(step.name)' does not run here (\(failure.text)) and cannot be taken off "
                        + "(\(Connections.failure(error).text)); it is inactive in fleet: begin again, or start it"
                )
            }
            try await putBack(step, because: failure)
        }
    }

    /// Has it there as it was, and says so.
    private func putBack(_ step: ImportPlan.Step, because failure: CommandFailure) async throws -> Never {
        do {
            try await connections.require(.want(there.id, step.name, step.wanted))
            try await records.forgetImport(step.name)
        } catch {
            throw CommandFailure(
                failure.code,
                "'\(step.name)' was not taken over (\(failure.text)) and cannot be put back "
                    + "(\(Connections.failure(error).text)); it was \(step.wanted.rawValue) in fleet: begin again, or "
                    + "want that there by hand")
        }
        throw CommandFailure(
            failure.code,
            "'\(step.name)' was not taken over and is wanted \(step.wanted.rawValue) in fleet again: \(failure.text)")
    }

    private func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(limit)
        while ContinuousClock.now < end {
            if try await holds() { return }
            try await Task.sleep(for: Self.look)
        }
        throw CommandFailure(.refused, "it has not \(what) within \(limit) s")
    }
}
