public import Model
import Screen

/// A recording that is played: where it is, and how.
public struct Replay: Hashable, Sendable {
    /// When the recording begins.
    public var start: Timestamp
    /// When it ends.
    public var end: Timestamp
    /// The moment that is shown.
    public var at: Timestamp
    /// Seconds of the recording in one second.
    public var speed: Double
    /// It stands still.
    public var isPaused = false

    /// What somebody wants of it.
    public enum Wish: Hashable, Sendable {
        /// Another moment, so much later or earlier.
        case step(Duration)
        /// Stand still, or go on.
        case pause
        /// Go to the end.
        case end
        case faster
        case slower
    }

    /// A recording at its beginning.
    public init(start: Timestamp, end: Timestamp, speed: Double = 1) {
        self.start = start
        self.end = end
        self.speed = speed
        at = start
    }
}

extension Console {
    /// The line that stands over a recording.
    func line(of replay: Replay) -> Line {
        let done = replay.at.since(replay.start).long
        let whole = replay.end.since(replay.start).long
        let speed = replay.speed < 1 ? "×1/\(Int((1 / replay.speed).rounded()))" : "×\(Int(replay.speed))"
        let isAtEnd = replay.at >= replay.end
        let state = isAtEnd ? "end" : replay.isPaused ? "paused" : speed
        var line = [Word(" REPLAY \(setup.context) \(replay.at.timeOfDay) \(done) of \(whole) · \(state) ", .banner)]
        guard size.width >= 100 else { return line }
        let keys: [(Command, String)] = [
            (.pause, "pause"), (.earlier, "10 s back"), (.later, "10 s on"), (.muchEarlier, "5 min back"),
            (.muchLater, "5 min on"), (.previousContext, "slower"), (.nextContext, "faster"),
        ]
        for (command, label) in keys {
            line.append(Word("  \(key(of: command)) \(label)", .banner, press: press(of: command)))
        }
        return line
    }

    /// Knows what was known at another moment; where the cursor was it stays.
    mutating func recall(_ inventory: Inventory, _ happened: [FarmEvent], _ processors: [ID<Machine>: [Double]]) {
        let sources = facts.inventory.sources.keys
        facts = Facts()
        facts.now = clock
        facts.inventory = inventory
        for source in sources { facts.inventory.expect(source) }
        for (machine, values) in processors {
            for value in values { facts.samples.add(value, of: machine) }
        }
        past = nil
        events = happened
        figures = [:]
        figuresAt = nil
        growths = []
        changed = Changed()
        triage.stamp = nil
        triage.madeAt = nil
        details.explainedAt = nil
    }
}
