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
        let local = try Self.file(target.text, name)
        if let stored = target.stored {
            let differs = local.map { $0 != stored.file } ?? false
            if differs, replace, let local {
                let wanted = max(desired, stored.desired)
                try await connections.require(.submit(cluster, name, local, wanted))
                return (local, wanted)
            }
            if differs {
                Output.error(
                    "the file of '\(name)' here differs from the stored one, which counts; --replace takes the one here"
                )
            }
            if desired > .inactive { try await connections.require(.want(cluster, name, desired)) }
            return (stored.file, desired > .inactive ? desired : stored.desired)
        }
        let file = try await found(target, local)
        try await connections.require(.submit(cluster, name, file, desired))
        return (file, desired)
    }

    private func found(_ target: UnitWork.Target, _ local: UnitFile?) async throws -> UnitFile {
        if let local { return local }
        if let template = target.name.template {
            let folder = target.text.split(separator: "/").dropLast().joined(separator: "/")
            let before = (target.text.hasPrefix("/") ? "/" : "") + (folder.isEmpty ? "" : folder + "/")
            if let stored = try await target.cluster.door.unit(template) {
                // What the template's own drop-ins say is in it already.
                let dropIns = try Self.dropIns(before + target.name.text + ".d")
                return try stored.file.with(dropIns: dropIns).checked(as: target.name, file: target.name.text)
            }
            let path = before + template.text
            if let file = try Self.file(path, target.name) { return file }
        }
        throw CommandFailure(
            .refused,
            "there is no unit '\(target.name)' in cluster '\(target.cluster.id)' and no file "
                + "'\(SafeText.name(target.text))' here")
    }

    /// A unit's file here with its drop-ins; nil when there is none.
    ///
    /// Drop-ins are files `*.conf` in the directory `NAME.d` beside it, read in the order of their names; those of a
    /// template come before those of its instance.
    /// - Throws: `UnitFileError`, which names the file that is wrong.
    static func file(_ path: String, _ name: UnitName) throws -> UnitFile? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        let own = try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let dropIns = try [name.template, name].compactMap(\.self).flatMap { one in
            try Self.dropIns((folder.isEmpty ? "" : folder + "/") + one.text + ".d")
        }
        return try own.with(dropIns: dropIns).checked(as: name, file: path)
    }

    private static func dropIns(_ folder: String) throws -> [UnitFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return try names.filter { $0.hasSuffix(".conf") && !$0.hasPrefix(".") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw CommandFailure(.refused, "cannot read the drop-in '\(SafeText.name(path))'")
            }
            return try UnitFile(parsing: String(decoding: data, as: UTF8.self), file: path)
        }
    }
}
