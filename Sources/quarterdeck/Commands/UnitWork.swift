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
        let stored = StoredUnits(readsAll: units.count > Self.fewMax)
        try await connections.command {
            try await work.each(connections, waitFor: desired > .inactive ? desired : nil) { text, name, registry in
                try await work.store(text, name, registry, connections, stored, desired, replace: replace)
                if desired == .inactive { Output.line("Unit \(name) inactive") }
            }
        }
    }

    /// Runs an order on every unit named and waits until it holds.
    func each(
        waitFor desired: DesiredState?, _ order: @escaping @Sendable (ID<Cluster>, UnitName) -> Order
    ) async throws {
        let connections = try context.connections()
        let work = self
        try await connections.command {
            try await work.each(connections, waitFor: desired) { _, name, registry in
                try await connections.obey(order(registry.cluster, name))
            }
        }
    }

    /// So many units are looked up one by one; for more everything is read once.
    private static let fewMax = 4

    /// How many orders are under way at a time.
    private static let ordersMax = 16

    /// Does something for every unit named, several at a time, and waits until what is wanted holds; one that fails
    /// holds up none of the others.
    private func each(
        _ connections: Connections, waitFor desired: DesiredState?,
        _ ask: @escaping @Sendable (String, UnitName, ClusterRegistry) async throws -> Void
    ) async throws {
        var failures: [String: CommandFailure] = [:]
        var asked: [ID<Cluster>: (registry: ClusterRegistry, names: [UnitName])] = [:]
        let names = try units.map { ($0, try UnitName(typed: $0)) }
        try await withThrowingTaskGroup(of: (String, UnitName, ClusterRegistry?, CommandFailure?).self) { group in
            var rest = names[...]
            var running = 0
            while true {
                while running < Self.ordersMax, let (text, name) = rest.popFirst() {
                    running += 1
                    group.addTask {
                        do {
                            let registry = try await registry(connections, name)
                            try await ask(text, name, registry)
                            return (text, name, registry, nil)
                        } catch {
                            return (text, name, nil, Connections.failure(error))
                        }
                    }
                }
                guard let (text, name, registry, failure) = try await group.next() else { break }
                running -= 1
                failures[text] = failure
                if let registry { asked[registry.cluster, default: (registry, [])].names.append(name) }
            }
        }
        if let desired, !noBlock {
            for (_, (registry, names)) in asked.sorted(by: { $0.key < $1.key }) {
                let wait = UnitWait(registry, names, desired, limit: blockAttempts == 0 ? nil : blockAttempts * 2)
                for (name, failure) in try await wait.run() { failures[name.text] = failure }
            }
        }
        let told = units.compactMap { failures[$0] } + failures.filter { !units.contains($0.key) }.map(\.value)
        guard let first = told.first else { return }
        throw CommandFailure(first.code, told.map(\.text).joined(separator: "\n"))
    }

    private func registry(_ connections: Connections, _ name: UnitName) async throws -> ClusterRegistry {
        try await cluster.registry(connections, having: name)
    }

    /// Looks in the store, then for a file, then for the template in the store, then for the template's file.
    private func store(
        _ text: String, _ name: UnitName, _ registry: ClusterRegistry, _ connections: Connections,
        _ known: StoredUnits, _ desired: DesiredState, replace: Bool
    ) async throws {
        if name.isTemplate, desired != .inactive {
            throw CommandFailure(
                .refused, "cannot activate template '\(name)'; name an instance such as \(name.prefix)@1.\(name.type)")
        }
        let submit = { (file: UnitFile, wanted: DesiredState) in
            _ = try await connections.require(.submit(registry.cluster, name, file, wanted))
        }
        let want = Order.want(registry.cluster, name, desired)
        let stored = try await known.unit(name, registry)
        let local = try Self.file(text, name)
        if let stored {
            guard let local, local != stored.file else {
                if desired > .inactive { try await connections.require(want) }
                return
            }
            if replace { return try await submit(local, max(desired, stored.desired)) }
            Output.error(
                "the file of '\(name)' here differs from the stored one, which is used; --replace takes the one here")
            if desired > .inactive { try await connections.require(want) }
            return
        }
        if let local { return try await submit(local, desired) }
        if let template = name.template {
            if let found = try await known.unit(template, registry) {
                return try await submit(found.file, desired)
            }
            let folder = text.split(separator: "/").dropLast().joined(separator: "/")
            let path = (text.hasPrefix("/") ? "/" : "") + (folder.isEmpty ? "" : folder + "/") + template.text
            if let file = try Self.file(path, name) { return try await submit(file, desired) }
        }
        throw CommandFailure(
            .refused,
            "there is no unit '\(name)' in cluster '\(registry.cluster)' and no file '\(SafeText.name(text))' here")
    }

    static func file(_ path: String, _ name: UnitName) throws -> UnitFile? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path).checked(as: name, file: path)
    }
}

/// The units that clusters have, read once for many, or each when it is asked for.
private actor StoredUnits {
    private let readsAll: Bool
    private var all: [ID<Cluster>: [UnitName: Unit]] = [:]
    private var isReading = false

    init(readsAll: Bool) {
        self.readsAll = readsAll
    }

    func unit(_ name: UnitName, _ registry: ClusterRegistry) async throws -> Unit? {
        guard readsAll else { return try await registry.unit(name) }
        while isReading { try await Task.sleep(for: .milliseconds(2)) }
        if let units = all[registry.cluster] { return units[name] }
        isReading = true
        defer { isReading = false }
        let units = try await registry.read().contents.units
        all[registry.cluster] = Dictionary(units.map { ($0.name, $0) }) { first, _ in first }
        return all[registry.cluster]?[name]
    }
}
