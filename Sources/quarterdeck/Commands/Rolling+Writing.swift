import Model
import NodeAgent
import Registry

/// Nothing that somebody else does with a unit while it is rolled is undone: every write is over what was looked at
/// just before.
extension Rolling {
    /// Gives a unit its new file, and leaves what is wanted of it as that is by now; whether it still is there.
    /// - Throws: when it has another file by now, which stays.
    func write(_ unit: Unit) async throws -> Bool {
        guard let file = files.files[unit.name] else { return true }
        return try await write(unit, file)
    }

    private func write(_ unit: Unit, _ file: UnitFile) async throws -> Bool {
        switch try await replace(unit.name, unit.file, by: file) {
        case .done: return true
        case .destroyed:
            Output.line("left out \(unit.name): it was destroyed meanwhile")
            return false
        case .hasAnother(let hash): throw CommandFailure(.refused, Self.another(unit.name, hash))
        }
    }

    /// Has a template's new instances get what its instances have now.
    func storeTemplate(_ stored: [Unit]) async throws {
        guard let (name, file) = files.template, !command.dryRun, let unit = stored.first(where: { $0.name == name }),
            unit.file.hash != file.hash, try await write(unit, file)
        else { return }
        Output.line("stored \(name): new instances get \(file.hash.short)")
    }

    /// Gives units their files of before; what became of that.
    func giveBack(_ units: [Unit]) async -> String {
        if units.isEmpty { return "nothing of it was changed" }
        var left: [String] = []
        for unit in units {
            guard let file = files.files[unit.name] else { continue }
            do {
                switch try await replace(unit.name, file, by: unit.file) {
                case .done: continue
                case .destroyed: left.append("\(unit.name) was destroyed meanwhile")
                case .hasAnother(let hash): left.append(Self.another(unit.name, hash))
                }
            } catch {
                left.append("\(unit.name) was not given back: \(Connections.failure(error).text)")
            }
        }
        if left.count < units.count {
            left.append("\(left.isEmpty ? "the batch" : "the rest of the batch") got back what was before")
        }
        return left.joined(separator: "; ")
    }

    /// A global unit's file still is the one that the roll is to replace, or the new one.
    func checkUnchanged(_ unit: Unit) async throws {
        guard let now = try await registry.stored(unit.name) else { throw Self.destroyed(unit.name) }
        guard now.file.hash == unit.file.hash || now.file.hash == files.files[unit.name]?.hash else {
            throw CommandFailure(.refused, Self.another(unit.name, now.file.hash))
        }
    }

    static func destroyed(_ name: UnitName) -> CommandFailure {
        CommandFailure(.refused, "'\(name)' was destroyed meanwhile")
    }

    static func another(_ name: UnitName, _ hash: UnitHash) -> String {
        "'\(name)' got another file meanwhile, \(hash.short), which it keeps"
    }

    private enum Replacement {
        case done
        case destroyed
        case hasAnother(UnitHash)
    }

    /// How often a write is tried that somebody else overtook.
    private static let triesMax = 5

    private func replace(_ name: UnitName, _ old: UnitFile, by new: UnitFile) async throws -> Replacement {
        for _ in 0..<Self.triesMax {
            guard let now = try await registry.stored(name) else { return .destroyed }
            if now.file.hash == new.hash { return .done }
            guard now.file.hash == old.hash else { return .hasAnother(now.file.hash) }
            do {
                let wanted = Wanted(now.desired, over: now.revision)
                try await connections.require(.submit(registry.cluster, name, new, wanted))
                return .done
            } catch {
                // Refused because it has changed, it is looked at anew; for anything else that would change nothing.
                if try await registry.stored(name)?.revision == now.revision { throw error }
            }
        }
        throw CommandFailure(.refused, "'\(name)' is changed by somebody else again and again")
    }
}
