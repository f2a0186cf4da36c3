import FoundationEssentials

/// The project's own files, as the tests of tidiness read them.
enum ProjectFiles {
    /// The project's folder.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A file of the project: its path from the root, and its lines.
    struct File {
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// `Sources/Model/ID.swift` is of the target `Model`.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    }

    static func text(_ path: String) -> String {
        guard let data = try? Data(contentsOf: URL(filePath: "\(root)/\(path)")) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// All Swift files below a folder, by path; generated ones are left out.
    static func swift(below folder: String) -> [File] {
        paths(below: folder).filter { $0.hasSuffix(".swift") && !isGenerated($0) }.map {
            File(path: $0, text: text($0))
        }
    }

    static func isGenerated(_ path: String) -> Bool { path.hasPrefix("Sources/EtcdWire/") }

    static func paths(below folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
        return names.sorted().flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
            return isFolder ? paths(below: path) : [path]
        }
    }

    /// What stands at the top.
    static var topLevel: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
    }
}
