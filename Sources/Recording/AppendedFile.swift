import FoundationEssentials
import Glibc
import Model

/// What goes wrong with a file that is written or played.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, the path, and why not.
    case file(String, String, String)
    /// A file that is no recording, or not one that this version reads: the path and why.
    case format(String, String)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .file(let what, let path, let why): "cannot \(what) '\(SafeText.name(path))': \(why)"
        case .format(let path, let why): "'\(SafeText.name(path))' cannot be played: \(why)"
        }
    }
}

/// Files that only grow, readable by their owner alone.
enum AppendedFile {
    /// Opens it, and makes it and its directory where they are missing.
    static func open(_ path: String, exclusively: Bool = false) throws(RecordingError) -> Int32 {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        if path.hasPrefix("/"), !folder.isEmpty {
            try? FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
        }
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (exclusively ? O_EXCL : 0)
        let file = Glibc.open(path, flags, 0o600)
        guard file >= 0 else { throw .file("write", path, String(cString: strerror(errno))) }
        return file
    }

    /// Whether it ends in the middle of a line, as a power cut or a full disk leaves it.
    static func isTorn(_ path: String) -> Bool {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        // One that cannot be read may be torn; an empty line does no harm.
        guard file >= 0 else { return true }
        defer { close(file) }
        let end = lseek(file, 0, SEEK_END)
        guard end > 0 else { return false }
        var last: UInt8 = 0
        return pread(file, &last, 1, end - 1) != 1 || last != 0x0A
    }

    /// Writes all bytes and waits until they are on disk.
    static func append(_ bytes: [UInt8], to file: Int32, path: String) throws(RecordingError) {
        try write(bytes, to: file, path: path)
        guard fsync(file) == 0 || errno == EINVAL else { throw .file("write", path, String(cString: strerror(errno))) }
    }

    /// Writes all bytes.
    static func write(_ bytes: [UInt8], to file: Int32, path: String) throws(RecordingError) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 {
                start += count
            } else if errno != EINTR {
                throw .file("write", path, String(cString: strerror(errno)))
            }
        }
    }
}
