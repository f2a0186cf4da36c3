/// Why there is no terminal to draw on.
public enum CursesError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Standard input or output leads elsewhere.
    case notATerminal
    /// The environment does not say what terminal this is.
    case noTerm
    /// The terminal's description is not installed, or it cannot place a cursor.
    case unusable(term: String)
    /// The terminal went away: its window was closed, or the line dropped.
    case lost
    /// Somebody is drawing already.
    case busy

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .notATerminal:
            "cannot draw: standard input and output are not a terminal; 'deck --once' prints one screen as text"
        case .noTerm:
            "cannot draw: TERM is not set; set it to what your terminal is, for example TERM=xterm-256color"
        case .unusable(let term):
            "cannot draw on TERM='\(term)': it is not known here or cannot place a cursor; try TERM=xterm-256color, "
                + "or 'deck --once' for one screen as text"
        case .lost:
            "the terminal is gone"
        case .busy:
            "the terminal is in use already"
        }
    }
}
