import Console
import Curses
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Recording
import Runtime
import Screen
import Settings
import Synchronization

/// The dashboard at work: the console's value on the terminal's thread, its sources beside it.
final class DeckSession: Sendable {
    @Terminal private var console: Console
    @Terminal private var isDirty = true
    /// What comes again and again, until the next tick or until something else is told: a wake-up less for each.
    // SAFETY: held only to append or to take all of it.
    private let waiting = Mutex<[Report]>([])
    private static let waitingMax = 4_096
    /// Why orders are not noted; nil while they are.
    @Terminal private var noting: String?
    private let connections: Connections
    private let provisioning: Provisioning?
    private let themes: Themes
    private let recorder: Recorder?
    private let turns: StoryTurns?
    private let clock: SystemClock
    private let effects: AsyncStream<Console.Effect>
    private let effectsEnd: AsyncStream<Console.Effect>.Continuation

    /// - Parameter recorder: writes down what the sources tell
    @Terminal
    init(
        _ setup: Setup, connections: Connections, themes: Themes, recorder: Recorder? = nil, turns: StoryTurns? = nil
    ) {
        self.turns = turns
        self.recorder = recorder
        console = Console(setup)
        self.connections = connections
        let provisioning = setup.isReadOnly ? nil : Provisioning(connections)
        self.provisioning = provisioning?.isEmpty == true ? nil : provisioning
        self.themes = themes
        clock = connections.clock
        (effects, effectsEnd) = AsyncStream.makeStream(of: Console.Effect.self)
    }

    /// The context's name.
    var name: String { connections.context.name }

    /// Learns and does what is asked, until cancelled.
    func run(_ tabs: DeckTabs) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in connections.sources { await post(.expect(source.id)) }
            for problem in themes.problems { await post(.told("\(problem)")) }
            addSources(&group)
            group.addTask { try await self.tick() }
            group.addTask { await self.carryOutEffects(tabs) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Is on the screen from now on.
    @Terminal
    func comeForward() {
        clock.attention.isWatched = true
        isDirty = true
        if let theme = themes[console.theme] { Terminal.setTheme(theme) }
    }

    /// Is not on the screen any more; learns more slowly.
    @Terminal
    func stepBack() {
        clock.attention.isWatched = false
    }

    /// Shows what is being done before the viewer's eyes.
    func show(_ caption: Caption) async { await post(.caption(caption.text, waits: caption.waits)) }

    private func addSources(_ group: inout ThrowingTaskGroup<Void, any Error>) {
        group.addTask {
            do {
                try await self.connections.run()
            } catch is CancellationError {
                return
            } catch {
                await self.post(.told(SafeText.clean("\(error)", limit: 300)))
            }
            try await untilCancelled()
        }
        for source in connections.sources {
            group.addTask { try await self.observe(source) }
        }
        if let provisioning { group.addTask { try await provisioning.run() } }
    }

    /// A source that gives up is shown as silent with its reason; the others go on.
    private func observe(_ source: any Source) async throws {
        do {
            try await source.observe { report in
                self.provisioning?.take(report)
                await self.record(report)
                if !self.putAside(report) { await self.post(.report(report)) }
            }
        } catch is CancellationError {
            return
        } catch {
            let body = Report.Body.silent(SafeText.clean("\(error)", limit: 512))
            await post(.report(Report(source: source.id, observedAt: clock.now(), body: body)))
        }
        try await untilCancelled()
    }

    /// A recording that cannot go on says so once; the dashboard goes on.
    private func record(_ report: Report) async {
        guard let recorder, await !recorder.isBroken else { return }
        do {
            try await recorder.take(report, at: clock.now())
        } catch {
            await post(.told("the recording has ended: \(error)"))
        }
    }

    private func tick() async throws {
        while true {
            try await clock.pause(.seconds(1))
            await post(.tick)
        }
    }

    // MARK: The terminal's thread

    @Terminal
    func handle(_ keys: [Key]) {
        for key in keys {
            if key == .focusLost || key == .focusGained { clock.attention.isWatched = key == .focusGained }
            take(.key(key))
        }
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

    @Terminal private var lastSize = Size(width: 0, height: 0)

    @Terminal
    private func take(_ event: Console.Event) {
        for effect in console.handle(event, at: clock.now()) { effectsEnd.yield(effect) }
        isDirty = true
    }

    /// Puts what comes again and again aside; false for everything else, which is told and drawn at once.
    private func putAside(_ report: Report) -> Bool {
        switch report.body {
        case .silent, .events, .cloud, .cluster, .changes: return false
        case .figures, .quiet:
            return waiting.withLock { waiting in
                guard waiting.count < Self.waitingMax else { return false }
                waiting.append(report)
                return true
            }
        }
    }

    @Terminal
    private func post(_ event: Console.Event) {
        let reports = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for report in reports {
            for effect in console.handle(.report(report), at: clock.now()) { effectsEnd.yield(effect) }
        }
        take(event)
        Terminal.wake()
    }

    // MARK: Effects

    private func carryOutEffects(_ tabs: DeckTabs) async {
        await withDiscardingTaskGroup { group in
            var log: LogTask?
            for await effect in effects {
                switch effect {
                case .followLog(let request):
                    log?.stop()
                    let task = LogTask()
                    log = task
                    group.addTask { await self.follow(request, task) }
                case .stopLog:
                    log?.stop()
                    log = nil
                case .look(let cloud, let vm): group.addTask { await self.look(cloud, vm) }
                case .judge: group.addTask { await self.judge() }
                case .order(let number, let order):
                    group.addTask {
                        let outcome = await self.connections.carryOut(order) { await self.showNoting($0) }
                        await self.post(.outcome(number, outcome))
                    }
                case .copy, .write, .readFile, .setTheme, .logIn, .suspend, .redraw, .context, .replay, .goOn, .quit:
                    await carryOut(effect, tabs)
                }
            }
            group.cancelAll()
        }
    }

    /// Orders that nobody writes down are told of until they are written again.
    @Terminal
    private func showNoting(_ why: String?) {
        guard why != noting else { return }
        noting = why
        post(.caption(why.map { SafeText.clean($0, limit: 300) }))
    }

    /// On a thread that no key waits for.
    @concurrent
    private func judge() async {
        guard let judging = await judging() else { return }
        await post(.judged(judging.judged()))
    }

    @Terminal
    private func judging() -> Judging? { console.judging() }

    private func look(_ cloud: ID<Cloud>, _ vm: ID<VM>) async {
        guard let source = connections.clouds.first(where: { $0.id == cloud })?.source else { return }
        do {
            let details = try await withDeadline(.seconds(15)) { try await source.details(of: vm) }
            await post(.vm(vm, details))
        } catch {
            await post(.vm(vm, VMDetails(consoleProblem: SafeText.clean("\(error)", limit: 300))))
        }
    }

    private func follow(_ request: LogRequest, _ task: LogTask) async {
        guard let source = connections.clusters.first(where: { $0.id == request.unit.cluster })?.source else { return }
        do {
            try await task.run {
                try await source.log(request) { lines in
                    if !task.isStopped { await self.post(.log(lines)) }
                }
            }
            if !task.isStopped { await post(.logEnded("the log has ended")) }
        } catch {
            if !task.isStopped { await post(.logEnded(SafeText.clean("\(error)", limit: 300))) }
        }
    }

    private func carryOut(_ effect: Console.Effect, _ tabs: DeckTabs) async {
        switch effect {
        case .logIn(let login):
            let connections = connections
            let (text, isGood) = await Terminal.suspend { await Shell.logIn(login, connections) }
            if !isGood || !text.isEmpty { await post(.told(text)) }
        case .goOn: turns?.goOn()
        case .context(let name):
            do {
                try await tabs.show(name)
            } catch {
                await post(.told(SafeText.clean("cannot open context '\(name)': \(error)", limit: 300)))
            }
        case .order, .followLog, .stopLog, .look, .judge, .copy, .write, .readFile, .setTheme, .suspend, .redraw,
            .replay,
            .quit:
            if let event = await ScreenEffects(themes: themes).carryOut(effect) { await post(event) }
        }
    }

    // MARK: Once

    func printOnce(_ options: DeckOptions, _ theme: Theme) async throws {
        let (found, problems) = await settled()
        let (width, height) = try options.frameSize()
        let size = Size(width: width, height: height)
        for problem in problems { Output.error(problem) }
        for report in found { await take(.report(report)) }
        let screen = await picture(size)
        Output.text(
            options.isColoured ? ANSIText.render(screen, theme: theme, depth: .palette) : screen.text + "\n")
        if !problems.isEmpty { throw CommandFailure(.unreachable, "the frame is incomplete") }
    }

    @Terminal
    private func picture(_ size: Size) -> Screen {
        for source in connections.sources { take(.expect(source.id)) }
        console.prepare(size, at: clock.now())
        return console.view(size)
    }

    private func settled() async -> (reports: [Report], problems: [String]) {
        let connections = connections
        let collected = ReportCollector()
        let problems = try? await connections.whileConnected {
            let (_, problems) = await connections.inventory(within: .seconds(5), collected.add)
            return problems
        }
        return (collected.reports, problems ?? ["nothing answered"])
    }
}
