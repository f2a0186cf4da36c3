/// The one queue in front of a role: many may post, one takes.
///
/// Holds at most `capacity` events. A full inbox refuses, and `post` says so: the poster then has the role read
/// everything anew rather than lose something silently.
public struct Inbox<Event: Sendable>: Sendable {
    /// What was posted, in order; ends with ``close()``.
    public let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    /// An empty inbox.
    public init(capacity: Int = 65_536) {
        (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(capacity))
    }

    /// Posts an event; false when the inbox is full or closed.
    @discardableResult
    public func post(_ event: Event) -> Bool {
        switch continuation.yield(event) {
        case .enqueued: true
        case .dropped, .terminated: false
        @unknown default: false
        }
    }

    /// Takes nothing more; what is in it is still handed out.
    public func close() {
        continuation.finish()
    }
}
