import EtcdWire

/// Makes whole revisions of the messages of one watch.
struct WatchAssembler {
    /// What the watch wanted to begin from; 0 is now.
    private let from: Int64
    private var watchID: Int64?
    /// Everything up to here has been told.
    private(set) var complete: Int64 = 0
    /// Events of a message whose last fragment has not come.
    private var fragments: [Etcdserverpb_Event] = []

    init(from: Int64) {
        self.from = from
    }

    var isOpen: Bool { watchID != nil }

    /// What a message tells.
    /// - Throws: `WatchCancelled` when etcd has ended the watch for another reason than compaction.
    mutating func updates(_ message: Etcdserverpb_WatchResponse) throws -> [WatchUpdate] {
        if message.canceled {
            guard message.compactRevision != 0 else { throw WatchCancelled(reason: message.cancelReason) }
            return [.compacted(message.compactRevision)]
        }
        if message.created {
            watchID = message.watchID
            complete = from > 0 ? from - 1 : message.header.revision
            return [.opened(revision: message.header.revision)]
        }
        if message.events.isEmpty, !message.fragment { return [progress(message)] }
        fragments += message.events
        if message.fragment { return [] }
        defer { fragments = [] }
        return Self.byRevision(fragments).map { revision, changes in
            complete = max(complete, revision)
            return .changes(revision: revision, changes)
        }
    }

    /// Progress told to this watch counts; what is told to the whole stream shows only that the member lives, since
    /// members before 3.4.25 and 3.5.8 tell it ahead of events still on their way.
    private mutating func progress(_ message: Etcdserverpb_WatchResponse) -> WatchUpdate {
        if message.watchID == watchID, fragments.isEmpty { complete = max(complete, message.header.revision) }
        return .progress(revision: complete)
    }

    private static func byRevision(_ events: [Etcdserverpb_Event]) -> [(Int64, [WatchChange])] {
        var revisions: [(Int64, [WatchChange])] = []
        for event in events {
            let change = WatchChange(event)
            if revisions.last?.0 == event.kv.modRevision {
                revisions[revisions.count - 1].1.append(change)
            } else {
                revisions.append((event.kv.modRevision, [change]))
            }
        }
        return revisions
    }
}

/// etcd has ended a watch.
struct WatchCancelled: Error {
    let reason: String
    /// Whether the watch never stood, for who asked rather than for what was asked.
    var isRefusal: Bool { reason.contains("permission denied") || reason.contains("auth") }
}

extension WatchChange {
    fileprivate init(_ wire: Etcdserverpb_Event) {
        if wire.type == .delete {
            self = .delete(key: String(decoding: wire.kv.key, as: UTF8.self), modRevision: wire.kv.modRevision)
        } else {
            self = .put(KeyValue(wire.kv))
        }
    }
}
