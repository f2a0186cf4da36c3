/// When the next frame may go, and how much of it: keys are answered at once, news on a grid, none while the last is on
/// its way.
///
/// After each frame the terminal is asked for its status; its answer says that the frame has arrived. So a slow line
/// never holds more than one frame of news, and what is shown is never older than that. After news the line is left
/// idle for as long as they took, so that a key finds it free. How fast the line is, is measured by the same answers:
/// on a slow one a frame has only so many bytes, and what is left goes with the next, as it is then.
struct Pace {
    /// Milliseconds between frames that answer keys: 60 a second.
    private static let keyInterval = 16
    /// After how many milliseconds an answer counts as lost, on a slow line and on any other.
    private static let (patience, shortPatience) = (15_000, 1_500)
    /// After how many unanswered questions the terminal counts as one that does not answer.
    private static let trials = 3
    /// How long all but the first lines wait for the first answer.
    private static let greeting = 700
    /// For so long from the start news come as soon as keys: sources tell all they know one after another, and the
    /// first frame has nothing of it.
    private static let opening = 1_000
    /// What the first frame may have before anything is known of the line: under a second on the slowest.
    private static let firstBytes = 600
    /// So many milliseconds a frame may keep a slow line busy.
    private static let frameTime = 600
    /// One that answers a key may less: what it does not show of it follows at once.
    private static let answerTime = 250
    /// A frame may always have so many bytes: a row or two.
    private static let leastBytes = 300
    /// Lines that carry more a second need no limit: a whole screen takes them less than a second.
    private static let fastBytes = 16_000

    private struct Question {
        let at: Int
        let bytes: Int
        let isNews: Bool
    }

    private let interval: Int
    private var asks: Bool
    private var answered = false
    private var greetedAt: Int?
    private var framesBefore = 0
    private var sent: [Question] = []
    private var unanswered = 0
    private var lastFrame = -1_000_000
    private var lastAnswer = -1_000_000
    private var idleUntil = -1_000_000
    /// How long an answer takes that finds the line free, in milliseconds: the line there and back.
    private(set) var roundTrip: Int?
    /// What the line carries, in bytes a second; nil while no frame was long enough to tell, or it is fast.
    private(set) var bytesPerSecond: Int?
    /// Whether an answer is still on its way.
    var isWaiting: Bool { !sent.isEmpty && answered }

    init(framesPerSecond: Int, asks: Bool) {
        interval = 1000 / min(max(1, framesPerSecond), 60)
        self.asks = asks
    }

    /// What a frame is sent for.
    enum Cause {
        case news
        case key
        /// What had no room in the frame before.
        case rest
    }

    /// Milliseconds until a frame may go; 0 is now.
    func delay(now: Int, _ cause: Cause) -> Int {
        let grid = max(0, lastFrame + (cause == .news && !isOpening(now) ? interval : Self.keyInterval) - now)
        if let wait = greetingLeft(now), framesBefore > 0 { return max(grid, wait) }
        guard answered else { return grid }
        let idle = cause == .news ? idleUntil - now : 0
        guard let first = sent.first, sent.count > (cause == .key ? 1 : 0) else {
            return max(cause == .rest ? 0 : grid, idle)
        }
        return max(grid, first.at + patience - now)
    }

    /// Whether the terminal was taken just now, and the line is known to be fast enough.
    private func isOpening(_ now: Int) -> Bool {
        guard answered, bytesPerSecond == nil, let greetedAt else { return false }
        return now - greetedAt < Self.opening
    }

    /// On a line that was never slow an answer that does not come for so long was lost, and nobody waits for it.
    private var patience: Int {
        guard bytesPerSecond == nil, let roundTrip else { return Self.patience }
        return min(Self.patience, max(Self.shortPatience, 10 * roundTrip))
    }

    /// How many bytes the next frame should have at most; nil for no limit.
    func budget(now: Int, _ cause: Cause) -> Int? {
        if greetingLeft(now) != nil { return Self.firstBytes }
        guard asks, let rate = bytesPerSecond else { return nil }
        return max(Self.leastBytes, rate * (cause == .key ? Self.answerTime : Self.frameTime) / 1_000)
    }

    /// How long the first answer is still waited for; nil when it is here, or nobody waits any more.
    private func greetingLeft(_ now: Int) -> Int? {
        guard asks, !answered, let greetedAt else { return nil }
        let left = greetedAt + Self.greeting - now
        return left > 0 ? left : nil
    }

    /// Notes a frame, and tells whether to ask for the terminal's status behind it.
    mutating func framed(now: Int, bytes: Int, _ cause: Cause) -> Bool {
        lastFrame = now
        framesBefore += 1
        guard asks else { return false }
        ask(Question(at: now, bytes: bytes, isNews: cause == .news))
        return true
    }

    /// Forgets questions whose answers nobody will see.
    mutating func forget() {
        sent.removeAll()
        framesBefore = 0
    }

    /// Notes the question with which the terminal was taken.
    mutating func greeted(now: Int) {
        guard asks else { return }
        greetedAt = now
        ask(Question(at: now, bytes: 0, isNews: false))
    }

    private mutating func ask(_ question: Question) {
        if let first = sent.first, answered, question.at - first.at >= patience { sent.removeAll() }
        sent.append(question)
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
        guard !sent.isEmpty else { return nil }
        let question = sent.removeFirst()
        let took = max(0, now - question.at)
        measure(question, took, now)
        lastAnswer = now
        if question.isNews { idleUntil = now + min(took, Self.patience / 3) }
        return took
    }

    private mutating func measure(_ question: Question, _ took: Int, _ now: Int) {
        // Behind another frame it had to wait until that one's answer came.
        let isAlone = question.at >= lastAnswer
        let base = min(took, roundTrip ?? took)
        // That a line became longer is told by a short frame that found it free; a long one tells only of a shorter.
        let isShort = isAlone && question.bytes < Self.leastBytes / 2
        roundTrip = isShort ? (base * 3 + took) / 4 : base
        let onTheWire = isAlone ? took - base : now - lastAnswer
        guard question.bytes >= Self.leastBytes / 2 else { return }
        let rate = question.bytes * 1_000 / max(1, onTheWire)
        guard rate < Self.fastBytes else {
            if question.bytes >= 2_000 { bytesPerSecond = nil }
            return
        }
        guard onTheWire >= 30 else { return }
        bytesPerSecond = bytesPerSecond.map { ($0 + rate) / 2 } ?? rate
    }
}
