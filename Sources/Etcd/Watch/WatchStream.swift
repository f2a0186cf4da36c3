import EtcdWire
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// One watch on one member's stream.
struct WatchStream: Sendable {
    /// How many signs of life may be missing before a stream counts as dead.
    private static let missedMax = 3

    let caller: Caller
    let link: Link
    let prefix: String
    let from: Int64

    /// Tells updates until the watch ends; returns after `.compacted`, throws when the stream breaks or falls silent.
    ///
    /// One update is told at a time; while the caller is busy with it, etcd waits.
    func run(_ tell: @Sendable (WatchUpdate) async throws -> Void) async throws {
        let pulse = Pulse(limit: caller.configuration.requestTimeout)
        try await withoutActuallyEscaping(tell) { tell in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await receive(tell, pulse)
                    } catch is WatchIsOver {
                        return
                    } catch let failure as TellFailure {
                        throw failure.cause
                    }
                    try Task.checkCancellation()
                    throw EtcdError.unavailable(endpoint: link.endpoint.text, cause: "the member has ended the watch")
                }
                group.addTask {
                    let limit = try await pulse.silence()
                    throw EtcdError.timeout(endpoint: link.endpoint.text, after: limit)
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// The history that was asked for is gone, and that was told.
    private struct WatchIsOver: Error {}

    /// What the caller threw, told apart from what went wrong on the way.
    private struct TellFailure: Error {
        let cause: any Error
    }

    private func receive(
        _ tell: @escaping @Sendable (WatchUpdate) async throws -> Void, _ pulse: Pulse
    ) async throws {
        let timeout = caller.configuration.requestTimeout
        do {
            // A member tells a stale token of a watch like a missing permission: by ending it before it stands.
            let isStale: (any Error) -> Bool = { error in
                (error as? WatchCancelled)?.isRefusal ?? (error as? RPCError)?.isStaleToken ?? false
            }
            try await caller.withToken(at: link, within: timeout, isStale: isStale) { metadata in
                try await link.streams.bidirectionalStreaming(
                    request: StreamingClientRequest(metadata: metadata, producer: produce),
                    descriptor: Etcdserverpb_Watch.Method.Watch.descriptor,
                    serializer: ProtobufSerializer<Etcdserverpb_WatchRequest>(),
                    deserializer: ProtobufDeserializer<Etcdserverpb_WatchResponse>(),
                    options: Caller.options(timeout: nil)
                ) { response in
                    try await forward(response, tell, pulse)
                }
            }
        } catch let cancelled as WatchCancelled {
            throw EtcdError(cancelled, at: link, user: caller.configuration.user)
        }
    }

    private func forward(
        _ response: StreamingClientResponse<Etcdserverpb_WatchResponse>,
        _ tell: @Sendable (WatchUpdate) async throws -> Void, _ pulse: Pulse
    ) async throws {
        var assembler = WatchAssembler(from: from)
        for try await message in response.messages {
            pulse.beat()
            for update in try assembler.updates(message) {
                do { try await tell(update) } catch { throw TellFailure(cause: error) }
                if case .compacted = update { throw WatchIsOver() }
            }
            pulse.rest(limit: caller.configuration.progressInterval * Self.missedMax)
        }
    }

    /// Asks for the watch, then for a sign of life again and again.
    private func produce(_ writer: RPCWriter<Etcdserverpb_WatchRequest>) async throws {
        let range = PrefixRange(prefix)
        try await writer.write(
            .with {
                $0.createRequest.key = range.key
                $0.createRequest.rangeEnd = range.end
                $0.createRequest.startRevision = from
                $0.createRequest.progressNotify = true
                $0.createRequest.fragment = true
            })
        while true {
            try await Task.sleep(for: caller.configuration.progressInterval)
            try await writer.write(.with { $0.progressRequest = Etcdserverpb_WatchProgressRequest() })
        }
    }
}

extension EtcdError {
    fileprivate init(_ cancelled: WatchCancelled, at link: Link, user: String?) {
        if cancelled.reason.contains("permission denied") {
            self = .permissionDenied(endpoint: link.endpoint.text, user: user)
        } else {
            let reason = cancelled.reason.isEmpty ? "the member has ended the watch" : cancelled.reason
            self = .unavailable(endpoint: link.endpoint.text, cause: reason)
        }
    }
}
