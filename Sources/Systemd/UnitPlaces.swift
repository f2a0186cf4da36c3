import FoundationEssentials
import Glibc
import Model

/// Where our units' files are, and where systemd looks for them.
///
/// All of it lies below /run: after a boot nothing is there, and everything placed is loaded anew.
struct UnitPlaces: Sendable {
    /// What stands before every path when files are reached; empty but in tests.
    let root: String
    /// Our files, as systemd sees the path.
    let directory: String
    /// Where those are marked that were started: beside our files.
    let launchedDirectory: String

    static let linkDirectory = "/run/systemd/system"
    /// - Source: systemd.unit(5), "Unit File Load Path".
    private static let searched = [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
        "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached", linkDirectory,
        "/run/systemd/system.attached", "/run/systemd/generator", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
    ]

    /// What the machine has under a name already.
    enum Host: Hashable {
        case nothing
        case masked
        case file(String)
    }

    init(root: String, directory: String) {
        self.root = root
        self.directory = directory
        let parent = directory.split(separator: "/").dropLast().joined(separator: "/")
        launchedDirectory = "/\(parent.isEmpty ? "" : parent + "/")launched"
    }

    func file(_ name: UnitName) -> String { "\(directory)/\(name.text)" }
    func link(_ name: UnitName) -> String { "\(Self.linkDirectory)/\(name.text)" }
    func isOurs(_ fragment: String, _ name: UnitName) -> Bool { fragment == link(name) || fragment == file(name) }

    func prepare() throws {
        for path in [directory, launchedDirectory] {
            try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
        }
    }

    /// Looks for a file of that name, or of its template, that is not ours.
    func host(_ name: UnitName) -> Host {
        for one in [name, name.template].compactMap(\.self) {
            for folder in Self.searched {
                let path = "\(folder)/\(one.text)"
                var info = stat()
                guard lstat(root + path, &info) == 0 else { continue }
                let target = Self.target(root + path)
                if target == "/dev/null" { return .masked }
                if folder == Self.linkDirectory, target == file(one) { continue }
                return .file(path)
            }
        }
        if name.type == "mount", access(root + link(name), F_OK) != 0, let point = mountPoint(name) {
            return .file(point)
        }
        return .nothing
    }

    /// Where something is mounted that systemd has as a unit of that name, without a file.
    private func mountPoint(_ name: UnitName) -> String? {
        let specifiers = Specifiers(name, machine: "", hostName: "", runtimeDirectory: "", stateDirectory: "")
        let point = "/" + specifiers.expand("%P")
        guard let mounts = CgroupFiles.contents(root + "/proc/1/mountinfo", max: 1 << 20) else { return nil }
        let isMounted = mounts.split(separator: 0x0A).contains { line in
            let fields = line.split(separator: 0x20, maxSplits: 5)
            return fields.count > 4 && fields[4].elementsEqual(point.utf8)
        }
        return isMounted ? point : nil
    }

    /// Writes a unit's file and links it in; both appear whole or not at all.
    /// - Returns: whether other units pull it in anew or no longer, which systemd has to be told.
    @discardableResult
    func place(_ name: UnitName, _ text: String) throws(PlaceError) -> Bool {
        let before = self.text(name)
        try placeFile(name, text)
        return try placeWanted(name, old: before, new: text)
    }

    private func placeFile(_ name: UnitName, _ text: String) throws(PlaceError) {
        let path = root + file(name)
        let temporary = "\(root)\(directory)/.new-\(name.text)"
        try Self.write(Array(text.utf8), temporary)
        guard rename(temporary, path) == 0 else { throw PlaceError(path: path, number: errno) }
        let link = root + link(name)
        if Self.target(link) == file(name) { return }
        let newLink = "\(root)\(Self.linkDirectory)/.quarterdeck-\(name.text)"
        _ = mkdir(root + Self.linkDirectory, 0o755)
        unlink(newLink)
        guard symlink(file(name), newLink) == 0, rename(newLink, link) == 0 else {
            throw PlaceError(path: link, number: errno)
        }
    }

    /// Takes a unit's file, link and mark away.
    func remove(_ name: UnitName) {
        removeWanted(name)
        if Self.target(root + link(name)) == file(name) { unlink(root + link(name)) }
        unlink(root + file(name))
        unlink("\(root)\(launchedDirectory)/\(name.text)")
    }

    func text(_ name: UnitName) -> String? {
        (try? Data(contentsOf: URL(filePath: root + file(name)))).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The units whose files are here.
    func names() -> [UnitName] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: root + directory)) ?? []
        return entries.compactMap { try? UnitName($0) }.sorted()
    }

    func isLaunched(_ name: UnitName) -> Bool { access("\(root)\(launchedDirectory)/\(name.text)", F_OK) == 0 }

    func setLaunched(_ name: UnitName, _ isLaunched: Bool) throws(PlaceError) {
        let path = "\(root)\(launchedDirectory)/\(name.text)"
        if isLaunched { try Self.write([], path) } else { unlink(path) }
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws(PlaceError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw PlaceError(path: path, number: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw PlaceError(path: path, number: errno) }
            rest = rest.dropFirst(count)
        }
    }

    static func target(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count)
        return count >= 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}

/// A file that could not be written.
struct PlaceError: Error {
    let path: String
    let why: String

    init(path: String, number: Int32) {
        self.path = path
        why = String(cString: strerror(number))
    }
}
