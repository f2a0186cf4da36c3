package import ArgumentParser
import Glibc
import Model

/// `quarterdeck fd-forward`: what `fleetctl --tunnel` runs at the far end.
package struct ForwardCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fd-forward", abstract: "Join standard input and output with a unix socket.",
        discussion: "fleetctl --tunnel runs 'fleetctl fd-forward SOCKET' on the machine it tunnels to.")

    @Argument(help: "The socket's path.") var socket: String

    /// Reads the arguments.
    package init() {}

    /// Forwards until the socket's side has ended.
    package func run() async throws {
        let path = socket.hasPrefix("unix://") ? String(socket.dropFirst(7)) : socket
        guard let connection = UnixConnection(path) else {
            throw CommandFailure(
                .unreachable, "cannot connect to '\(SafeText.name(path))': \(String(cString: strerror(errno)))")
        }
        try connection.join(input: 0, output: 1)
    }
}

/// A connection to a unix socket.
struct UnixConnection {
    private let descriptor: Int32

    /// nil with errno set when there is none to be had.
    init?(_ path: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: name.sun_path) else {
            errno = ENAMETOOLONG
            return nil
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            let reason = errno
            close(descriptor)
            errno = reason
            return nil
        }
    }

    /// Copies both ways; the end of the input is told to the socket, and the end of the socket ends it.
    /// - Throws: `CommandFailure` when a side breaks.
    func join(input: Int32, output: Int32) throws {
        defer { close(descriptor) }
        var sides = [
            pollfd(fd: input, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&sides, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw failure("wait")
            }
            if sides[1].revents != 0, try !copy(from: descriptor, to: output) { return }
            if sides[0].revents != 0, try !copy(from: input, to: descriptor) {
                shutdown(descriptor, Int32(SHUT_WR))
                // Nothing is waited for at a negative descriptor (poll(2)).
                sides[0].fd = -1
            }
        }
    }

    /// Whether there was something.
    private func copy(from: Int32, to: Int32) throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(from, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return true }
        if count < 0 { throw failure("read") }
        var rest = buffer[..<count]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(to, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            if written < 0 { throw failure("write") }
            rest = rest.dropFirst(written)
        }
        return count > 0
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(
            .unreachable, "cannot \(what) between the socket and the caller: \(String(cString: strerror(errno)))")
    }
}
