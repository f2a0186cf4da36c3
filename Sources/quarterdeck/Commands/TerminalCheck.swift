import FoundationEssentials
import Glibc
import NodeAgent

/// What is looked at of the terminal.
enum TerminalCheck {
    static func findings() -> [Finding] {
        guard isatty(0) == 1, isatty(1) == 1 else {
            return [Finding(.good, "terminal", "none here: lists and 'deck --once' work, the dashboard needs one")]
        }
        return [size(), kind(), locale()]
    }

    private static func size() -> Finding {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Finding(.warning, "terminal", "does not tell its size; run 'stty size' there, or resize it once")
        }
        let text = "\(size.ws_col) x \(size.ws_row)"
        if size.ws_col < 40 || size.ws_row < 10 {
            return Finding(.bad, "terminal", "\(text) is too small; 40 x 10 is the least, 80 x 24 shows all panes")
        }
        if size.ws_col < 80 || size.ws_row < 24 {
            return Finding(.warning, "terminal", "\(text): one pane at a time; 80 x 24 shows all panes")
        }
        return Finding(.good, "terminal", text)
    }

    private static func kind() -> Finding {
        guard let name = getenv("TERM").map({ String(cString: $0) }), !name.isEmpty, name != "dumb" else {
            return Finding(.bad, "TERM", "is not set to a terminal that can be drawn on; try TERM=xterm-256color")
        }
        let isPlain = getenv("NO_COLOR") != nil
        let mouse = name.hasPrefix("linux") || name.hasPrefix("vt") ? "no mouse" : "mouse with 'deck --mouse'"
        return Finding(.good, "TERM", "\(name), \(mouse)\(isPlain ? ", no colours: NO_COLOR is set" : "")")
    }

    private static func locale() -> Finding {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        let value = names.lazy.compactMap { getenv($0).map { String(cString: $0) } }.first { !$0.isEmpty } ?? ""
        let isUTF8 = value.lowercased().replacing("-", with: "").contains("utf8")
        return isUTF8
            ? Finding(.good, "locale", value)
            : Finding(.warning, "locale", "'\(value)' is not UTF-8: borders are ASCII; try LANG=C.UTF-8")
    }
}
