internal import CCurses

/// The sequences that take the terminal and give it back, beside what curses itself writes.
struct Modes {
    /// Whether the terminal is of a family that answers status reports.
    let answersQueries: Bool
    private let mouse: Bool
    private let term: String

    init(term: String, mouse: Bool) {
        self.term = term
        self.mouse = mouse
        let silent = ["linux", "vt100", "vt102", "vt220", "ansi", "cons25", "sun", "dumb"]
        answersQueries = !silent.contains { term.hasPrefix($0) }
    }

    /// Pasting in brackets, news of focus, and the questions whose answers tell what this terminal can do.
    var hello: [UInt8] {
        answersQueries ? Array("\u{1B}[?2004h\u{1B}[?1004h\u{1B}[?2026$p\u{1B}[5n".utf8) : []
    }

    /// Everything that gives the terminal back; written by a signal handler too, so made beforehand.
    var goodbye: [UInt8] {
        var text = answersQueries ? "\u{1B}[?2026l\u{1B}[?2004l\u{1B}[?1004l" : ""
        if mouse { text += "\u{1B}[?1006l\u{1B}[?1003l\u{1B}[?1002l\u{1B}[?1000l" }
        for capability in ["sgr0", "op", "cnorm", "rmkx"] { text += Self.string(capability) }
        let leave = Self.string("rmcup")
        return Array((text + (leave.isEmpty ? "\r\n" : leave)).utf8)
    }

    /// A capability without its delays, `$<5>`.
    private static func string(_ name: String) -> String {
        guard let value = cx_string(name) else { return "" }
        var text = ""
        var isDelay = false
        for character in String(cString: value) {
            if character == "$" { isDelay = true } else if !isDelay { text.append(character) }
            if isDelay, character == ">" { isDelay = false }
        }
        return text
    }
}
