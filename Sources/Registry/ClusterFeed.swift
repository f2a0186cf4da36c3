import Etcd
public import Model
import Runtime

/// What one look at a cluster's store brings.
public enum FeedUpdate: Sendable {
    /// Everything, anew.
    case contents(ClusterContents, revision: Int64)
    /// What changed at one revision.
    case changes([ClusterChange], revision: Int64)
    /// The store answered; nothing changed.
    case heard(revision: Int64)
    /// The store does not answer, with the reason.
    case away(String)

    /// What it tells of its cluster, as a source reports it.
    public func report(of cluster: ID<Cluster>, at now: Timestamp) -> Report {
        let (body, revision): (Report.Body, Int64) =
            switch self {
            case .contents(let contents, let revision): (.cluster(contents), revision)
            case .changes(let changes, let revision): (.changes(cluster, changes), revision)
            case .heard(let revision): (.quiet, revision)
            case .away(let why): (.silent(SafeText.clean(why, limit: 512)), 0)
            }
        return Report(source: .cluster(cluster), revision: revision, observedAt: now, body: body)
    }
}

extension ClusterRegistry {
    /// Tells everything there is and then every change, until cancelled: read, watch, resume, and read anew when the
    /// store no longer keeps what was missed, was restored from a backup, or is another one.
    ///
    /// - Throws: what cannot mend by itself: wrong credentials, a wrong configuration.
    public func follow(_ tell: @escaping @Sendable (FeedUpdate) async -> Void) async throws {
        var backoff = Backoff()
        let position = FeedPosition()
        while !Task.isCancelled {
            do {
                if position.revision == nil { try await readAnew(position, tell) }
                try await watch(position, tell)
            } catch let error as EtcdError {
                guard !error.isFinal else { throw error }
                if position.takeOpened() { backoff.reset() }
                if case .compacted = error { position.forget() } else { await tell(.away("\(error)")) }
                try await backoff.pause()
            } catch is StoreReplaced {
                position.forget()
            }
        }
    }

    private func readAnew(
        _ position: FeedPosition, _ tell: @escaping @Sendable (FeedUpdate) async -> Void
    ) async throws {
        let (mark, isRestored) = try await mark(after: position.mark)
        var (contents, revision, book) = try await readWithBook()
        contents.isRestored = isRestored
        position.begin(mark, at: revision, book)
        await tell(.contents(contents, revision: revision))
    }

    private func watch(
        _ position: FeedPosition, _ tell: @escaping @Sendable (FeedUpdate) async -> Void
    ) async throws {
        let start = (position.revision ?? 0) + 1
        try await store.watch(prefix: keys.prefix, from: start) { update in
            switch update {
            case .opened:
                // Before anything is told: a store that went back is silent until it comes where the watch begins.
                let (mark, isRestored) = try await self.mark(after: position.mark)
                if isRestored { throw StoreReplaced() }
                position.open(mark)
                await tell(.heard(revision: start - 1))
            case .changes(let revision, let changes):
                position.advance(to: revision)
                let told = position.withBook { book in changes.flatMap { self.changes($0, &book) } }
                await tell(.changes(told, revision: revision))
            case .progress(let revision):
                position.advance(to: revision)
                await tell(.heard(revision: revision))
            case .compacted: position.forget()
            }
        }
    }

    /// Where the store stands, and whether it cannot have come there from where it was.
    ///
    /// That is asked twice: etcd before 3.6.9 may once read what is stale when a paused member goes on.
    private func mark(after earlier: StoreMark?) async throws -> (mark: StoreMark, isRestored: Bool) {
        let mark = try await store.mark(at: keys.prefix)
        guard let earlier, !mark.follows(earlier) else { return (mark, false) }
        try await Task.sleep(for: .seconds(1))
        let again = try await store.mark(at: keys.prefix)
        return (again, !again.follows(earlier))
    }
}

/// The watch would go on in another history than the one it began in.
private struct StoreReplaced: Error {}

extension EtcdError {
    /// Repeating it cannot help.
    fileprivate var isFinal: Bool {
        switch self {
        case .unauthenticated, .permissionDenied, .configuration, .closed: true
        case .unavailable, .timeout, .handshake, .compacted, .futureRevision, .leaseExpired, .tooLarge,
            .tooManyOperations,
            .noSpace, .invalid:
            false
        }
    }
}
