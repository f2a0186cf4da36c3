import Glibc

/// Standard output and error, written whole or not at all; a closed pipe ends the program quietly.
package enum Output {
    /// A line to standard output.
    package static func line(_ text: String) { write(1, text + "\n") }

    /// Text to standard output, as it is.
    package static func text(_ text: String) { write(1, text) }

    /// A line to standard error.
    package static func error(_ text: String) { write(2, text.hasSuffix("\n") ? text : text + "\n") }

    /// A line on standard error that takes the place of the last one; nothing where that is no terminal.
    package static func progress(_ text: String) {
        if isatty(2) == 1 { write(2, "\r" + text) }
    }

    /// Whether standard output is a terminal.
    package static var isTerminal: Bool { isatty(1) == 1 }

    private static func write(_ descriptor: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                if descriptor == 1 { Glibc.exit(errno == EPIPE ? 0 : 1) }
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
