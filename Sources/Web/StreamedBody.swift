import HummingbirdCore
import NIOCore

extension ResponseBody {
    /// What is produced piece by piece; the producer waits while the reader is slow.
    static func pieces(
        _ produce: @escaping @Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) -> ResponseBody {
        ResponseBody { writer in
            let (pieces, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self, throwing: (any Error).self)
            let turnstile = Turnstile(permits: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await produce { piece in
                            await turnstile.enter()
                            try Task.checkCancellation()
                            continuation.yield(piece)
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
                do {
                    for try await piece in pieces {
                        try await writer.write(ByteBuffer(bytes: piece))
                        await turnstile.leave()
                    }
                } catch {
                    group.cancelAll()
                    await turnstile.open()
                    throw error
                }
            }
            try await writer.finish(nil)
        }
    }
}
