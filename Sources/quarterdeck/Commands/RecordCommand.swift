import ArgumentParser
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

/// `quarterdeck record`.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Write all that a context's sources tell into a file, until interrupted.",
        discussion: "'quarterdeck replay' shows it again. 'deck --record FILE' does the same while the deck is open.")

    @OptionGroup var context: ContextOptions
    @Option(name: .customLong("for"), help: "Stop by itself after so long: 90s, 10m, 2h.")
    var span: String?
    @Argument(help: "The file; there must be none of that name.")
    var file: String

    func validate() throws {
        if let span, Quantity.timeSpan(span).map({ if case .span = $0 { true } else { false } }) != true {
            throw ValidationError("--for '\(span)' is no time, such as 10m")
        }
    }

    func run() async throws {
        let connections = try context.connections()
        let recorder: Recorder
        do {
            recorder = try Recorder(path: file, context: connections.context.name, at: connections.clock.now())
        } catch {
            throw CommandFailure(.refused, "\(error)")
        }
        let end = span.flatMap { Quantity.timeSpan($0) }
        try await connections.command {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for source in connections.sources {
                    group.addTask {
                        await Self.follow(source, recorder, connections.clock)
                        return false
                    }
                }
                group.addTask {
                    await stopSignal()
                    return true
                }
                if case .span(let span)? = end {
                    group.addTask {
                        try await Task.sleep(for: span)
                        return true
                    }
                }
                group.addTask { try await Self.tell(recorder) }
                defer { group.cancelAll() }
                while let isEnd = try await group.next(), !isEnd {}
            }
            let written = await recorder.written
            Output.line("recorded \(written.reports) reports, \(written.bytes / 1_024) KiB, in '\(recorder.path)'")
            if await recorder.isBroken {
                throw CommandFailure(.refused, "the recording could not be written to its end")
            }
        }
    }

    private static func follow(_ source: any Source, _ recorder: Recorder, _ clock: SystemClock) async {
        let tell: @Sendable (Report) async -> Void = { report in
            if await recorder.isBroken { return }
            do {
                try await recorder.take(report, at: clock.now())
            } catch {
                Output.error("\(error)")
            }
        }
        do {
            try await source.observe(tell)
        } catch is CancellationError {
            return
        } catch {
            let why = SafeText.clean("\(error)", limit: 512)
            await tell(Report(source: source.id, observedAt: clock.now(), body: .silent(why)))
        }
    }

    /// Says on a terminal how far it is; ends when nothing can be written any more.
    private static func tell(_ recorder: Recorder) async throws -> Bool {
        while await !recorder.isBroken {
            try await Task.sleep(for: .seconds(1))
            let written = await recorder.written
            Output.progress("recording: \(written.reports) reports, \(written.bytes / 1_024) KiB; ^C ends it ")
        }
        return true
    }
}

/// `quarterdeck replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Show a recording again: the same dashboard, with pause, speed and seeking.")

    @Option(help: "Seconds of the recording in one second, 0.25 to 300.")
    var speed = 1.0
    @Option(help: "Begin so far into it, such as 5m; with --once the moment that is printed.")
    var at: String?
    @Option(help: "The configuration that keys and theme are taken from; the usual one unless given.")
    var config: String?
    @OptionGroup var view: DeckOptions
    @Argument(help: "The recording.")
    var file: String

    func validate() throws {
        guard (0.25...300).contains(speed) else { throw ValidationError("--speed must be 0.25 to 300") }
        if let at, Quantity.timeSpan(at).map({ if case .span = $0 { true } else { false } }) != true {
            throw ValidationError("--at '\(at)' is no time, such as 5m")
        }
        if view.record != nil { throw ValidationError("a recording is not recorded; copy the file") }
    }

    func run() async throws {
        do {
            let recording = try Recording(path: file)
            if recording.unread > 0 {
                Output.error("\(recording.unread) lines of '\(file)' cannot be read and are left out")
            }
            let look = try ViewSetup(view, from: config)
            var replay = Replay(start: recording.start, end: recording.end, speed: speed)
            if let at, case .span(let span)? = Quantity.timeSpan(at) { replay.at = min(replay.end, replay.at + span) }
            let session = await ReplaySession(
                look.console(recording.context, startsLocked: true), recording, replay, themes: look.themes)
            if view.once { return try await printOnce(session, look.theme) }
            try await session.run(look.theme, try view.drawing())
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.refused, "\(error)")
        }
    }

    private func printOnce(_ session: ReplaySession, _ theme: Theme) async throws {
        let (width, height) = try view.frameSize()
        let screen = await session.picture(Size(width: width, height: height))
        Output.text(view.isColoured ? ANSIText.render(screen, theme: theme, depth: .palette) : screen.text + "\n")
    }
}
