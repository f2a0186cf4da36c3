import Glibc

/// What the kernel counts of a cgroup, whichever hierarchy the machine has.
///
/// - Source: the kernel's cgroup-v2 (cpu.stat, memory.current, pids.current) and cgroup-v1 (cpuacct.usage,
///   memory.usage_in_bytes, pids.current) documents; systemd's hybrid set-up has v2 at /sys/fs/cgroup/unified.
struct CgroupFiles: Sendable {
    struct Usage: Hashable, Sendable {
        var cpuNanoseconds: UInt64?
        var memoryBytes: Int64?
        var tasks: Int?
    }

    private let base: String
    private let isUnified: Bool

    init(root: String) {
        base = root + "/sys/fs/cgroup"
        isUnified = access(base + "/cgroup.controllers", F_OK) == 0
    }

    func usage(_ group: String) -> Usage {
        var usage = Usage()
        if isUnified {
            usage.cpuNanoseconds = Self.cpuStat("\(base)\(group)/cpu.stat")
            usage.memoryBytes = Self.number("\(base)\(group)/memory.current").map(Int64.init(clamping:))
            usage.tasks = Self.number("\(base)\(group)/pids.current").map(Int.init(clamping:))
            return usage
        }
        usage.cpuNanoseconds =
            Self.number("\(base)/cpuacct\(group)/cpuacct.usage") ?? Self.cpuStat("\(base)/unified\(group)/cpu.stat")
        usage.memoryBytes = Self.number("\(base)/memory\(group)/memory.usage_in_bytes").map(Int64.init(clamping:))
        usage.tasks = Self.number("\(base)/pids\(group)/pids.current").map(Int.init(clamping:))
        return usage
    }

    /// The cgroup that an engine gave a container, by the drivers' customs; nil when it has none now.
    func group(engine: String, id: String) -> String? {
        let customs =
            engine == "podman"
            ? ["/machine.slice/libpod-\(id).scope", "/libpod_parent/libpod-\(id)", "/system.slice/libpod-\(id).scope"]
            : ["/system.slice/docker-\(id).scope", "/docker/\(id)"]
        return customs.first { exists($0) }
    }

    private func exists(_ group: String) -> Bool {
        let places = isUnified ? [""] : ["/pids", "/memory", "/unified", "/systemd"]
        return places.contains { access("\(base)\($0)\(group)", F_OK) == 0 }
    }

    private static func number(_ path: String) -> UInt64? { contents(path).flatMap { digits($0[...]) } }

    private static func cpuStat(_ path: String) -> UInt64? {
        let key = Array("usage_usec ".utf8)
        guard let bytes = contents(path) else { return nil }
        for line in bytes.split(separator: 0x0A) where line.starts(with: key) {
            return digits(line.dropFirst(key.count)).map { $0 * 1_000 }
        }
        return nil
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64?
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { break }
            value = (value ?? 0) &* 10 &+ UInt64(byte - 0x30)
        }
        return value
    }

    /// A file of the kernel's, whose size cannot be asked for.
    static func contents(_ path: String, max: Int = 4_096) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while result.count < max {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            result += buffer[..<count]
            if max <= buffer.count { break }
        }
        return result.isEmpty ? nil : result
    }
}
