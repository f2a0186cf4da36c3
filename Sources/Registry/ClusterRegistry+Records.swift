import Etcd
public import Model

extension ClusterRegistry {
    /// A unit's record, read from the store now; nil when there is none of that name.
    public func stored(_ name: UnitName) async throws -> StoredUnit? {
        guard let item = try await store.get(keys.unit(name)), let (file, desired) = ContentsReader.unit(item) else {
            return nil
        }
        return StoredUnit(file: file, desired: desired, revision: item.modRevision)
    }

    /// Writes a unit's record if it still is of that revision, 0 for none.
    ///
    /// - Returns: the revision of the write; nil when somebody else wrote first.
    public func write(
        _ name: UnitName, _ file: UnitFile, _ desired: DesiredState, over revision: Int64
    ) async throws -> Int64? {
        let key = keys.unit(name)
        let record = UnitRecord(file: file.text, desired: desired.rawValue)
        let answer = try await store.txn(
            if: [revision == 0 ? .absent(key) : .modRevision(key, revision)], then: [.put(key, Coding.bytes(record))],
            else: [])
        return answer.succeeded ? answer.revision : nil
    }

    /// Forgets a unit with all its records, as ``destroy(_:)`` does.
    ///
    /// - Returns: the revision of the write; nil when there was no such unit.
    public func remove(_ name: UnitName) async throws -> Int64? {
        let answer = try await store.txn(
            if: [.present(keys.unit(name))],
            then: [
                .delete(keys.unit(name)), .delete(keys.placement(name)), .delete(keys.waiting(name)),
                .delete(keys.move(name)), .delete(keys.roll(name)),
            ], else: [])
        return answer.succeeded ? answer.revision : nil
    }

    /// How many changes of metadata are one write: a store takes no more than 128 operations at once.
    private static let changesAtOnce = 100

    /// Changes metadata of machines; of several changes of one key the last counts.
    ///
    /// - Returns: the revision of the last write.
    public func write(_ changes: [MetadataChange]) async throws -> Int64 {
        var last: [String: MetadataChange] = [:]
        for change in changes { last[keys.metadata(change.machine, change.key)] = change }
        let operations = last.sorted { $0.key < $1.key }.map { key, change in
            Op.put(key, Coding.bytes(MetadataRecord(value: change.value)))
        }
        var revision: Int64 = 0
        for start in stride(from: 0, to: operations.count, by: Self.changesAtOnce) {
            let part = operations[start..<min(start + Self.changesAtOnce, operations.count)]
            revision = try await store.txn(Array(part)).revision
        }
        return revision
    }
}
