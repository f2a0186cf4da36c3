/// One change a watch saw.
public enum WatchChange: Sendable, Hashable {
    /// The key was created or changed; the value is the new one.
    case put(KeyValue)
    /// The key was deleted, at the given revision.
    case delete(key: String, modRevision: Int64)

    /// The key that changed.
    public var key: String {
        switch self {
        case .put(let item): item.key
        case .delete(let key, _): key
        }
    }
}

/// What a watch tells its caller.
public enum WatchUpdate: Sendable, Hashable {
    /// The watch stands. Everything up to this revision is past for a watch from 0: resume after it.
    case opened(revision: Int64)
    /// All changes of one revision under the prefix, never a part of them.
    case changes(revision: Int64, [WatchChange])
    /// Nothing under the prefix is missing up to this revision; also the sign that the stream lives.
    case progress(revision: Int64)
    /// History from where the watch wanted to begin is gone, and the watch has ended: read all anew, go on from there.
    ///
    /// The number is the first revision still kept.
    case compacted(Int64)
}
