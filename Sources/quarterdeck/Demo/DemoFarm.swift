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

    private func runCloud(store: String, _ onReady: @escaping @Sendable () async -> Void) async throws {
        let cloud = LocalCloud(configuration: configuration(store: store), clock: clock)
        let server = LocalCloudServer(cloud)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
            group.addTask { await cloud.run() }
            group.addTask { try await server.run { portFound.yield($0) } }
            group.addTask {
                for await port in ports {
                    try writeConfiguration(store: store, cloud: "http://127.0.0.1:\(port)")
                    try await runClusters(store: store, cloud: "http://127.0.0.1:\(port)", onReady)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func runClusters(
        store: String, cloud endpoint: String, _ onReady: @escaping @Sendable () async -> Void
    ) async throws {
        let client = try EtcdClient(EtcdConfiguration(endpoints: [store]))
        let source = LocalCloudSource(cloud: "local", endpoint: endpoint, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            for (index, name) in Self.clusters.enumerated() {
                let registry = ClusterRegistry(cluster: ID(name), store: client)
                let count = (vms + (index == 0 ? 1 : 0)) / 2
                group.addTask { try await fill(registry, machines: count) }
                // All VMs end with the farm: a farm that is kept makes them anew.
                let provisioner = ProvisionerProcess(
                    registry, cloud: source, cloudID: "local", clock: clock, remembers: false)
                group.addTask { try await provisioner.run() }
                group.addTask { try await source.observe { provisioner.take($0) } }
            }
            group.addTask {
                try await awaitJoined(client)
                await onReady()
                try await untilCancelled()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Stores what a fresh cluster has; one of an earlier run is left as it is.
    private func fill(_ registry: ClusterRegistry, machines: Int) async throws {
        let name = registry.cluster.text
        try await registry.create(
            Cluster(id: registry.cluster, name: name, customer: ID(name), flavor: "small", image: "quarterdeck-agent"))
        if try await registry.scale() == nil {
            try await registry.scale(to: machines, VMChoice(flavor: "small"))
            try await awaitMachines(registry, machines)
            try await submitUnits(registry)
        }
        try await untilCancelled()
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
        for unit in DemoUnits(programs: directory + "/programs", quarterdeck: ownPath).units(of: name) {
            let unitName = try UnitName(unit.name)
            let file = try UnitFile(parsing: unit.text, file: unit.name).checked(as: unitName, file: unit.name)
            try await registry.submit(unitName, file, unitName.isTemplate ? .inactive : .launched)
        }
    }

    private func awaitJoined(_ client: EtcdClient) async throws {
        while true {
            var joined = 0
            for name in Self.clusters {
                let contents = try await ClusterRegistry(cluster: ID(name), store: client).read().contents
                joined += contents.machines.count
            }
            if joined >= vms { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    // MARK: Files

    private var ownPath: String { OwnProgram.path }

    private func configuration(store: String) -> LocalCloudConfiguration {
        let shares = (1...servers).map {
            LocalCloudConfiguration.Share(name: "server\($0)", vcpus: 16, memoryMiB: 65_536)
        }
        var customers: [ID<Cluster>: Customer] = [:]
        for name in Self.clusters { customers[ID(name)] = Customer(id: ID(name), name: name) }
        return LocalCloudConfiguration(
            cloud: "local", servers: shares,
            flavors: [
                Flavor(name: "small", vcpus: 2, memoryMiB: 4_096), Flavor(name: "medium", vcpus: 4, memoryMiB: 8_192),
                Flavor(name: "large", vcpus: 8, memoryMiB: 16_384),
            ],
            image: "quarterdeck-agent", customers: customers, directory: directory,
            agent: (ownPath, ["agent", "--store", store, "--listen", "127.0.0.1:0", "--ttl", "5"]))
    }

    private func writePrograms() throws {
        let programs = directory + "/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for (name, text) in DemoUnits.scripts {
            try Data((text + "\n").utf8).write(to: URL(filePath: "\(programs)/\(name)"), options: .atomic)
        }
    }

    private func writeConfiguration(store: String, cloud: String) throws {
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
        for name in Self.clusters {
            text += "\n[[contexts.demo.clusters]]\nname = \"\(name)\"\nendpoints = [\"\(store)\"]\n"
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
