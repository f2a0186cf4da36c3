import FoundationEssentials
import Glibc

/// Finds the processes of a farm by the mark in their environment, which children inherit.
public enum FarmProcesses {
    /// Ends every process that has this `NAME=value` in its environment, but not the caller. Repeats until none is
    /// left, so that what was being started meanwhile is caught too.
    public static func end(marked mark: String) {
        for _ in 0..<20 {
            let found = processes(marked: mark)
            if found.isEmpty { return }
            for pid in found { kill(pid, SIGKILL) }
            usleep(2_000)
        }
    }

    /// The living processes that have this mark; zombies do not count.
    public static func processes(marked mark: String) -> [Int32] {
        let own = getpid()
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return [] }
        let wanted = Array(mark.utf8)
        return names.compactMap { pid_t($0) }.filter { pid in
            guard pid != own, let data = bytes("/proc/\(pid)/environ") else { return false }
            return data.split(separator: 0).contains { $0.elementsEqual(wanted) }
        }
    }

    /// Files of /proc have no size to go by.
    private static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return result }
            result += buffer[..<count]
        }
    }
}
