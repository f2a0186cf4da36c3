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

    init(root: String) {
        self.root = root
    }

    /// The container that a command runs now; nil while there is none.
    mutating func container(_ command: ContainerCommand) -> Container? {
        let all = command.engine == "podman" ? podmanContainers() : dockerContainers()
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
        guard let stamp = Stamp(root + path) else {
            cache[path] = nil
            return []
        }
        if let known = cache[path], known.stamp == stamp { return known.containers }
        let containers = Self.read(root + path, max: Self.bytesMax).map(read) ?? []
        cache[path] = Cached(stamp: stamp, containers: containers)
        return containers
    }

    private static func read(_ path: String, max: Int) -> Data? {
        var info = stat()
        guard stat(path, &info) == 0, info.st_size <= max else { return nil }
        return try? Data(contentsOf: URL(filePath: path))
    }
}
