import Glibc

/// A listening socket that systemd opened for this process.
///
/// - Source: sd_listen_fds(3).
public struct PassedSocket: Hashable, Sendable {
    /// Where it listens.
    public let address: WebAddress
    let descriptor: Int32

    /// The sockets that were passed, none for most processes; they are passed on to no child.
    /// - Throws: `WebError.cannotListen` for one that is no listening stream socket.
    public static func take() throws -> [PassedSocket] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let owner = getenv("LISTEN_PID").flatMap({ Int32(String(cString: $0)) }), owner == getpid(),
            let count = getenv("LISTEN_FDS").flatMap({ Int32(String(cString: $0)) }), (1...1_024).contains(count)
        else { return [] }
        return try (first..<first + count).map { descriptor in
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return try PassedSocket(descriptor)
        }
    }

    /// - Source: `SD_LISTEN_FDS_START`.
    private static let first: Int32 = 3

    private init(_ descriptor: Int32) throws {
        guard Self.option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            Self.option(SO_ACCEPTCONN, of: descriptor) == 1, let address = Self.address(of: descriptor)
        else {
            throw WebError.cannotListen(
                address: "descriptor \(descriptor)", cause: "it was passed, but is no listening stream socket")
        }
        self.descriptor = descriptor
        self.address = address
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func address(of descriptor: Int32) -> WebAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isKnown else { return nil }
        switch Int32(storage.ss_family) {
        case AF_UNIX:
            let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            let bytes = withUnsafeBytes(of: storage) { Array($0.dropFirst(start).prefix(Int(length) - start)) }
            return .unix(path: String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        case AF_INET, AF_INET6: return internet(&storage, length)
        default: return nil
        }
    }

    private static func internet(_ storage: inout sockaddr_storage, _ length: socklen_t) -> WebAddress? {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isKnown = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo(
                    $0, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        guard isKnown, let number = Int(text(port)) else { return nil }
        return .tcp(host: text(host), port: number)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
