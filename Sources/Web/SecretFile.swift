import FoundationEssentials
import Glibc

/// Files that hold secrets.
public enum SecretFile {
    /// The text of a file that only its owner can read.
    /// - Throws: `WebError.badFile` when it cannot be read, or when others can.
    public static func text(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw WebError.badFile(path: path, cause: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & 0o077 == 0 else {
            throw WebError.badFile(path: path, cause: "others can read this secret; run 'chmod 600' on it")
        }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw WebError.badFile(path: path, cause: String(cString: strerror(errno))) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// The first line of such a file.
    /// - Throws: `WebError.badFile`, also when it is empty.
    public static func line(_ path: String) throws -> String {
        guard let line = try text(path).split(whereSeparator: \.isNewline).first else {
            throw WebError.badFile(path: path, cause: "it is empty")
        }
        return String(line)
    }
}
