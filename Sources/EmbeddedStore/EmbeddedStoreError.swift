/// Why the embedded store cannot open its file, or cannot go on.
public enum EmbeddedStoreError: Error, Sendable, Hashable {
    /// Another process, or another store in this one, has the file open.
    case inUse(path: String)
    /// The file is something else: no database, or another program's.
    case foreign(path: String)
    /// The file was written by a later Quarterdeck.
    case newer(path: String, version: Int)
    /// The file is damaged.
    case corrupt(path: String, cause: String)
    /// The file cannot be opened or created.
    case cannotOpen(path: String, cause: String)
    /// A commit could not be made durable; nothing of it was acknowledged.
    case cannotWrite(path: String, cause: String)
    /// The address cannot be listened on.
    case cannotListen(address: String, cause: String)
}

extension EmbeddedStoreError: CustomStringConvertible {
    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .inUse(let path):
            "cannot open the store '\(path)': another process has it open; stop that one or name another file"
        case .foreign(let path):
            "cannot open the store '\(path)': the file is not a Quarterdeck store; name another file"
        case .newer(let path, let version):
            "cannot open the store '\(path)': its format \(version) is newer than this program; update Quarterdeck"
        case .corrupt(let path, let cause):
            "cannot open the store '\(path)': the file is damaged (\(cause)); restore it from a backup"
        case .cannotOpen(let path, let cause):
            "cannot open the store '\(path)': \(cause); check that its directory exists and can be written"
        case .cannotWrite(let path, let cause):
            "cannot write to the store '\(path)': \(cause); make room on the disk and start the store again"
        case .cannotListen(let address, let cause):
            "cannot listen on '\(address)': \(cause); choose another address or stop who uses it"
        }
    }
}
