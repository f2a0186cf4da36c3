public import Etcd
public import Model

/// One cluster's records in its store: the only place that knows how they are kept.
public struct ClusterRegistry: Sendable {
    /// The cluster.
    public let cluster: ID<Cluster>
    /// The store.
    public let store: any KeyStore
    let keys: Keys

    /// The registry of a cluster in a store.
    public init(cluster: ID<Cluster>, store: any KeyStore) {
        self.cluster = cluster
        self.store = store
        keys = Keys(cluster)
    }

    /// The clusters that a store has.
    public static func clusters(in store: any KeyStore) async throws -> [ID<Cluster>] {
        let found = try await store.range(prefix: Keys.root)
        let names = found.items.compactMap { item -> String? in
            let rest = item.key.dropFirst(Keys.root.count)
            guard let slash = rest.firstIndex(of: "/"), rest[rest.index(after: slash)...] == "cluster" else {
                return nil
            }
            return String(rest[..<slash])
        }
        return names.map { ID(SafeText.name($0)) }
    }

    /// Writes the cluster's own record, once; a record that is there stays.
    public func create(_ description: Cluster) async throws {
        let record = ClusterRecord(
            name: description.name, customer: description.customer?.text, flavor: description.flavor,
            image: description.image, isProtected: description.isProtected ? true : nil)
        _ = try await store.txn(
            if: [.absent(keys.cluster)], then: [.put(keys.cluster, Coding.bytes(record))], else: [])
    }

    /// Everything there is, at one revision.
    public func read() async throws -> (contents: ClusterContents, revision: Int64) {
        let (contents, revision, _) = try await readWithBook()
        return (contents, revision)
    }

    /// The same, with what later changes of machines are read against.
    func readWithBook() async throws -> (contents: ClusterContents, revision: Int64, book: MachineBook) {
        async let overlay = overlay()
        let found = try await store.range(prefix: keys.prefix)
        var reader = ContentsReader(cluster: cluster)
        for item in found.items {
            guard let kind = keys.kind(of: item.key) else { continue }
            reader.take(kind, item)
        }
        var contents = reader.contents()
        contents.cluster.overlay = await overlay
        return (contents, found.revision, reader.book)
    }

    /// What is kept of what happened, oldest first.
    public func events() async throws -> [FarmEvent] {
        let found = try await store.range(prefix: keys.prefix + "events/")
        return found.items.flatMap { Coding.record([EventRecord].self, $0.value) ?? [] }
            .map { $0.event(cluster) }
            .sorted { $0.at < $1.at }
    }

    /// The wish for a number of machines, with the revision that tells it from the next.
    public func scale() async throws -> (count: Int, choice: VMChoice, wish: Int64)? {
        guard let item = try await store.get(keys.scale), let record = Coding.record(ScaleRecord.self, item.value)
        else {
            return nil
        }
        return (record.count, record.choice, item.modRevision)
    }

    /// What a change of the store means; several for a record that holds several things.
    func changes(_ change: WatchChange, _ book: inout MachineBook) -> [ClusterChange] {
        guard let kind = keys.kind(of: change.key) else { return [] }
        switch change {
        case .put(let item): return put(kind, item, &book)
        case .delete: return deleted(kind, &book)
        }
    }

    private func put(_ kind: RecordKind, _ item: KeyValue, _ book: inout MachineBook) -> [ClusterChange] {
        switch kind {
        case .cluster: return []
        case .scale: return Coding.record(ScaleRecord.self, item.value).map { [.wanted($0.count)] } ?? []
        case .leader:
            return Coding.record(LeaderRecord.self, item.value).map { [.leader(ID(SafeText.name($0.machine)))] } ?? []
        case .event:
            return (Coding.record([EventRecord].self, item.value) ?? []).map { .event($0.event(cluster)) }
        case .machine(let id):
            guard let machine = Coding.record(MachineRecord.self, item.value)?.machine(id) else { return [] }
            return [.machine(book.take(machine))]
        case .metadata(let id, let key):
            guard let record = Coding.record(MetadataRecord.self, item.value) else { return [] }
            return book.set(key, of: id, record).map { [.machine($0)] } ?? []
        case .drain(let id): return [.draining(id, true)]
        case .rival(let id):
            return Coding.record(MachineRecord.self, item.value).map { [.rival(id, $0.machine(id).whoAndWhere)] } ?? []
        case .unit(let name):
            guard let (file, desired) = ContentsReader.unit(item) else { return [] }
            return [.unit(name, file, desired, revision: item.modRevision)]
        case .placement(let name):
            return ContentsReader.placement(item).map { [.placement(name, $0)] } ?? []
        case .waiting(let name): return ContentsReader.waiting(item).map { [.waiting(name, $0)] } ?? []
        case .move(let name): return ContentsReader.move(item).map { [.move(name, $0)] } ?? []
        case .roll(let name): return ContentsReader.roll(item).map { [.roll(name, $0)] } ?? []
        case .state(let name, let machine):
            return Coding.record(StateRecord.self, item.value).map { [.state(name, machine, $0.state)] } ?? []
        }
    }

    private func deleted(_ kind: RecordKind, _ book: inout MachineBook) -> [ClusterChange] {
        switch kind {
        case .cluster, .event: return []
        case .scale: return [.wanted(nil)]
        case .leader: return [.leader(nil)]
        case .machine(let id):
            book.drop(id)
            return [.machineGone(id)]
        case .metadata(let id, let key): return book.set(key, of: id, nil).map { [.machine($0)] } ?? []
        case .drain(let id): return [.draining(id, false)]
        case .rival(let id): return [.rival(id, nil)]
        case .unit(let name): return [.unitGone(name)]
        case .placement(let name): return [.placement(name, nil)]
        case .waiting(let name): return [.waiting(name, nil)]
        case .move(let name): return [.move(name, nil)]
        case .roll(let name): return [.roll(name, nil)]
        case .state(let name, let machine): return [.state(name, machine, nil)]
        }
    }
}
