import Synchronization

/// Lets a story go on when somebody says so, not by the clock.
final class StoryTurns: Sendable {
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    /// Ends the wait at hand; without one it does nothing.
    func goOn() {
        waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }?.resume()
    }

    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let before = waiting.withLock { waiting in
                    defer { waiting = continuation }
                    return waiting
                }
                before?.resume()
                if Task.isCancelled { goOn() }
            }
        } onCancel: {
            goOn()
        }
    }
}

/// What is told about what happens, and how it goes on.
struct Narration: Sendable {
    /// What is being done before the viewer's eyes.
    let captions: AsyncStream<Caption>
    /// Nil where the clock says when it goes on.
    let turns: StoryTurns?
}

/// A sentence below the screen.
struct Caption: Sendable {
    let text: String?
    /// The story waits for somebody to let it go on.
    var waits = false
}
