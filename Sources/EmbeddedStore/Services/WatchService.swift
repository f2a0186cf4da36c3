import EtcdWire
import GRPCCore
import Keyspace

/// etcd's `Watch`: any number of watches on one stream.
struct WatchService: Etcdserverpb_Watch.SimpleServiceProtocol {
    let engine: Engine

    func watch(
        request: RPCAsyncSequence<Etcdserverpb_WatchRequest, any Error>,
        response: RPCWriter<Etcdserverpb_WatchResponse>, context: ServerContext
    ) async throws {
        // Bounded although it need not drop anything: a watch is woken once until it takes, and the next request is
        // read when the one before is done.
        let (signals, sink) = AsyncStream<WatchSession.Signal>.makeStream()
        let (turns, turnSink) = AsyncStream<Void>.makeStream()
        var session = WatchSession(engine: engine, response: response, wakeUps: sink)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { sink.finish() }
                    var turn = turns.makeAsyncIterator()
                    for try await message in request {
                        sink.yield(.request(message))
                        await turn.next()
                    }
                }
                for await signal in signals {
                    try await session.handle(signal)
                    if case .request = signal { turnSink.yield() }
                }
                group.cancelAll()
            }
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }
}
