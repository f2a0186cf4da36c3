import ArgumentParser
import FoundationEssentials
import Model
import NodeAgent
import Registry
import Runtime

/// What the verbs on units share: finding units and files, asking, and waiting for what was asked.
struct UnitWork: ParsableArguments {
    @OptionGroup var context: ContextOptions
    @OptionGroup var cluster: ClusterOption
    @Flag(help: "Ask and do not wait.")
    var noBlock = false
    @Option(help: "Wait at most so many times two seconds; 0 is without end.")
    var blockAttempts = 0
    @Argument(help: "Units, or files of units.")
    var units: [String] = []

    mutating func validate() throws {
        guard !units.isEmpty else { throw ValidationError("name at least one unit") }
        guard blockAttempts >= 0 else { throw ValidationError("--block-attempts must not be negative") }
    }

    /// Has every unit named at least stored, and wanted as said.
    func want(_ desired: DesiredState, replace: Bool) async throws {
        let connections = try context.connections()
        let work = self
        try await connections.command {
            for text in work.units {
                let name = try UnitName(typed: text)
                let registry = try await work.registry(connections, name)
                try await work.store(text, name, registry, desired, replace: replace)
                if desired == .inactive { Output.line("Unit \(name) inactive") }
            }
            guard desired > .inactive, !work.noBlock else { return }
            for text in work.units {
                let name = try UnitName(typed: text)
                try await work.awaitState(name, try await work.registry(connections, name), desired)
            }
        }
    }

    private func registry(_ connections: Connections, _ name: UnitName) async throws -> ClusterRegistry {
        try await cluster.registry(connections, having: name)
    }

    /// Looks in the store, then for a file, then for the template in the store, then for the template's file.
    private func store(
        _ text: String, _ name: UnitName, _ registry: ClusterRegistry, _ desired: DesiredState, replace: Bool
    ) async throws {
        if name.isTemplate, desired != .inactive {
            throw CommandFailure(
                .refused, "cannot activate template '\(name)'; name an instance such as \(name.prefix)@1.\(name.type)")
        }
        let stored = try await registry.unit(name)
        let local = try Self.file(text, name)
        if let stored {
            guard let local, local != stored.file else {
                if desired > .inactive { try await registry.want(name, desired) }
                return
            }
            if replace { return try await registry.submit(name, local, max(desired, stored.desired)) }
            Output.error(
                "the file of '\(name)' here differs from the stored one, which is used; --replace takes the one here")
            if desired > .inactive { try await registry.want(name, desired) }
            return
        }
        if let local { return try await registry.submit(name, local, desired) }
        if let template = name.template {
            if let found = try await registry.unit(template) {
                return try await registry.submit(name, found.file, desired)
            }
            let folder = text.split(separator: "/").dropLast().joined(separator: "/")
            let path = (text.hasPrefix("/") ? "/" : "") + (folder.isEmpty ? "" : folder + "/") + template.text
            if let file = try Self.file(path, name) { return try await registry.submit(name, file, desired) }
        }
        throw CommandFailure(
            .refused,
            "there is no unit '\(name)' in cluster '\(registry.cluster)' and no file '\(SafeText.name(text))' here")
    }

    private static func file(_ path: String, _ name: UnitName) throws -> UnitFile? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path).checked(as: name, file: path)
    }

    /// Runs an order on every unit named and waits until it holds.
    func each(
        waitFor desired: DesiredState?, _ order: @escaping @Sendable (ID<Cluster>, UnitName) -> Order
    ) async throws {
        let connections = try context.connections()
        let work = self
        try await connections.command {
            var failures: [CommandFailure] = []
            for text in work.units {
                do {
                    let name = try UnitName(typed: text)
                    let registry = try await work.registry(connections, name)
                    try await connections.obey(order(registry.cluster, name))
                    if let desired, !work.noBlock { try await work.awaitState(name, registry, desired) }
                } catch let failure as CommandFailure {
                    failures.append(failure)
                }
            }
            if let first = failures.first {
                throw CommandFailure(first.code, failures.map(\.text).joined(separator: "\n"))
            }
        }
    }

    private func awaitState(_ name: UnitName, _ registry: ClusterRegistry, _ desired: DesiredState) async throws {
        let limit = blockAttempts == 0 ? Int.max : blockAttempts * 20
        for _ in 0..<limit {
            guard let unit = try await registry.unit(name) else { return }
            if unit.isGlobal {
                Output.line("Triggered global unit \(name) \(desired == .launched ? "start" : desired.rawValue)")
                return
            }
            if desired == .inactive {
                if unit.states.isEmpty, unit.placement == nil { return Output.line("Unit \(name) inactive") }
            } else if let waiting = unit.waiting, unit.placement == nil {
                throw CommandFailure(.refused, "unit '\(name)' is wanted \(desired.rawValue) and waits: \(waiting.why)")
            } else if let machine = unit.placement?.machine, let state = unit.state, Self.holds(state, desired) {
                if state.active == .failed {
                    throw CommandFailure(.refused, "unit '\(name)' failed: \(state.note ?? state.sub)")
                }
                let there = try await registry.machines().first { $0.id == machine }
                return Output.line(
                    "Unit \(name) \(desired.rawValue) on \(Shown.machine(machine.text, false, there?.address))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure(
            .refused, "unit '\(name)' is not \(desired.rawValue) yet; 'quarterdeck explain \(name)' tells more")
    }

    private static func holds(_ state: UnitState, _ desired: DesiredState) -> Bool {
        switch desired {
        case .inactive: false
        case .loaded: !state.isLaunched && state.active != .deactivating
        case .launched:
            state.isLaunched && (state.active == .active || state.active == .failed || state.note == "done: exit 0")
        }
    }
}
