/// Holds everybody until it is opened, for good.
struct Gate: Sendable {
    private let openings: AsyncStream<Void>
    private let opening: AsyncStream<Void>.Continuation

    init() {
        (openings, opening) = AsyncStream.makeStream(of: Void.self)
    }

    func open() { opening.finish() }

    /// Returns once it is open, or the task is cancelled.
    func wait() async {
        for await _ in openings {}
    }
}
