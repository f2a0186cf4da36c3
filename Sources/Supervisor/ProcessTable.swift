import FoundationEssentials
import Glibc

/// The processes of this computer as /proc shows them; zombies are left out.
struct ProcessTable: Sendable {
    struct Entry: Sendable {
        var session: pid_t
        /// Processor time used so far, in clock ticks.
        var ticks: UInt64
        var pages: UInt64
    }

    private(set) var processes: [pid_t: Entry] = [:]

    init() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            if let pid = pid_t(name), let entry = Self.entry(pid) { processes[pid] = entry }
        }
    }

    static func isAlive(_ pid: pid_t) -> Bool { entry(pid) != nil }

    /// The processes that carry a mark in their environment.
    static func marked(_ mark: String) -> [pid_t] {
        let wanted = Array(mark.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            pid != getpid()
                && contents("/proc/\(pid)/environ").split(separator: 0).contains { $0.elementsEqual(wanted) }
        }
    }

    /// - Source: proc(5), /proc/pid/stat: state is field 3, session 6, utime 14, stime 15, rss 24.
    private static func entry(_ pid: pid_t) -> Entry? {
        let bytes = contents("/proc/\(pid)/stat")
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 21, fields[0].first != UInt8(ascii: "Z"), fields[0].first != UInt8(ascii: "X") else {
            return nil
        }
        let number = { (index: Int) in UInt64(String(decoding: fields[index - 3], as: UTF8.self)) ?? 0 }
        return Entry(session: pid_t(number(6)), ticks: number(14) + number(15), pages: number(24))
    }

    private static func contents(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return result }
            result += buffer[..<count]
        }
    }
}
