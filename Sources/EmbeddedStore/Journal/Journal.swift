import FoundationEssentials
import GRDB
import Keyspace

/// The durable half of the store: the living keys and leases in one SQLite file.
///
/// The file is locked as long as the journal lives; the lock goes with the process, however that ends.
/// **Invariant:** when `write` returns, its batch survives the loss of power (WAL, `synchronous=FULL`).
final class Journal: Sendable {
    /// What a journal holds when it is opened.
    struct Contents: Sendable {
        var snapshot: Keyspace.Snapshot
        var clusterID: UInt64
        var memberID: UInt64
    }

    let path: String
    private let database: DatabaseQueue

    /// Opens the file, or creates it.
    /// - Throws: `EmbeddedStoreError`; the file is then as it was.
    init(path: String) throws {
        try StoreFile.check(path)
        self.path = path
        do {
            database = try DatabaseQueue(path: path)
            try database.writeWithoutTransaction(Self.prepare)
        } catch let error as DatabaseError {
            throw Self.translate(error, path: path)
        }
    }

    /// Reads all there is.
    /// - Throws: `EmbeddedStoreError`.
    func load() throws -> Contents {
        do {
            return try database.writeWithoutTransaction { database in
                Contents(
                    snapshot: try Self.snapshot(database),
                    clusterID: UInt64(bitPattern: try Self.state("cluster", database)),
                    memberID: UInt64(bitPattern: try Self.state("member", database)))
            }
        } catch let error as DatabaseError {
            throw Self.translate(error, path: path)
        }
    }

    /// Makes a batch durable, all of it or nothing.
    /// - Throws: `EmbeddedStoreError.cannotWrite`, `CancellationError`.
    func write(_ batch: JournalBatch) async throws {
        do {
            try await database.write { database in try Self.write(batch, to: database) }
        } catch let error as DatabaseError {
            throw EmbeddedStoreError.cannotWrite(path: path, cause: error.message ?? "SQLite error")
        }
    }

    /// The size of the database in bytes, as of the last commit.
    func byteCount() async throws -> Int64 {
        try await database.writeWithoutTransaction { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            return pages * size
        }
    }

    /// Closes the file and gives up its lock.
    func close() throws {
        try database.close()
    }
}

extension Journal {
    private static func prepare(_ database: Database) throws {
        try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
        // The first read takes the lock; a damaged schema shows here too.
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if tables > 0, let complaint = try String.fetchOne(database, sql: "PRAGMA quick_check(1)"), complaint != "ok" {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: complaint)
        }
        if tables == 0 { try create(database) }
        // In this order: the mark of ours is in the file's header before the first frame is in the log beside it.
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.execute(sql: "PRAGMA synchronous = FULL")
    }

    private static func create(_ database: Database) throws {
        try database.inTransaction(.exclusive) {
            try database.execute(sql: "PRAGMA application_id = \(StoreFile.applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(StoreFile.version)")
            try database.execute(
                sql: """
                    CREATE TABLE item (key BLOB PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL,
                        modified INTEGER NOT NULL, version INTEGER NOT NULL, lease INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl INTEGER NOT NULL);
                    CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                    """)
            let identity = (cluster: Int64.random(in: 1 ... .max), member: Int64.random(in: 1 ... .max))
            for (name, value) in [("revision", 1), ("cluster", identity.cluster), ("member", identity.member)] {
                try database.execute(sql: "INSERT INTO state VALUES (?, ?)", arguments: [name, value])
            }
            return .commit
        }
    }

    private static func snapshot(_ database: Database) throws -> Keyspace.Snapshot {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT key, value, created, modified, version, lease FROM item ORDER BY key")
        var items: [Keyspace.KeyValue] = []
        while let row = try rows.next() {
            items.append(
                Keyspace.KeyValue(
                    key: bytes(row, 0), value: bytes(row, 1), createRevision: row[2], modRevision: row[3],
                    version: row[4], lease: row[5]))
        }
        let leases = try Row.fetchAll(database, sql: "SELECT id, ttl FROM lease ORDER BY id")
        return Keyspace.Snapshot(
            revision: try state("revision", database), compactedRevision: 0, items: items,
            leases: leases.map { .init(id: $0[0], ttlSeconds: $0[1]) })
    }

    private static func bytes(_ row: Row, _ column: Int) -> [UInt8] {
        let data: Data? = row[column]
        return data.map { [UInt8]($0) } ?? []
    }

    private static func state(_ name: String, _ database: Database) throws -> Int64 {
        guard let value = try Int64.fetchOne(database, sql: "SELECT value FROM state WHERE name = ?", arguments: [name])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "no row '\(name)' in 'state'") }
        return value
    }

    private static func write(_ batch: JournalBatch, to database: Database) throws {
        let put = try database.cachedStatement(sql: "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?)")
        let delete = try database.cachedStatement(sql: "DELETE FROM item WHERE key = ?")
        for (key, item) in batch.items {
            guard let item else {
                try delete.execute(arguments: [Blob(key)])
                continue
            }
            try put.execute(arguments: [
                Blob(key), Blob(item.value), item.createRevision, item.modRevision, item.version, item.lease,
            ])
        }
        for (id, ttl) in batch.leases {
            guard let ttl else {
                try database.execute(sql: "DELETE FROM lease WHERE id = ?", arguments: [id])
                continue
            }
            try database.execute(sql: "INSERT OR REPLACE INTO lease VALUES (?, ?)", arguments: [id, ttl])
        }
        guard let revision = batch.revision else { return }
        try database.execute(sql: "UPDATE state SET value = ? WHERE name = 'revision'", arguments: [revision])
    }

    private static func translate(_ error: DatabaseError, path: String) -> EmbeddedStoreError {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .inUse(path: path)
        case .SQLITE_NOTADB: return .foreign(path: path)
        case .SQLITE_CORRUPT: return .corrupt(path: path, cause: message)
        default: return .cannotOpen(path: path, cause: message)
        }
    }
}
