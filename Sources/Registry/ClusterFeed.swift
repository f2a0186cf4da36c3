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
}

extension ClusterRegistry {
    /// Tells everything there is and then every change, until cancelled: read, watch, resume, and read anew when the
    /// store no longer keeps what was missed.
    ///
    /// - Throws: what cannot mend by itself: wrong credentials, a wrong configuration.
    public func follow(_ tell: @escaping @Sendable (FeedUpdate) async -> Void) async throws {
        var backoff = Backoff()
        var position = FeedPosition()
        while !Task.isCancelled {
            do {
                if position.revision == nil {
                    let (contents, revision) = try await read()
                    position.revision = revision
                    await tell(.contents(contents, revision: revision))
                }
                backoff.reset()
                try await watch(&position, tell)
            } catch let error as EtcdError {
                guard !error.isFinal else { throw error }
                if case .compacted = error { position.revision = nil } else { await tell(.away("\(error)")) }
                try await backoff.pause()
            }
        }
    }

    private func watch(
        _ position: inout FeedPosition, _ tell: @escaping @Sendable (FeedUpdate) async -> Void
    ) async throws {
        let seen = SeenRevision(position.revision ?? 0)
        defer { position.revision = seen.isCompacted ? nil : seen.value }
        try await store.watch(prefix: keys.prefix, from: seen.value + 1) { update in
            switch update {
            case .opened: await tell(.heard(revision: seen.value))
            case .changes(let revision, let changes):
                seen.advance(to: revision)
                await tell(.changes(changes.flatMap(self.changes), revision: revision))
            case .progress(let revision):
                seen.advance(to: revision)
                await tell(.heard(revision: revision))
            case .compacted: seen.compact()
            }
        }
    }
}

private struct FeedPosition {
    var revision: Int64?
}

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
