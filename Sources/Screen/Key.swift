/// What the terminal told us: a key, the mouse, a paste, or a change of the terminal itself.
public enum Key: Hashable, Sendable {
    /// A printable character.
    case character(Character)
    /// A letter with the control key, in lower case.
    case control(Character)
    /// F1 is 1.
    case function(Int)
    case enter, escape, tab, backtab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    /// What the mouse did.
    case mouse(Mouse)
    /// Text pasted as a whole: never read as keys.
    case paste(String)
    /// The terminal has another size now.
    case resize(Size)
    /// Somebody looks at the terminal again.
    case focusGained
    /// Nobody looks at the terminal.
    case focusLost

    /// One thing done with the mouse.
    public struct Mouse: Hashable, Sendable {
        /// What was done.
        public enum Action: Hashable, Sendable {
            case press, doubleClick, wheelUp, wheelDown
        }

        /// What was done.
        public var action: Action
        /// The cell it was done on.
        public var point: Point

        /// Something done on a cell.
        public init(_ action: Action, at point: Point) {
            self.action = action
            self.point = point
        }
    }

    /// The key as help and hints name it.
    public var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let character): "^" + String(character).uppercased()
        case .function(let number): "F\(number)"
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backtab: "S-Tab"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .insert: "Ins"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .mouse: "mouse"
        case .paste: "paste"
        case .resize: "resize"
        case .focusGained, .focusLost: "focus"
        }
    }
}
