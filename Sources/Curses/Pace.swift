/// When the next frame may go: keys are answered at once, news on a grid, none while the last is on its way.
///
/// After each frame the terminal is asked for its status; its answer says that the frame has arrived. So a slow line
/// never holds more than one frame of news, and what is shown is never older than that.
struct Pace {
    /// Milliseconds between frames that answer keys: 60 a second.
    private static let keyInterval = 16
    /// After how many milliseconds an answer counts as lost.
    private static let patience = 15_000
    /// After how many unanswered questions the terminal counts as one that does not answer.
    private static let trials = 3

    private let interval: Int
    private var asks: Bool
    private var answered = false
    private var sent: [Int] = []
    private var unanswered = 0
    private var lastFrame = -1_000_000
    /// Whether an answer is still on its way.
    var isWaiting: Bool { !sent.isEmpty && answered }

    init(framesPerSecond: Int, asks: Bool) {
        interval = 1000 / min(max(1, framesPerSecond), 60)
        self.asks = asks
    }

    /// Milliseconds until a frame may go; 0 is now.
    func delay(now: Int, urgent: Bool) -> Int {
        let grid = max(0, lastFrame + (urgent ? Self.keyInterval : interval) - now)
        guard answered, let first = sent.first, sent.count > (urgent ? 1 : 0) else { return grid }
        return max(grid, first + Self.patience - now)
    }

    /// Notes a frame, and tells whether to ask for the terminal's status behind it.
    mutating func framed(now: Int) -> Bool {
        lastFrame = now
        guard asks else { return false }
        asked(now: now)
        return true
    }

    /// Forgets questions whose answers nobody will see.
    mutating func forget() {
        sent.removeAll()
    }

    /// Notes a question.
    mutating func asked(now: Int) {
        guard asks else { return }
        if let first = sent.first, answered, now - first > Self.patience { sent.removeAll() }
        sent.append(now)
        if sent.count > 8 { sent.removeFirst() }
        unanswered += 1
        if !answered, unanswered > Self.trials {
            asks = false
            sent.removeAll()
        }
    }

    /// Notes the terminal's answer; returns the milliseconds it took.
    mutating func answer(now: Int) -> Int? {
        answered = true
        unanswered = 0
        return sent.isEmpty ? nil : now - sent.removeFirst()
    }
}
