import Console
import Curses
import Glibc
import Model
import NodeAgent
import Recording
import Runtime
import Screen
import Settings

/// A recording on the screen: the same console, on what was recorded, by the recording's own time.
final class ReplaySession: TerminalClient {
    @Terminal private var console: Console
    @Terminal private var recording: Recording
    @Terminal private var replay: Replay
    @Terminal private var isDirty = true
    @Terminal private var lastSize = Size(width: 0, height: 0)
    private let themes: Themes
    private let effects: AsyncStream<Console.Effect>
    private let effectsEnd: AsyncStream<Console.Effect>.Continuation

    /// How often the recording goes on.
    private static let step = Duration.milliseconds(50)
    private static let speeds: [Double] = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300]

    @Terminal
    init(_ setup: Setup, _ recording: Recording, _ replay: Replay, themes: Themes) {
        var setup = setup
        setup.replay = replay
        console = Console(setup)
        self.recording = recording
        self.replay = replay
        self.themes = themes
        (effects, effectsEnd) = AsyncStream.makeStream(of: Console.Effect.self)
        recall(replay.at)
    }

    /// Plays until the user leaves.
    func run(_ theme: Theme, _ options: Terminal.Options) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.play() }
            group.addTask { await self.carryOutEffects() }
            group.addTask { await Deck.draw(self, theme, options) {} }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// One frame of the moment shown, without a terminal.
    @Terminal
    func picture(_ size: Size) -> Screen {
        console.prepare(size, at: replay.at)
        return console.view(size)
    }

    private func play() async throws {
        let clock = ContinuousClock()
        var last = clock.now
        while true {
            try await Task.sleep(for: Self.step)
            let now = clock.now
            await goOn(by: now - last)
            last = now
        }
    }

    @Terminal
    private func goOn(by span: Duration) {
        guard !replay.isPaused, replay.at < replay.end else { return }
        let before = replay.at
        replay.at = min(replay.end, replay.at + span * replay.speed)
        show()
        // The same second shows the same screen, unless something was told.
        if replay.at.milliseconds / 1_000 != before.milliseconds / 1_000 { take(.tick) }
        if isDirty { Terminal.wake() }
    }

    /// Tells the console what was told until the moment shown.
    @Terminal
    private func show() {
        while let (at, report) = recording.report(until: replay.at) {
            _ = console.handle(.report(report), at: at)
            isDirty = true
        }
        if replay.at >= replay.end { isDirty = true }
        _ = console.handle(.replay(replay), at: replay.at)
    }

    /// Shows another moment: what lies before it is played where that is short, and else looked up.
    @Terminal
    private func go(to moment: Timestamp) {
        let target = max(replay.start, min(replay.end, moment))
        if target < replay.at || target.since(replay.at) > .seconds(60) { return recall(target) }
        replay.at = target
        show()
        isDirty = true
    }

    @Terminal
    private func recall(_ moment: Timestamp) {
        let known = recording.seek(moment)
        replay.at = moment
        _ = console.handle(.recall(known.inventory, known.events, processors: known.processors), at: moment)
        show()
        isDirty = true
    }

    @Terminal
    private func obey(_ wish: Replay.Wish) {
        switch wish {
        case .step(let span): go(to: replay.at + span)
        case .pause: replay.isPaused.toggle()
        case .end: go(to: replay.end)
        case .faster: replay.speed = Self.speeds.first { $0 > replay.speed } ?? replay.speed
        case .slower: replay.speed = Self.speeds.last { $0 < replay.speed } ?? replay.speed
        }
        take(.replay(replay))
        Terminal.wake()
    }

    // MARK: The terminal's thread

    @Terminal
    func handle(_ keys: [Key]) {
        for key in keys { take(.key(key)) }
    }

    @Terminal
    func frame(_ size: Size) -> Screen? {
        guard isDirty || size != lastSize else { return nil }
        isDirty = false
        lastSize = size
        _ = console.handle(.link(Terminal.statistics.roundTripMilliseconds), at: replay.at)
        return picture(size)
    }

    @Terminal
    private func take(_ event: Console.Event) {
        for effect in console.handle(event, at: replay.at) {
            if case .replay(let wish) = effect { obey(wish) } else { effectsEnd.yield(effect) }
        }
        isDirty = true
    }

    private func carryOutEffects() async {
        let screen = ScreenEffects(themes: themes)
        for await effect in effects {
            guard let event = await screen.carryOut(effect) else { continue }
            await post(event)
        }
    }

    @Terminal
    private func post(_ event: Console.Event) {
        take(event)
        Terminal.wake()
    }
}
