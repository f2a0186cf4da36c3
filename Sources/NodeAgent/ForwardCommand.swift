package import ArgumentParser
import Glibc
import Model
import Web

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
        guard let descriptor = UnixSocket.connect(path) else { return nil }
        self.descriptor = descriptor
    }

    /// What goes one way: nothing more is read while something is held that could not be written yet.
    private struct Way {
        let from: Int32
        let to: Int32
        var held: ArraySlice<UInt8> = []

        /// What it waits for.
        var wait: pollfd {
            held.isEmpty
                ? pollfd(fd: from, events: Int16(POLLIN), revents: 0)
                : pollfd(fd: to, events: Int16(POLLOUT), revents: 0)
        }
    }

    /// So much can be written at once where something can (pipe(7)).
    private static let pieceMax = 4_096

    /// Copies both ways; the end of the input is told to the socket, and the end of the socket ends it.
    /// - Throws: `CommandFailure` when a side breaks.
    func join(input: Int32, output: Int32) throws {
        defer { close(descriptor) }
        var ways = [Way(from: input, to: descriptor), Way(from: descriptor, to: output)]
        var isInputOpen = true
        while true {
            var waits = ways.map(\.wait)
            // Nothing is waited for at a negative descriptor (poll(2)).
            if !isInputOpen, ways[0].held.isEmpty { waits[0].fd = -1 }
            guard poll(&waits, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw failure("wait")
            }
            if waits[1].revents != 0, try !step(&ways[1]) { return }
            if waits[0].revents != 0, try !step(&ways[0]) {
                isInputOpen = false
                shutdown(descriptor, Int32(SHUT_WR))
            }
        }
    }

    /// Reads, or writes what was read before; false at the end of what is read.
    private func step(_ way: inout Way) throws -> Bool {
        guard way.held.isEmpty else {
            let piece = way.held.prefix(Self.pieceMax)
            let written = piece.withUnsafeBytes { bytes in
                way.to == descriptor
                    ? send(way.to, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                    : write(way.to, bytes.baseAddress, bytes.count)
            }
            if written < 0, errno != EINTR, errno != EAGAIN { throw failure("write") }
            way.held = way.held.dropFirst(max(0, written))
            return true
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(way.from, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return true }
        if count < 0 { throw failure("read") }
        way.held = buffer[..<count]
        return count > 0
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(
            .unreachable, "cannot \(what) between the socket and the caller: \(String(cString: strerror(errno)))")
    }
}
