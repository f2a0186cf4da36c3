import FoundationEssentials

/// A look at a file before SQLite touches it, so that what is not ours stays as it is.
enum StoreFile {
    /// "QDst": marks a database as a Quarterdeck store (`PRAGMA application_id`).
    static let applicationID: UInt32 = 0x5144_7374
    /// The format written by this program (`PRAGMA user_version`).
    static let version = 1

    /// Refuses a file that is not a store of ours; an absent or empty file is fine.
    ///
    /// - Source: SQLite, "Database File Format", section 1.3.
    /// - Throws: `EmbeddedStoreError`.
    static func check(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let header: Data
        do {
            header = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped).prefix(100)
        } catch {
            throw EmbeddedStoreError.cannotOpen(path: path, cause: "the file cannot be read")
        }
        if header.isEmpty { return }
        guard header.count == 100, header.starts(with: Array("SQLite format 3".utf8) + [0]),
            number(in: header, at: 68) == applicationID
        else { throw EmbeddedStoreError.foreign(path: path) }
        let found = Int(number(in: header, at: 60))
        if found > version { throw EmbeddedStoreError.newer(path: path, version: found) }
    }

    private static func number(in header: Data, at offset: Int) -> UInt32 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
