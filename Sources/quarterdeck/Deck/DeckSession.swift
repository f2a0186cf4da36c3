import Console
import Curses
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Runtime
import Screen
import Settings

/// The dashboard at work: the console's value on the terminal's thread, its sources beside it.
final class DeckSession: TerminalClient {
    @Terminal private var console: Console
    @Terminal private var isDirty = true
    private let connections: Connections
    private let provisioning: Provisioning?
    private let themes: Themes
    private let clock: SystemClock
    private let effects: AsyncStream<Console.Effect>
    private let effectsEnd: AsyncStream<Console.Effect>.Continuation

    @Terminal
    init(_ setup: Setup, connections: Connections, themes: Themes) {
        console = Console(setup)
        self.connections = connections
        let provisioning = setup.isReadOnly ? nil : Provisioning(connections)
        self.provisioning = provisioning?.isEmpty == true ? nil : provisioning
        self.themes = themes
        clock = connections.clock
        (effects, effectsEnd) = AsyncStream.makeStream(of: Console.Effect.self)
    }

    /// Shows the dashboard on a configuration's context until the user leaves.
    ///
    /// - Parameter atEnd: runs when the terminal is whole again, before the process ends
    static func show(
        configuration path: String, context name: String? = nil, _ options: DeckOptions,
        atEnd: @escaping @Sendable () -> Void = {}
    ) async throws {
        let configuration = try Configuration(path: path)
        let context = try configuration.context(name)
        let connections = try Connections(context, clock: SystemClock())
        let themes = Themes(directory: themeDirectory())
        let wanted = options.theme ?? context.theme ?? configuration.theme ?? themes.names.first ?? ""
        guard let theme = themes[wanted] else {
            throw CommandFailure(
                .refused,
                "there is no theme '\(SafeText.name(wanted))'; there are \(themes.names.joined(separator: ", "))")
        }
        let setup = Setup(
            context: context.name, isReadOnly: options.readOnly || context.isReadOnly, startsLocked: context.isLocked,
            themes: themes.names, theme: wanted, filter: options.filter ?? "",
            pane: options.pane.flatMap { PaneID(name: $0) } ?? .units)
        let session = await DeckSession(setup, connections: connections, themes: themes)
        if options.once { return try await session.printOnce(options, theme) }
        try await session.run(theme, options, atEnd)
    }

    private static func themeDirectory() -> String {
        let base =
            getenv("XDG_CONFIG_HOME").map { String(cString: $0) }
            ?? (getenv("HOME").map { String(cString: $0) } ?? "/") + "/.config"
        return base + "/quarterdeck/themes"
    }

    private func run(_ theme: Theme, _ options: DeckOptions, _ atEnd: @escaping @Sendable () -> Void) async throws {
        var drawing = Terminal.Options()
        drawing.mouse = options.mouse
        let settings = drawing
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in connections.sources { await post(.expect(source.id)) }
            for problem in themes.problems { await post(.told("\(problem)")) }
            addSources(&group)
            group.addTask { try await self.tick() }
            group.addTask { try await self.carryOutEffects() }
            group.addTask { await self.draw(theme, settings, atEnd) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Draws until the user leaves, and ends the process: connections are not taken down in order, because one that is
    /// just being made can hold that up for ever, and nothing is lost by it.
    private func draw(_ theme: Theme, _ options: Terminal.Options, _ atEnd: @Sendable () -> Void) async -> Never {
        var code: Int32 = 0
        do {
            _ = try await Terminal.run(self, theme: theme, options: options)
        } catch {
            Output.error(SafeText.block("\(error)"))
            code = CommandFailure.Code.refused.rawValue
        }
        atEnd()
        _exit(code)
    }

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
                await self.post(.report(report))
            }
        } catch is CancellationError {
            return
        } catch {
            let body = Report.Body.silent(SafeText.clean("\(error)", limit: 512))
            await post(.report(Report(source: source.id, observedAt: clock.now(), body: body)))
        }
        try await untilCancelled()
    }

    private func tick() async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            await post(.tick)
        }
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

    @Terminal private var lastSize = Size(width: 0, height: 0)

    @Terminal
    private func take(_ event: Console.Event) {
        for effect in console.handle(event, at: clock.now()) { effectsEnd.yield(effect) }
        isDirty = true
    }

    /// What comes again and again waits for the next tick to be drawn; everything else is drawn at once.
    @Terminal
    private func post(_ event: Console.Event) {
        if case .report(let report) = event {
            switch report.body {
            case .figures, .quiet:
                for effect in console.handle(event, at: clock.now()) { effectsEnd.yield(effect) }
                return
            case .silent, .events, .cloud, .cluster, .changes: break
            }
        }
        take(event)
        Terminal.wake()
    }

    // MARK: Effects

    private func carryOutEffects() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
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
                case .order(let number, let order):
                    group.addTask { await self.post(.outcome(number, await self.connections.carryOut(order))) }
                case .copy, .write, .readFile, .setTheme, .logIn, .suspend, .quit: try await carryOut(effect)
                }
            }
            group.cancelAll()
        }
    }

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

    private func carryOut(_ effect: Console.Effect) async throws {
        switch effect {
        case .copy(let text): await Terminal.copyToClipboard(text)
        case .write(let name, let text): await post(.told(write(name, text)))
        case .readFile(let path): await post(.file(path, read(path)))
        case .setTheme(let name):
            if let theme = themes[name] {
                await Terminal.setTheme(theme)
                await post(.theme(name))
            }
        case .order, .followLog, .stopLog, .look: break
        case .logIn(let login):
            let connections = connections
            let (text, isGood) = await Terminal.suspend { await Shell.logIn(login, connections) }
            if !isGood || !text.isEmpty { await post(.told(text)) }
        case .suspend: await Terminal.stop()
        case .quit: await Terminal.quit()
        }
    }

    private func write(_ name: String, _ text: String) -> String {
        let path = FileManager.default.currentDirectoryPath + "/" + name
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .withoutOverwriting)
            return "written to \(path)"
        } catch {
            return "cannot write '\(path)': \(SafeText.clean("\(error)", limit: 200))"
        }
    }

    private func read(_ path: String) -> Console.FileContent {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            return .text(String(decoding: data.prefix(UnitFile.bytesMax + 1), as: UTF8.self))
        } catch {
            return .failure("cannot read '\(SafeText.name(path))': \(SafeText.clean("\(error)", limit: 200))")
        }
    }

    // MARK: Once

    private func printOnce(_ options: DeckOptions, _ theme: Theme) async throws {
        let (found, problems) = await settled()
        let (width, height) = try options.frameSize()
        let size = Size(width: width, height: height)
        for problem in problems { Output.error(problem) }
        for report in found { await take(.report(report)) }
        let screen = await picture(size)
        let isColoured: Bool =
            switch options.color {
            case .always: true
            case .never: false
            case .auto: Output.isTerminal && getenv("NO_COLOR") == nil
            }
        Output.text(isColoured ? ANSIText.render(screen, theme: theme, depth: .palette) : screen.text + "\n")
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
