import FoundationEssentials
import Glibc
import Model

/// The containers that the engines' files tell of, read again when a file has changed.
struct ContainerFiles: Sendable {
    private struct Stamp: Hashable, Sendable {
        let seconds: Int
        let nanoseconds: Int
        let inode: UInt

        init?(_ path: String) {
            var info = stat()
            guard stat(path, &info) == 0 else { return nil }
            seconds = info.st_mtim.tv_sec
            nanoseconds = info.st_mtim.tv_nsec
            inode = info.st_ino
        }
    }

    private struct Cached: Sendable {
        let stamp: Stamp
        let containers: [Container]
    }

    private struct PodmanEntry: Decodable {
        let id: String
        let names: [String]?
        let metadata: String?
    }

    private struct PodmanMetadata: Decodable {
        let image: String?

        enum CodingKeys: String, CodingKey { case image = "image-name" }
    }

    private struct DockerEntry: Decodable {
        struct Config: Decodable {
            let image: String?

            enum CodingKeys: String, CodingKey { case image = "Image" }
        }
        let id: String
        let name: String?
        let config: Config?

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case name = "Name"
            case config = "Config"
        }
    }

    private static let podman = [
        "/var/lib/containers/storage/overlay-containers/containers.json",
        "/var/lib/containers/storage/vfs-containers/containers.json",
        "/var/lib/containers/storage/overlay-containers/volatile-containers.json",
    ]
    private static let docker = "/var/lib/docker/containers"
    /// A file of an engine that is larger than this is not read.
    private static let bytesMax = 16 << 20

    let root: String
    private var cache: [String: Cached] = [:]
    /// What the measurement before knew; what is still there is taken over from it.
    private var before: [String: Cached] = [:]
    /// What each engine has, listed once a measurement.
    private var listed: [String: [Container]] = [:]

    init(root: String) {
        self.root = root
    }

    /// Begins a measurement: the engines' files are looked at anew, and those that are gone are forgotten.
    mutating func begin() {
        before = cache
        cache = [:]
        listed = [:]
    }

    /// The container that a command runs; nil while there is none.
    mutating func container(_ command: ContainerCommand) -> Container? {
        let all = listed[command.engine] ?? (command.engine == "podman" ? podmanContainers() : dockerContainers())
        listed[command.engine] = all
        if let path = command.idFile, let id = Self.read(root + path, max: 256) {
            let text = String(decoding: id, as: UTF8.self).filter(\.isHexDigit)
            if let found = all.first(where: { $0.id == text }) { return found }
        }
        return all.first { $0.name == command.name }
    }

    private mutating func podmanContainers() -> [Container] {
        Self.podman.flatMap { path in
            cached(path) { bytes in
                let entries = (try? JSONDecoder().decode([PodmanEntry].self, from: bytes)) ?? []
                return entries.flatMap(Self.containers)
            }
        }
    }

    private static func containers(_ entry: PodmanEntry) -> [Container] {
        let metadata = entry.metadata.flatMap { try? JSONDecoder().decode(PodmanMetadata.self, from: Data($0.utf8)) }
        return (entry.names ?? []).compactMap { container("podman", entry.id, $0, metadata?.image) }
    }

    private mutating func dockerContainers() -> [Container] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: root + Self.docker)) ?? []
        return folders.sorted().flatMap { folder in
            cached("\(Self.docker)/\(folder)/config.v2.json") { bytes in
                guard let entry = try? JSONDecoder().decode(DockerEntry.self, from: bytes) else { return [] }
                let name = entry.name.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 } ?? ""
                return [Self.container("docker", entry.id, name, entry.config?.image)].compactMap(\.self)
            }
        }
    }

    /// An ID becomes part of paths: only one that is an ID is taken.
    private static func container(_ engine: String, _ id: String, _ name: String, _ image: String?) -> Container? {
        guard id.utf8.count == 64, id.allSatisfy(\.isHexDigit) else { return nil }
        return Container(
            engine: engine, id: id, name: SafeText.name(name), image: SafeText.clean(image ?? "", limit: 256))
    }

    private mutating func cached(_ path: String, _ read: (Data) -> [Container]) -> [Container] {
        guard let stamp = Stamp(root + path) else { return [] }
        if let known = before[path], known.stamp == stamp {
            cache[path] = known
            return known.containers
        }
        let containers = Self.read(root + path, max: Self.bytesMax).map(read) ?? []
        cache[path] = Cached(stamp: stamp, containers: containers)
        return containers
    }

    /// What a plain file holds. A unit's text names some of the files: a pipe or a device is not even opened.
    private static func read(_ path: String, max: Int) -> Data? {
        var info = stat()
        guard lstat(path, &info) == 0, isPlain(info) else { return nil }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard fstat(file, &info) == 0, isPlain(info), info.st_size <= max else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
        var count = 0
        while count < bytes.count {
            let more = bytes[count...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if more <= 0 { break }
            count += more
        }
        return Data(bytes.prefix(count))
    }

    private static func isPlain(_ info: stat) -> Bool { info.st_mode & S_IFMT == S_IFREG }
}
