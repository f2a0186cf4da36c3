import Console
import Curses
import Screen

/// The contexts that are open, one of them on the screen. The others go on learning.
final class DeckTabs: TerminalClient {
    @Terminal private var open: [String: DeckSession]
    @Terminal private var current: DeckSession
    private let make: @Terminal @Sendable (String) throws -> DeckSession
    /// Sessions that are to be run from now on.
    let opened: AsyncStream<DeckSession>
    private let openedEnd: AsyncStream<DeckSession>.Continuation

    /// - Parameter make: makes the session of a context when somebody first goes there
    @Terminal
    init(_ first: DeckSession, make: @escaping @Terminal @Sendable (String) throws -> DeckSession) {
        current = first
        open = [first.name: first]
        self.make = make
        (opened, openedEnd) = AsyncStream.makeStream(of: DeckSession.self)
        openedEnd.yield(first)
    }

    @Terminal
    func handle(_ keys: [Key]) {
        current.handle(keys)
    }

    @Terminal
    func frame(_ size: Size) -> Screen? {
        current.frame(size)
    }

    /// Shows another context.
    @Terminal
    func show(_ name: String) throws {
        let before = current
        if let session = open[name] {
            current = session
        } else {
            let session = try make(name)
            open[name] = session
            current = session
            openedEnd.yield(session)
        }
        if before !== current { before.stepBack() }
        current.comeForward()
        Terminal.wake()
    }
}
