/// Lets a story go on when somebody says so, not by the clock.
final class StoryTurns: Sendable {
    private let turns: AsyncStream<Void>
    private let next: AsyncStream<Void>.Continuation

    init() {
        (turns, next) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Ends the wait at hand, or the next one.
    func goOn() { next.yield() }

    func wait() async {
        for await _ in turns { return }
    }
}

/// What is told about what happens, and how it goes on.
struct Narration: Sendable {
    /// What is being done before the viewer's eyes.
    let captions: AsyncStream<String?>
    /// Nil where the clock says when it goes on.
    let turns: StoryTurns?
}
