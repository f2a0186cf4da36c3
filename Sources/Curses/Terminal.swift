public import Screen

/// What draws on the terminal: asked for frames, told of keys, both on the terminal's thread.
public protocol TerminalClient: Sendable {
    /// All keys that were waiting, in order; a frame is asked for right after.
    @Terminal func handle(_ keys: [Key])
    /// The newest picture, or nil when nothing changed since the last one.
    @Terminal func frame(_ size: Size) -> Screen?
}

/// The one terminal of this process, and the actor whose thread owns it.
///
/// **Invariant:** nothing but this actor's thread calls curses.
@globalActor
public actor Terminal {
    /// The actor itself.
    public static let shared = Terminal()
    static let executor = TerminalExecutor()
    @Terminal static var session: Session?

    /// The terminal's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }

    /// How to draw.
    public struct Options: Sendable {
        /// Whether the mouse is ours; off leaves selecting text to the terminal.
        public var mouse = false
        /// Colours to use; nil takes what TERM and NO_COLOR say.
        public var depth: ColorDepth?
        /// ASCII alone; nil takes what the locale says.
        public var ascii: Bool?
        /// Is told every byte that is written while the terminal is ours, and the terminal's size.
        public var tap: (@Sendable ([UInt8], Size) -> Void)?
        /// Frames for news at most in a second; keys are answered at once.
        public var framesPerSecond = 10

        /// The usual ones.
        public init() {}
    }

    /// How a session ended.
    public enum Ending: Equatable, Sendable {
        /// `quit()` was called.
        case quit
        /// A signal asked for it: its number.
        case signal(Int32)
    }

    /// Figures of the frames so far.
    public struct Statistics: Equatable, Sendable {
        /// Frames written.
        public var frames = 0
        /// Bytes written.
        public var bytes = 0
        /// The line to the terminal and back, in milliseconds; nil when it does not answer.
        public var roundTripMilliseconds: Int?
        /// What a slow line carries in bytes a second; nil when it is fast, or nobody knows.
        public var bytesPerSecond: Int?
    }

    /// Draws what the client shows until `quit()`, a signal, or the terminal's end; the terminal is whole again after.
    /// - Throws: `CursesError` when there is no usable terminal, or it went away.
    @Terminal
    public static func run(
        _ client: any TerminalClient, theme: Theme, options: Options = Options()
    ) async throws -> Ending {
        guard session == nil else { throw CursesError.busy }
        let opened = try Session(client: client, theme: theme, options: options)
        session = opened
        defer { session = nil }
        return try await opened.ending()
    }

    /// Says that there is something new to show; cheap, from any thread, many calls make one frame.
    public nonisolated static func wake() {
        executor.wake()
    }

    /// Ends `run`.
    @Terminal
    public static func quit() {
        session?.end(.success(.quit))
    }

    /// Gives the terminal to the body, a pager or ssh, and takes it back whole.
    @Terminal
    public static func suspend<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
        session?.leave()
        defer { session?.enter() }
        return try await body()
    }

    /// Stops this process as the shell's ^Z does; returns when it is continued.
    @Terminal
    public static func stop() {
        session?.stop()
    }

    /// Rings the bell.
    @Terminal
    public static func ring() {
        session?.write([0x07])
    }

    /// Hands text to the clipboard of the user's own terminal, however far away (OSC 52).
    @Terminal
    public static func copyToClipboard(_ text: String) {
        session?.write(Array("\u{1B}]52;c;\(Base64.encode(Array(text.utf8)))\u{7}".utf8))
    }

    /// Draws with another theme from now on.
    @Terminal
    public static func setTheme(_ theme: Theme) {
        session?.setTheme(theme)
    }

    /// Draws everything anew, whatever else wrote on the screen.
    @Terminal
    public static func redraw() {
        session?.redraw()
    }

    /// Figures of the session.
    @Terminal public static var statistics: Statistics { session?.statistics ?? Statistics() }

    /// Whether standard input and output are a terminal one can draw on.
    public nonisolated static var isPresent: Bool { Session.isTerminal }

    /// Runs the body as this actor's; the caller is on its thread.
    static func assumeIsolated<Result: Sendable>(_ body: @Terminal () -> Result) -> Result {
        executor.checkIsolated()
        return withoutActuallyEscaping(body) { escaping in
            // SAFETY: the thread was checked just above; the actor's code runs on no other.
            unsafeBitCast(escaping, to: (() -> Result).self)()
        }
    }
}

/// Base 64 with padding, as OSC 52 wants it.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                text.append(isPadding ? 0x3D : alphabet[Int(value >> UInt32(18 - 6 * position)) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
