import Etcd
public import Model

extension ClusterRegistry {
    /// Notes what was wanted of a unit elsewhere before it is stopped there, so that taking it over can go on after an
    /// interruption.
    public func noteImport(_ name: UnitName, wanted desired: DesiredState) async throws {
        _ = try await store.put(keys.importing(name), Coding.bytes(ImportRecord(desired: desired.rawValue)), lease: 0)
    }

    /// What was wanted of a unit elsewhere, while it is being taken over; nil when it is not.
    public func importNote(_ name: UnitName) async throws -> DesiredState? {
        try await store.get(keys.importing(name)).flatMap(Self.desired)
    }

    /// All units that are being taken over, with what was wanted of them elsewhere.
    public func importNotes() async throws -> [UnitName: DesiredState] {
        var notes: [UnitName: DesiredState] = [:]
        let prefix = keys.prefix + "imports/"
        for item in try await store.range(prefix: prefix).items {
            guard let name = try? UnitName(String(item.key.dropFirst(prefix.count))) else { continue }
            notes[name] = Self.desired(item)
        }
        return notes
    }

    /// A unit is taken over, or back where it was.
    public func forgetImport(_ name: UnitName) async throws {
        _ = try await store.delete(keys.importing(name))
    }

    private static func desired(_ item: KeyValue) -> DesiredState? {
        Coding.record(ImportRecord.self, item.value).flatMap { DesiredState(rawValue: $0.desired) }
    }
}
