import FoundationEssentials
import Glibc

/// All tokens, each in a file of one folder; what is answered is on the disk.
actor DiscoveryTokens {
    /// More members make a store slower and no safer.
    ///
    /// - Source: etcd's FAQ: "no more than seven".
    static let sizeMax = 9
    /// Some megabytes, and a start within a second.
    static let tokensMax = 10_000

    private let directory: String
    private let lock: Int32
    private var known: [String: Registration]

    init(directory: String) throws(DiscoveryError) {
        self.directory = directory
        try Self.make(directory)
        lock = try Self.lock(directory)
        known = try Self.read(directory)
    }

    deinit { close(lock) }

    func registration(_ token: String) -> Registration? { known[token] }

    func create(_ token: String, size: Int) throws(DiscoveryError) {
        guard Self.isToken(token) else { throw .badToken(token) }
        guard (1...Self.sizeMax).contains(size) else { throw .badSize(size) }
        guard known[token] == nil else { throw .tokenUsed(token) }
        guard known.count < Self.tokensMax else { throw .tooManyTokens(known.count) }
        try keep(token, Registration(size: size))
    }

    /// Registers a member; nil without such a token.
    func register(_ token: String, id: String, value: String) throws(DiscoveryError) -> Registration.Outcome? {
        guard var registration = known[token] else { return nil }
        let outcome = registration.register(id: id, value: value)
        if case .registered = outcome { try keep(token, registration) }
        return outcome
    }

    /// A token that nobody guesses.
    static func randomToken() -> String {
        (0..<4).map { _ in
            let digits = String(UInt32.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }.joined()
    }

    private static func isToken(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return text.utf8.count <= 128 && text.utf8.first.map(isPlain) == true && !["new", "health"].contains(text)
            && text.utf8.allSatisfy { isPlain($0) || "-_.".utf8.contains($0) }
    }

    // MARK: The disk

    private static func make(_ directory: String) throws(DiscoveryError) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .badFile(path: directory, cause: "it cannot be made")
        }
    }

    private static func lock(_ directory: String) throws(DiscoveryError) -> Int32 {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .badFile(path: path, cause: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .badFile(path: directory, cause: "another discovery server keeps its tokens there")
        }
        return descriptor
    }

    private static func read(_ directory: String) throws(DiscoveryError) -> [String: Registration] {
        var known: [String: Registration] = [:]
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw .badFile(path: directory, cause: "it cannot be read")
        }
        for name in names where name.hasSuffix(".json") {
            let token = String(name.dropLast(5))
            guard isToken(token) else { continue }
            do {
                let data = try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
                known[token] = try JSONDecoder().decode(Registration.self, from: data)
            } catch {
                throw .badFile(
                    path: "\(directory)/\(name)",
                    cause: "it is no registration; if it is gone, members of '\(token)' that come again are refused")
            }
        }
        return known
    }

    /// Writes before anybody is told, so that a crash forgets nothing that was said.
    private func keep(_ token: String, _ registration: Registration) throws(DiscoveryError) {
        let path = "\(directory)/\(token).json"
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try Self.write(Array(try encoder.encode(registration)), to: path + ".new")
        } catch let error as DiscoveryError {
            throw error
        } catch {
            throw .badFile(path: path, cause: "\(error)")
        }
        guard rename(path + ".new", path) == 0 else {
            throw .badFile(path: path, cause: String(cString: strerror(errno)))
        }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else {
            throw .badFile(path: directory, cause: String(cString: strerror(errno)))
        }
        known[token] = registration
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(DiscoveryError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .badFile(path: path, cause: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw .badFile(path: path, cause: String(cString: strerror(errno)))
        }
    }
}
