import Console
import Curses
import Glibc
import Model
import NodeAgent
import Recording
import Runtime
import Settings

/// The dashboard on a configuration's contexts.
enum Deck {
    /// Shows it until the user leaves.
    ///
    /// - Parameters:
    ///   - narration: what is told about it
    ///   - atEnd: runs when the terminal is whole again, before the process ends
    static func show(
        _ configuration: Configuration, from path: String, context name: String? = nil, _ options: DeckOptions,
        narration: Narration? = nil, atEnd: @escaping @Sendable () -> Void = {}
    ) async throws {
        let maker = try SessionMaker(configuration, path, options)
        let first = try maker.configuration.context(name).name
        let recorder = try options.record.map { try Recorder(path: $0, context: first, at: SystemClock().now()) }
        let session = try await maker.session(first, recorder: recorder, turns: narration?.turns)
        let theme = try maker.theme(first)
        if options.once { return try await session.printOnce(options, theme) }
        let tabs = await DeckTabs(session) { try maker.session($0) }
        let drawing = try options.drawing()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingDiscardingTaskGroup { sessions in
                    for await session in tabs.opened { sessions.addTask { try await session.run(tabs) } }
                }
            }
            if let narration {
                group.addTask {
                    for await caption in narration.captions { await session.show(caption) }
                    try await untilCancelled()
                }
            }
            group.addTask { await draw(tabs, theme, drawing, atEnd) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Draws until the user leaves, and ends the process: connections are not taken down in order, because one that is
    /// just being made can hold that up for ever, and nothing is lost by it.
    static func draw(
        _ client: any TerminalClient, _ theme: Theme, _ options: Terminal.Options, _ atEnd: @Sendable () -> Void
    ) async -> Never {
        var code: Int32 = 0
        do {
            _ = try await Terminal.run(client, theme: theme, options: options)
        } catch {
            Output.error(SafeText.block("\(error)"))
            code = CommandFailure.Code.refused.rawValue
        }
        atEnd()
        _exit(code)
    }

    static func themeDirectory() -> String {
        let base =
            getenv("XDG_CONFIG_HOME").map { String(cString: $0) }
            ?? (getenv("HOME").map { String(cString: $0) } ?? "/") + "/.config"
        return base + "/quarterdeck/themes"
    }
}

/// Makes what shows a context.
private struct SessionMaker: Sendable {
    let configuration: Configuration
    let path: String
    let options: DeckOptions
    let themes: Themes
    let keys: KeyMap

    init(_ configuration: Configuration, _ path: String, _ options: DeckOptions) throws {
        self.configuration = configuration
        self.path = path
        self.options = options
        themes = Themes(directory: Deck.themeDirectory())
        do {
            keys = try KeyMap(configuration.keys)
        } catch {
            throw CommandFailure(.refused, "\(path): [keys]: \(error)")
        }
    }

    private func themeName(_ context: Configuration.Context) -> String {
        options.theme ?? context.theme ?? configuration.theme ?? themes.names.first ?? ""
    }

    func theme(_ name: String) throws -> Theme {
        let wanted = themeName(try configuration.context(name))
        guard let theme = themes[wanted] else {
            throw CommandFailure(
                .refused,
                "there is no theme '\(SafeText.name(wanted))'; there are \(themes.names.joined(separator: ", "))")
        }
        return theme
    }

    @Terminal
    func session(_ name: String, recorder: Recorder? = nil, turns: StoryTurns? = nil) throws -> DeckSession {
        var context = try configuration.context(name)
        if options.readOnly { context.isReadOnly = true }
        let clock = SystemClock()
        let connections = try Connections(context, clock: clock, orders: configuration.log(of: context, clock))
        _ = try theme(name)
        var setup = Setup(
            context: context.name, isReadOnly: context.isReadOnly, startsLocked: context.isLocked,
            themes: themes.names, theme: themeName(context), filter: options.filter ?? "",
            pane: options.pane.flatMap { PaneID(name: $0) } ?? .units)
        setup.startsWithTriage = options.triage
        setup.keys = keys
        setup.contexts = configuration.contexts.map(\.name)
        // One frame alone waits for all that is in it.
        setup.judgesAside = !options.once
        return DeckSession(setup, connections: connections, themes: themes, recorder: recorder, turns: turns)
    }
}
