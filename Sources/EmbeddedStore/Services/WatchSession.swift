import EtcdWire
import GRPCCore
import Keyspace
import SwiftProtobuf

/// One stream of watches: who watches what, and what has been sent.
struct WatchSession {
    /// What the stream has to see to.
    enum Signal: Sendable {
        case request(Etcdserverpb_WatchRequest)
        /// There is something to take for the watch.
        case ready(watch: Int64)
    }

    fileprivate struct Watch {
        let token: Int
        let wantsPrevious: Bool
        let wantsProgress: Bool
        let fragments: Bool
        let skipsPuts: Bool
        let skipsDeletes: Bool
    }

    /// A message is closed when it has grown beyond this; etcd's limit for requests, which clients are prepared for.
    private static let messageBytesMax = 1 << 20
    /// The most watches of one stream.
    private static let watchesMax = 10_000

    private let engine: Engine
    private let response: RPCWriter<Etcdserverpb_WatchResponse>
    private let wakeUps: AsyncStream<Signal>.Continuation
    private var watches: [Int64: Watch] = [:]
    private var nextID: Int64 = 0

    init(
        engine: Engine, response: RPCWriter<Etcdserverpb_WatchResponse>, wakeUps: AsyncStream<Signal>.Continuation
    ) {
        self.engine = engine
        self.response = response
        self.wakeUps = wakeUps
    }

    mutating func handle(_ signal: Signal) async throws {
        switch signal {
        case .ready(let id): try await send(id)
        case .request(let message):
            switch message.requestUnion {
            case .createRequest(let request): try await create(request)
            case .cancelRequest(let request): try await cancel(request.watchID, reason: "")
            case .progressRequest: try await sendProgress()
            case nil: break
            }
        }
    }

    /// Takes leave of the engine.
    func close() async {
        for watch in watches.values { await engine.closeWatch(watch.token) }
    }
}

extension WatchSession {
    private mutating func create(_ request: Etcdserverpb_WatchCreateRequest) async throws {
        guard let id = freeID(request.watchID), !request.key.isEmpty, watches.count < Self.watchesMax else {
            let revision = await engine.revision
            try await write(watch: -1, revision: revision) {
                $0.created = true
                $0.canceled = true
                $0.cancelReason = "etcdserver: duplicate watch ID, no key, or too many watches on one stream"
            }
            return
        }
        let opened = await engine.openWatch(
            Keyspace.KeyRange(request.key, request.rangeEnd), from: request.startRevision
        ) { [wakeUps] in wakeUps.yield(.ready(watch: id)) }
        watches[id] = Watch(
            token: opened.token, wantsPrevious: request.prevKv, wantsProgress: request.progressNotify,
            fragments: request.fragment, skipsPuts: request.filters.contains(.noput),
            skipsDeletes: request.filters.contains(.nodelete))
        try await write(watch: id, revision: opened.revision) { $0.created = true }
    }

    private mutating func freeID(_ wanted: Int64) -> Int64? {
        if wanted != 0 { return watches[wanted] == nil ? wanted : nil }
        while watches[nextID] != nil { nextID += 1 }
        defer { nextID += 1 }
        return nextID
    }

    private mutating func cancel(_ id: Int64, reason: String, compacted: Int64 = 0) async throws {
        guard let watch = watches.removeValue(forKey: id) else { return }
        await engine.closeWatch(watch.token)
        // After compaction etcd's header carries no revision.
        let revision = compacted == 0 ? await engine.revision : 0
        try await write(watch: id, revision: revision) {
            $0.canceled = true
            $0.compactRevision = compacted
            $0.cancelReason = reason
        }
    }

    /// Answers for the whole stream as etcd does, and for each watch that wants it and has been sent everything.
    private func sendProgress() async throws {
        for (id, watch) in watches.sorted(by: { $0.key < $1.key }) where watch.wantsProgress {
            guard let revision = await engine.progress(watch.token) else { continue }
            try await write(watch: id, revision: revision) { _ in }
        }
        try await write(watch: -1, revision: await engine.revision) { _ in }
    }

    private mutating func send(_ id: Int64) async throws {
        guard let watch = watches[id] else { return }
        do {
            var events: [Etcdserverpb_Event] = []
            var bytes = 0
            for commit in try await engine.take(watch.token) {
                let more = commit.events.compactMap { watch.event($0) }
                let size = more.reduce(0) { $0 + $1.byteCount }
                if bytes + size > Self.messageBytesMax {
                    try await send(events, of: watch, id: id)
                    (events, bytes) = ([], 0)
                }
                events += more
                bytes += size
            }
            try await send(events, of: watch, id: id)
        } catch KeyspaceError.compacted(let first) {
            try await cancel(id, reason: KeyspaceError.compacted(first: first).description, compacted: first)
        }
    }

    /// Sends events of whole revisions; in fragments only if the watch asked for them.
    private func send(_ events: [Etcdserverpb_Event], of watch: Watch, id: Int64) async throws {
        guard let last = events.last else { return }
        let revision = last.kv.modRevision
        var rest = events[...]
        while watch.fragments, let cut = rest.firstIndex(beyond: Self.messageBytesMax) {
            let part = rest[..<cut]
            try await write(watch: id, revision: revision) {
                $0.fragment = true
                $0.events = Array(part)
            }
            rest = rest[cut...]
        }
        let part = rest
        try await write(watch: id, revision: revision) { $0.events = Array(part) }
    }

    private func write(
        watch id: Int64, revision: Int64, _ fill: (inout Etcdserverpb_WatchResponse) -> Void
    ) async throws {
        var message = Etcdserverpb_WatchResponse()
        message.header = Etcdserverpb_ResponseHeader(engine.identity, revision: revision)
        message.watchID = id
        fill(&message)
        try await response.write(message)
    }
}

extension WatchSession.Watch {
    fileprivate func event(_ event: Keyspace.Event) -> Etcdserverpb_Event? {
        if event.isDelete ? skipsDeletes : skipsPuts { return nil }
        return .with {
            $0.type = event.isDelete ? .delete : .put
            $0.kv = Etcdserverpb_KeyValue(event.item)
            if wantsPrevious, let previous = event.previous { $0.prevKv = Etcdserverpb_KeyValue(previous) }
        }
    }
}

extension Etcdserverpb_Event {
    /// About what the event takes on the wire.
    fileprivate var byteCount: Int {
        kv.key.count + kv.value.count + (hasPrevKv ? prevKv.key.count + prevKv.value.count : 0) + 64
    }
}

extension ArraySlice<Etcdserverpb_Event> {
    /// The index from which the events no longer fit into so many bytes; at least one always fits.
    fileprivate func firstIndex(beyond bytesMax: Int) -> Int? {
        var bytes = 0
        for index in indices {
            bytes += self[index].byteCount
            if bytes > bytesMax, index > startIndex { return index }
        }
        return nil
    }
}
