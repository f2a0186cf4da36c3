public import Model
import Synchronization

/// Runs one role: one task owns its value, takes events from its inbox, and has its effects carried out.
public struct Runner<Part: Sendable, Event: Sendable, Effect: Sendable>: Sendable {
    /// Where events are posted.
    public let inbox: Inbox<Event>
    private let clock: SystemClock
    private let part: Part
    private let handle: @Sendable (inout Part, Event, Timestamp) -> [Effect]

    /// A runner of a role.
    ///
    /// - Parameters:
    ///   - part: the role as it begins
    ///   - handle: the role's own `handle`
    public init(
        _ part: Part, inbox: Inbox<Event> = Inbox(), clock: SystemClock,
        handle: @escaping @Sendable (inout Part, Event, Timestamp) -> [Effect]
    ) {
        self.part = part
        self.inbox = inbox
        self.clock = clock
        self.handle = handle
    }

    /// Runs until cancelled, or until the inbox is closed and every effect has ended.
    ///
    /// - Parameters:
    ///   - observe: sees the role after each event, before its effects begin
    ///   - atOnce: carries out, in the order of the events, what takes no time, and says so; false leaves an effect to
    ///     `carryOut`
    ///   - carryOut: carries out one effect; several run at once
    public func run(
        observe: @escaping @Sendable (Part) -> Void = { _ in },
        atOnce: @escaping @Sendable (Effect) -> Bool = { _ in false },
        carryOut: @escaping @Sendable (Effect) async -> Void
    ) async {
        var part = part
        await withDiscardingTaskGroup { group in
            for await event in inbox.events {
                let effects = handle(&part, event, clock.now())
                observe(part)
                for effect in effects where !atOnce(effect) {
                    group.addTask { await carryOut(effect) }
                }
            }
        }
    }
}

/// Posts an event at a time; asking twice for the same tenth of a second posts once.
public final class Alarm: Sendable {
    private let pending = Mutex<Set<Int64>>([])
    private let clock: SystemClock

    /// An alarm by this clock.
    public init(clock: SystemClock) {
        self.clock = clock
    }

    /// Waits until then and calls; returns at once when somebody waits for the same tenth already.
    public func wait(until moment: Timestamp, then call: @Sendable () -> Void) async {
        let tenth = (moment.milliseconds + 99) / 100
        guard pending.withLock({ $0.insert(tenth).inserted }) else { return }
        defer { _ = pending.withLock { $0.remove(tenth) } }
        guard (try? await clock.sleep(until: Timestamp(milliseconds: tenth * 100))) != nil else { return }
        call()
    }
}
