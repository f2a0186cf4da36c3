import Model
import Registry
import Runtime
import Synchronization

/// Those who listen to what happens in the cluster: each has a feed of its own, so there may not be many.
final class EventListeners: Sendable {
    private let listenersMax: Int
    private let behindMax: Int
    private let count = Mutex(0)

    /// - Parameters:
    ///   - listenersMax: how many may listen at a time
    ///   - behindMax: by how many pieces of news one may be behind before it is told no more
    init(listenersMax: Int = 32, behindMax: Int = 1_000) {
        self.listenersMax = listenersMax
        self.behindMax = behindMax
    }

    /// Tells what happens from now on, until cancelled.
    /// - Throws: `SourceError` when too many listen already, when this one is too far behind, and when the store
    ///   refuses.
    func events(
        of registry: ClusterRegistry, _ clock: SystemClock,
        _ tell: @escaping @Sendable ([FarmEvent]) async throws -> Void
    ) async throws {
        let isIn = count.withLock { count in
            guard count < listenersMax else { return false }
            count += 1
            return true
        }
        guard isIn else {
            throw SourceError("\(listenersMax) listen to this agent's events already; ask another agent")
        }
        defer { count.withLock { $0 -= 1 } }
        let (batches, batch) = AsyncStream.makeStream(
            of: [FarmEvent].self, bufferingPolicy: .bufferingOldest(behindMax))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let known = Known()
                do {
                    try await registry.follow { update in
                        let events = known.events(in: update, of: registry.cluster, clock.now())
                        guard !events.isEmpty else { return }
                        if case .dropped = batch.yield(events) { batch.finish() }
                    }
                } catch let error as CancellationError {
                    throw error
                } catch {
                    throw SourceError(SafeText.clean("\(error)", limit: 512))
                }
            }
            group.addTask {
                for await events in batches { try await tell(events) }
                try Task.checkCancellation()
                throw SourceError("events come faster than they are taken here; some are left out, so listen anew")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// What one listener knows already.
    private final class Known: Sendable {
        private let inventory = Mutex(Inventory())

        func events(in update: FeedUpdate, of cluster: ID<Cluster>, _ now: Timestamp) -> [FarmEvent] {
            inventory.withLock { $0.apply(update.report(of: cluster, at: now)) }
        }
    }
}
