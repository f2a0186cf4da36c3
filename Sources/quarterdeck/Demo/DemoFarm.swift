import EmbeddedStore
import Etcd
import FoundationEssentials
import Glibc
import LocalCloud
import Model
import NodeAgent
import Registry
import Runtime

/// The embedded farm: a store, a local cloud, two customers with a cluster each, and what keeps them going.
struct DemoFarm {
    let directory: String
    let servers: Int
    let vms: Int
    let clock: SystemClock
    /// What happens once the farm is there, before the viewer's eyes.
    var story: Story?
    /// How much faster the story goes than people read.
    var pace = 1.0
    /// Lets the story go on; nil where the clock does.
    var turns: StoryTurns?
    /// Takes the story's captions.
    var say: @Sendable (Caption) -> Void = { _ in }
    static let clusters = ["customer-a", "customer-b"]

    /// Where the farm's configuration is once it is ready.
    var configurationPath: String { directory + "/config.toml" }

    /// Runs until cancelled; tells when every VM has joined.
    func run(onReady: @escaping @Sendable () async -> Void) async throws {
        try writePrograms()
        let store = try EmbeddedStore(path: directory + "/store.sqlite")
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
            group.addTask { try await store.run { portFound.yield($0) } }
            group.addTask {
                for await port in ports {
                    try await runCloud(store: "http://127.0.0.1:\(port)", onReady)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// The second customer's cluster has a store of its own where the story is about losing it.
    private func runCloud(store: String, _ onReady: @escaping @Sendable () async -> Void) async throws {
        guard let story, story.losesStore else {
            return try await runCloud(stores: [store, store], StoryStore?.none, onReady)
        }
        let own = try StoryStore(directory: directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await own.run() }
            group.addTask { try await runCloud(stores: [store, own.endpoints.joined(separator: ",")], own, onReady) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func runCloud(
        stores: [String], _ own: StoryStore?, _ onReady: @escaping @Sendable () async -> Void
    ) async throws {
        let cloud = LocalCloud(configuration: configuration(stores: stores), clock: clock)
        let server = LocalCloudServer(cloud)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
            group.addTask { await cloud.run() }
            group.addTask { try await server.run { portFound.yield($0) } }
            group.addTask {
                for await port in ports {
                    let endpoint = "http://127.0.0.1:\(port)"
                    try writeConfiguration(stores: stores, cloud: endpoint)
                    try await runClusters(stores, endpoint) { registries in
                        await onReady()
                        guard let story else { return }
                        try await StoryStage(
                            cloud: cloud, registries: registries, units: demoUnits, store: own, pace: pace,
                            turns: turns, say: say
                        ).play(story)
                    }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func runClusters(
        _ stores: [String], _ endpoint: String,
        _ onReady: @escaping @Sendable ([ClusterRegistry]) async throws -> Void
    ) async throws {
        var clients: [String: EtcdClient] = [:]
        for store in Set(stores) {
            let endpoints = store.split(separator: ",").map(String.init)
            clients[store] = try EtcdClient(EtcdConfiguration(endpoints: endpoints))
        }
        let source = LocalCloudSource(cloud: "local", endpoint: endpoint, clock: clock)
        let registries = zip(Self.clusters, stores).compactMap { name, store in
            clients[store].map { ClusterRegistry(cluster: ID(name), store: $0) }
        }
        // A story may lose a store: whatever is to be in it is there before that.
        let (fills, filled) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients.values { group.addTask { try await client.run() } }
            for (index, registry) in registries.enumerated() {
                let count = (vms + (index == 0 ? 1 : 0)) / 2
                group.addTask {
                    try await fill(registry, machines: count)
                    filled.yield()
                    try await untilCancelled()
                }
                // All VMs end with the farm: a farm that is kept makes them anew.
                let provisioner = ProvisionerProcess(
                    registry, cloud: source, cloudID: "local", clock: clock, remembers: false)
                group.addTask { try await provisioner.run() }
                group.addTask { try await source.observe { provisioner.take($0) } }
            }
            group.addTask {
                var waited = fills.makeAsyncIterator()
                for _ in registries { await waited.next() }
                try await awaitJoined(registries)
                try await onReady(registries)
                try await untilCancelled()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Stores what a fresh cluster has; one of an earlier run is left as it is.
    private func fill(_ registry: ClusterRegistry, machines: Int) async throws {
        let name = registry.cluster.text
        try await awaitStore(registry)
        try await registry.create(
            Cluster(id: registry.cluster, name: name, customer: ID(name), flavor: "small", image: "quarterdeck-agent"))
        if try await registry.scale() == nil {
            try await registry.scale(to: machines, VMChoice(flavor: "small"))
            try await awaitMachines(registry, machines)
            try await submitUnits(registry)
        }
    }

    /// The members of a store that has just been started choose a leader first.
    private func awaitStore(_ registry: ClusterRegistry) async throws {
        for _ in 0..<100 {
            do {
                _ = try await withDeadline(.seconds(2)) { try await registry.machines() }
                return
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Units are stored once the machines are there, so that the first of them does not get all.
    private func awaitMachines(_ registry: ClusterRegistry, _ count: Int) async throws {
        for _ in 0..<150 {
            if try await registry.machines().count >= count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func submitUnits(_ registry: ClusterRegistry) async throws {
        let name = registry.cluster.text
        for unit in demoUnits.units(of: name) {
            let unitName = try UnitName(unit.name)
            let file = try UnitFile(parsing: unit.text, file: unit.name).checked(as: unitName, file: unit.name)
            try await registry.submit(unitName, file, unitName.isTemplate ? .inactive : .launched)
        }
    }

    private func awaitJoined(_ registries: [ClusterRegistry]) async throws {
        while true {
            var joined = 0
            // A store that has just been started is not there at once.
            for registry in registries { joined += (try? await registry.machines().count) ?? 0 }
            if joined >= vms { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    // MARK: Files

    private var ownPath: String { OwnProgram.path }

    /// In a story nothing fails but what the story is about.
    private var demoUnits: DemoUnits {
        DemoUnits(programs: directory + "/programs", quarterdeck: ownPath, hasTrouble: story == nil)
    }

    private func configuration(stores: [String]) -> LocalCloudConfiguration {
        let shares = (1...servers).map {
            LocalCloudConfiguration.Share(name: "server\($0)", vcpus: 16, memoryMiB: 65_536)
        }
        var customers: [ID<Cluster>: Customer] = [:]
        for name in Self.clusters { customers[ID(name)] = Customer(id: ID(name), name: name) }
        var configuration = LocalCloudConfiguration(
            cloud: "local", servers: shares,
            flavors: [
                Flavor(name: "small", vcpus: 2, memoryMiB: 4_096), Flavor(name: "medium", vcpus: 4, memoryMiB: 8_192),
                Flavor(name: "large", vcpus: 8, memoryMiB: 16_384),
            ],
            image: "quarterdeck-agent", customers: customers, directory: directory,
            agent: (ownPath, ["agent", "--listen", "127.0.0.1:0", "--ttl", "5"]))
        for (name, store) in zip(Self.clusters, stores) { configuration.stores[ID(name)] = store }
        return configuration
    }

    private func writePrograms() throws {
        let programs = directory + "/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for (name, text) in DemoUnits.scripts {
            try Data((text + "\n").utf8).write(to: URL(filePath: "\(programs)/\(name)"), options: .atomic)
        }
    }

    private func writeConfiguration(stores: [String], cloud: String) throws {
        var text = """
            # Written by quarterdeck demo.
            context = "demo"
            orders-log = "\(directory)/orders.log"

            [contexts.demo]
            locked = false

            [[contexts.demo.clouds]]
            name = "local"
            kind = "local"
            endpoint = "\(cloud)"

            """
        for (name, store) in zip(Self.clusters, stores) {
            let endpoints = store.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", ")
            text += "\n[[contexts.demo.clusters]]\nname = \"\(name)\"\nendpoints = [\(endpoints)]\n"
        }
        try Data(text.utf8).write(to: URL(filePath: configurationPath), options: .atomic)
    }
}

/// This program's own file.
enum OwnProgram {
    static var path: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return count > 0
            ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "quarterdeck"
    }
}
