import Console
import Curses
import Model
import NodeAgent
import Recording
import Runtime
import Screen
import Settings

/// The dashboard on a simulated farm: the same console, by the wall clock.
final class SimulatedSession: TerminalClient {
    @Terminal private var console: Console
    @Terminal private var isDirty = true
    @Terminal private var lastSize = Size(width: 0, height: 0)
    private let farm: SimulatedFarm
    private let themes: Themes
    private let recorder: Recorder?
    private let clock = SystemClock()
    private let effects: AsyncStream<Console.Effect>
    private let effectsEnd: AsyncStream<Console.Effect>.Continuation

    /// How often the farm goes on.
    private static let step = Duration.milliseconds(250)

    @Terminal
    init(_ setup: Setup, _ farm: SimulatedFarm, themes: Themes, recorder: Recorder?) {
        self.recorder = recorder
        console = Console(setup)
        self.farm = farm
        self.themes = themes
        (effects, effectsEnd) = AsyncStream.makeStream(of: Console.Effect.self)
    }

    /// Shows a farm of that size until the user leaves.
    static func show(machines: Int, units: Int, seed: UInt64, _ options: DeckOptions) async throws {
        let look = try ViewSetup(options)
        let name = "simulated"
        let recorder = try CommandFailure.ofConfiguration {
            try options.record.map { try Recorder(path: $0, context: name, at: SystemClock().now()) }
        }
        let farm = SimulatedFarm(machines: machines, units: units, seed: seed, at: SystemClock().now())
        var setup = look.console(name, startsLocked: false)
        setup.judgesAside = true
        let session = await SimulatedSession(setup, farm, themes: look.themes, recorder: recorder)
        let drawing = try options.drawing()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await session.live() }
            group.addTask { try await session.tick() }
            group.addTask { await session.carryOutEffects() }
            group.addTask { await Deck.draw(session, look.theme, drawing) {} }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func live() async throws {
        let clock = ContinuousClock()
        var founding = 4
        while true {
            await farm.found(founding)
            let begun = clock.now
            await farm.goOn(to: self.clock.now()) { reports in
                await self.record(reports)
                await self.take(reports)
            }
            // As many clusters start at once as leave the others their time.
            founding = clock.now - begun < Self.step ? min(founding + 1, 20) : max(1, founding / 2)
            try await Task.sleep(for: Self.step)
        }
    }

    /// A recording that cannot go on says so once; the dashboard goes on.
    private func record(_ reports: [Report]) async {
        guard let recorder, await !recorder.isBroken else { return }
        do {
            for report in reports { try await recorder.take(report, at: clock.now()) }
        } catch {
            await post(.told("the recording has ended: \(error)"))
        }
    }

    private func tick() async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            await post(.tick)
        }
    }

    @Terminal
    private func take(_ reports: [Report]) {
        var isNews = false
        for report in reports {
            for effect in console.handle(.report(report), at: clock.now()) { effectsEnd.yield(effect) }
            switch report.body {
            case .quiet, .figures: break
            case .silent, .events, .cloud, .cluster, .changes: isNews = true
            }
        }
        guard isNews else { return }
        isDirty = true
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
        _ = console.handle(.link(Terminal.statistics.roundTripMilliseconds), at: clock.now())
        console.prepare(size, at: clock.now())
        return console.view(size)
    }

    @Terminal
    private func take(_ event: Console.Event) {
        for effect in console.handle(event, at: clock.now()) { effectsEnd.yield(effect) }
        isDirty = true
    }

    @Terminal
    private func post(_ event: Console.Event) {
        take(event)
        Terminal.wake()
    }

    /// On a thread that no key waits for.
    @concurrent
    private func judge() async {
        guard let judging = await judging() else { return }
        await post(.judged(judging.judged()))
    }

    @Terminal
    private func judging() -> Judging? { console.judging() }

    private func carryOutEffects() async {
        let screen = ScreenEffects(themes: themes)
        for await effect in effects {
            switch effect {
            case .order(let number, let order): await post(.outcome(number, await farm.carryOut(order)))
            case .followLog: await post(.logEnded("a simulated unit writes no log"))
            case .look(_, let vm): await post(.vm(vm, VMDetails(consoleProblem: "a simulated VM has no console")))
            case .judge: await judge()
            case .logIn: await post(.told("there is nothing to log in to: the machine is simulated"))
            case .copy, .write, .readFile, .setTheme, .suspend, .redraw, .quit, .stopLog, .context, .replay, .goOn:
                if let event = await screen.carryOut(effect) { await post(event) }
            }
        }
    }
}
