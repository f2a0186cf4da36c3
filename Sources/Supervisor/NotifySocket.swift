import Glibc
import Model

/// Where a service of `Type=notify` says that it is ready: a datagram socket without a file.
///
/// - Source: sd_notify(3); a leading `@` stands for the abstract name space.
struct NotifySocket {
    let address: String
    private let descriptor: Int32

    init?(machine: ID<Machine>, name: UnitName, generation: Int) {
        let text = "quarterdeck/\(machine.short)/\(name.text.prefix(60))/\(getpid())-\(generation)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        address = "@" + text
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = [0] + Array(text.utf8)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
    }

    /// The lines of all messages that came.
    func receive() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        var lines: [String] = []
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return lines }
            lines += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    func close() { Glibc.close(descriptor) }
}
