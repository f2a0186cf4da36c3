import ArgumentParser
import FoundationEssentials
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
            let registry = try await command.cluster.registry(connections, to: "roll files out in")
            let units = try await registry.read().contents.units
            if command.abandon {
                let name = try UnitName(typed: command.unit)
                return try await connections.obey(.endRoll(registry.cluster, name, keepsNew: false))
            }
            let names = try command.names(units)
            let files = try command.files(for: names, units)
            let roll = Rolling(command: command, connections: connections, registry: registry, files: files)
            if let global = names.first, names.count == 1, units.first(where: { $0.name == global })?.isGlobal == true {
                try await roll.machines(of: global)
            } else {
                try await roll.units(names)
                try await roll.storeTemplate(units)
            }
        }
    }

    private var isPattern: Bool { UnitPattern.isPattern(unit) }

    /// The units that get a file.
    private func names(_ stored: [Unit]) throws -> [UnitName] {
        var names: [UnitName]
        if isPattern {
            let pattern = try UnitPattern(unit)
            names = stored.map(\.name).filter { pattern.matches($0) && !$0.isTemplate }
        } else {
            let name = try UnitName(typed: unit)
            names = name.isTemplate ? stored.map(\.name).filter { $0.template == name } : [name]
        }
        guard !names.isEmpty else {
            throw CommandFailure(.refused, "no stored unit is '\(SafeText.name(unit))'; list-unit-files shows them")
        }
        return names.sorted()
    }

    /// What each of them gets: the file with its own drop-ins.
    private func files(for names: [UnitName], _ stored: [Unit]) throws -> RollFiles {
        let sources = try self.sources(names)
        let folder = UnitStoring.folder(of: unit)
        let here: [(path: String, source: UnitName?)] =
            file.map { [($0, sources.first)] } ?? sources.map { (folder + $0.text, $0) }
        for (path, source) in here {
            guard FileManager.default.fileExists(atPath: path) else { continue }
            let pairs = try names.compactMap { name in try UnitStoring.file(path, name).map { (name, $0) } }
            var files = RollFiles(files: Dictionary(pairs) { first, _ in first })
            let typed = isPattern ? nil : try UnitName(typed: unit)
            if let typed, typed.isTemplate, source == typed, let own = try UnitStoring.file(path, typed) {
                files.template = (typed, own)
            }
            return files
        }
        if let file { throw CommandFailure(.refused, "there is no file '\(SafeText.name(file))'") }
        for source in sources where source.isTemplate {
            guard let template = stored.first(where: { $0.name == source }) else { continue }
            let pairs = try names.map { name in
                let dropIns = try UnitStoring.dropIns(of: [name], in: folder)
                return (name, try UnitStoring.joined(template.file, dropIns, as: name, file: source.text))
            }
            return RollFiles(files: Dictionary(pairs) { first, _ in first })
        }
        throw CommandFailure(.refused, "no file for '\(SafeText.name(unit))' is here; name one with --file")
    }

    /// The names that a file for these units may have.
    private func sources(_ names: [UnitName]) throws -> [UnitName] {
        guard isPattern else {
            let name = try UnitName(typed: unit)
            return [name] + [name.template].compactMap(\.self)
        }
        let templates = Set(names.compactMap(\.template)).sorted()
        guard file != nil || templates.count <= 1 else {
            throw CommandFailure(
                .usage, "units of several templates match '\(SafeText.name(unit))'; name their new file with --file")
        }
        return templates
    }
}
