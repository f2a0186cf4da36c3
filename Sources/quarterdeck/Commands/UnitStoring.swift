import FoundationEssentials
import Model
import NodeAgent

/// Has a unit stored and wanted as said: looks in the cluster, then for a file, then for the template in the cluster,
/// then for the template's file.
struct UnitStoring: Sendable {
    let desired: DesiredState
    let replace: Bool

    /// What is to be waited for afterwards, or what is to be said.
    func ask(_ target: UnitWork.Target, _ connections: Connections) async throws -> UnitWork.Asked {
        let name = target.name
        if name.isTemplate, desired != .inactive {
            throw CommandFailure(
                .refused, "cannot activate template '\(name)'; name an instance such as \(name.prefix)@1.\(name.type)")
        }
        let (file, wanted) = try await store(target, connections)
        guard desired > .inactive else { return .done("Unit \(name) \(wanted.rawValue)") }
        if Requirements(of: file, name: name).isGlobal {
            return .done("Triggered global unit \(name) \(desired == .launched ? "start" : "load")")
        }
        return .wait
    }

    private func store(
        _ target: UnitWork.Target, _ connections: Connections
    ) async throws -> (UnitFile, DesiredState) {
        let (name, cluster) = (target.name, target.cluster.id)
        guard let stored = target.stored else {
            let file = try await found(target)
            try await connections.require(.submit(cluster, name, file, Wanted(desired)))
            return (file, desired)
        }
        if let other = try other(than: stored, target) {
            let wanted = max(desired, stored.desired)
            try await connections.require(.submit(cluster, name, other, Wanted(wanted)))
            return (other, wanted)
        }
        if desired > .inactive { try await connections.require(.want(cluster, name, desired)) }
        return (stored.file, desired > .inactive ? desired : stored.desired)
    }

    /// The file here that takes the place of the stored one; where that is not asked, a difference is only told.
    private func other(than stored: Unit, _ target: UnitWork.Target) throws -> UnitFile? {
        let told: String
        do {
            guard let local = try Self.local(target), local != stored.file else { return nil }
            if replace { return local }
            told = "the file of '\(target.name)' here differs from the stored one, which counts"
        } catch let error where !replace {
            told = "\(Connections.failure(error).text)\nthe stored file of '\(target.name)' counts"
        }
        Output.error("\(told); --replace takes the one here")
        return nil
    }

    /// The file here that a name means, with the unit's type where that was left out; nil when there is none.
    private static func local(_ target: UnitWork.Target) throws -> UnitFile? {
        try file(folder(of: target.text) + target.name.text, target.name)
    }

    private func found(_ target: UnitWork.Target) async throws -> UnitFile {
        if let local = try Self.local(target) { return local }
        if let template = target.name.template {
            let folder = Self.folder(of: target.text)
            if let stored = try await target.cluster.door.unit(template) {
                // What the template's own drop-ins say is in it already.
                let dropIns = try Self.dropIns(of: [target.name], in: folder)
                return try Self.joined(stored.file, dropIns, as: target.name, file: target.name.text)
            }
            if let file = try Self.file(folder + template.text, target.name) { return file }
        }
        throw CommandFailure(
            .refused,
            "there is no unit '\(target.name)' in cluster '\(target.cluster.id)' and no file "
                + "'\(SafeText.name(Self.folder(of: target.text) + target.name.text))' here")
    }

    /// A unit's file here with its drop-ins; nil when there is none.
    ///
    /// Drop-ins are files `*.conf` in the directory `NAME.d` beside it, and in that of its template, in the order of
    /// their names; one of the unit's own takes the place of the template's of that name.
    /// - Throws: `UnitFileError`, which names the file that is wrong.
    /// - Source: systemd.unit(5), "Drop-in".
    static func file(_ path: String, _ name: UnitName) throws -> UnitFile? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        let own = try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path)
        let dropIns = try Self.dropIns(of: [name.template, name].compactMap(\.self), in: Self.folder(of: path))
        return try Self.joined(own, dropIns, as: name, file: path)
    }

    /// The file with what drop-ins add to it, checked; a mistake of theirs is told as theirs.
    static func joined(
        _ own: UnitFile, _ dropIns: [UnitFile], as name: UnitName, file path: String
    ) throws(UnitFileError) -> UnitFile {
        let isOwnFault = dropIns.isEmpty || !own.problems(as: name).isEmpty
        return try own.with(dropIns: dropIns).checked(as: name, file: isOwnFault ? path : "\(path) with its drop-ins")
    }

    /// The drop-ins of these units, the later ones' in place of the earlier ones' of the same file name.
    static func dropIns(of units: [UnitName], in folder: String) throws -> [UnitFile] {
        var paths: [String: String] = [:]
        for unit in units {
            let directory = folder + unit.text + ".d"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            where name.hasSuffix(".conf") && !name.hasPrefix(".") {
                paths[name] = "\(directory)/\(name)"
            }
        }
        return try paths.sorted { $0.key < $1.key }.map { _, path in
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw CommandFailure(.refused, "cannot read the drop-in '\(SafeText.name(path))'")
            }
            return try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path)
        }
    }

    /// The folder that stands before a file's name, with its last slash; empty for none.
    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
}
