internal import CCurses
internal import Glibc
internal import Screen

/// One taking of the terminal: from entering its second screen to giving it back.
@Terminal
final class Session {
    /// What the thread sleeps for.
    struct Wait: Sendable {
        var input: Int32?
        var milliseconds: Int32

        static let forJobs = Wait(input: nil, milliseconds: -1)
    }

    let client: any TerminalClient
    let options: Terminal.Options
    let output: Int32 = 1
    let input: Int32 = 0
    let keys: KeyReader
    let curses: OpaquePointer
    var painter: Painter
    var pace: Pace
    var statistics = Terminal.Statistics()
    var size = Size(width: 80, height: 24)
    var isSuspended = false
    var isDirty = true
    var isUrgent = true
    /// What had no room in the last frame yet.
    var unfinished: Screen?
    private let modes: Modes
    private var outcome: Result<Terminal.Ending, CursesError>?
    private var waiting: CheckedContinuation<Result<Terminal.Ending, CursesError>, Never>?

    nonisolated static var isTerminal: Bool { isatty(0) == 1 && isatty(1) == 1 }

    /// Takes the terminal.
    init(client: any TerminalClient, theme: Theme, options: Terminal.Options) throws(CursesError) {
        guard Self.isTerminal else { throw .notATerminal }
        guard let term = Environment.value("TERM"), !term.isEmpty else { throw .noTerm }
        let isUTF8 = cx_locale_is_utf8() == 1
        guard let curses = cx_open(term, 0) else { throw .unusable(term: term) }
        guard cx_string("cup") != nil else {
            cx_close(curses)
            throw .unusable(term: term)
        }
        self.curses = curses
        self.client = client
        self.options = options
        modes = Modes(term: term, mouse: options.mouse)
        keys = KeyReader(mouse: options.mouse)
        painter = Painter(theme: theme, depth: options.depth, ascii: options.ascii ?? !isUTF8)
        // Off only to measure what it is good for: Tests/Bench/link.
        let isPaced = Environment.value("QUARTERDECK_PACE") != "off"
        pace = Pace(framesPerSecond: options.framesPerSecond, asks: modes.answersQueries && isPaced)
        let goodbye = modes.goodbye
        guard cx_remember(0, goodbye, goodbye.count) == 1 else {
            cx_close(curses)
            throw .lost
        }
        cx_install_signals(Terminal.executor.wakeup)
        enter()
    }

    /// Waits for the end, and gives everything back.
    func ending() async throws(CursesError) -> Terminal.Ending {
        let result = await withCheckedContinuation { continuation in
            waiting = continuation
            if let outcome { resume(outcome) }
        }
        if !isSuspended { leave() }
        cx_remove_signals()
        cx_close(curses)
        return try result.get()
    }

    /// Ends the session, once.
    func end(_ result: Result<Terminal.Ending, CursesError>) {
        guard outcome == nil else { return }
        outcome = result
        resume(result)
    }

    private func resume(_ result: Result<Terminal.Ending, CursesError>) {
        waiting?.resume(returning: result)
        waiting = nil
    }

    var isOver: Bool { outcome != nil }

    /// Takes the terminal, or takes it back, and draws everything anew.
    func enter() {
        isSuspended = false
        _ = cx_raw(input)
        cx_taken()
        cx_capture_stderr()
        measure()
        keys.begin()
        painter.forget()
        write(modes.hello)
        pace.forget()
        pace.greeted(now: Clock.milliseconds)
        unfinished = nil
        isDirty = true
        isUrgent = true
    }

    /// Gives the terminal back as it was; answers that are still on their way are swallowed first.
    func leave() {
        isSuspended = true
        swallowAnswers()
        painter.rest()
        cx_restore()
        cx_release_stderr()
    }

    /// Waits for the answers that are on their way: the shell would take them for something typed.
    private func swallowAnswers() {
        let end = Clock.milliseconds + (pace.bytesPerSecond == nil ? 300 : 2_000)
        while pace.isWaiting, Clock.milliseconds < end {
            var file = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            guard poll(&file, 1, Int32(clamping: end - Clock.milliseconds)) > 0 else { return }
            guard Int32(file.revents) & (POLLHUP | POLLERR | POLLNVAL) == 0 else { return }
            for case .status in keys.drain() { _ = pace.answer(now: Clock.milliseconds) }
        }
    }

    /// Stops the process as ^Z does.
    func stop() {
        leave()
        cx_stop_self()
        enter()
    }

    /// Adopts the terminal's size.
    func measure() {
        var columns: Int32 = 0
        var rows: Int32 = 0
        if cx_size(output, &columns, &rows) == 1 { size = Size(width: Int(columns), height: Int(rows)) }
        painter.resize(size)
    }

    func redraw() {
        painter.forget()
        isDirty = true
        isUrgent = true
    }

    func setTheme(_ theme: Theme) {
        painter.setTheme(theme)
        isDirty = true
        isUrgent = true
    }

    /// Writes bytes to the terminal, all of them.
    func write(_ bytes: [UInt8]) {
        guard cx_has_crashed() == 0 else { return }
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 {
                start += count
            } else if errno == EAGAIN {
                var file = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                _ = poll(&file, 1, 1000)
            } else if errno != EINTR {
                return end(.failure(.lost))
            }
        }
        statistics.bytes += bytes.count
        options.tap?(bytes, size)
    }
}

/// The monotonic clock, for pacing frames.
enum Clock {
    static var milliseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// What the environment says about the terminal.
enum Environment {
    static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
