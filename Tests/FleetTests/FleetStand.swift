import AgentAPI
import EmbeddedStore
import Etcd
import Foundation
import Model
import NodeAgent
import Registry
import Runtime
import Synchronization
import Web

/// Fleet's API on sockets of its own, in front of an empty store in memory; machines say what a test has them say.
struct FleetStand: Sendable {
    let registry: ClusterRegistry
    let store: any KeyStore
    let folder: String
    /// Listens at pages of a hundred.
    var socket: String { folder + "/fleet.sock" }
    /// Listens at pages of seven, as another agent of the cluster might.
    var otherSocket: String { folder + "/other.sock" }
    let isHeard: Switch
    private let lease: Int64

    /// Something that can be turned off.
    final class Switch: Sendable {
        private let state = Mutex(true)
        var isOn: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// How many stands there may be at a time: each has a store and two servers in this process, and a store that is
    /// not answered in time is a failure.
    private static let standsMax = 3
    private static let stands = Mutex(0)

    private static func enter() async throws {
        while !stands.withLock({ count in
            if count < standsMax { count += 1 } else { return false }
            return true
        }) { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Runs the body with a stand, once it is its turn.
    static func with(_ body: @Sendable (FleetStand) async throws -> Void) async throws {
        try await enter()
        defer { stands.withLock { $0 -= 1 } }
        let folder =
            FileManager.default.temporaryDirectory.path + "/qd-fleet-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try EmbeddedStore(path: nil, host: "127.0.0.1")
        let (ports, sink) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run { sink.yield($0) } }
            defer { group.cancelAll() }
            for await port in ports {
                let client = try EtcdClient(
                    EtcdConfiguration(endpoints: ["http://127.0.0.1:\(port)"], requestTimeout: .seconds(20)))
                group.addTask { try await client.run() }
                try await serve(client, folder, &group, body)
                return
            }
        }
    }

    private static func serve(
        _ client: EtcdClient, _ folder: String, _ group: inout ThrowingTaskGroup<Void, any Error>,
        _ body: @Sendable (FleetStand) async throws -> Void
    ) async throws {
        let registry = ClusterRegistry(cluster: "shop", store: client)
        let lease = try await client.grantLease(ttlSeconds: 600)
        let stand = FleetStand(
            registry: registry, store: client, folder: folder, isHeard: Switch(), lease: lease.id)
        let mirror = ClusterMirror()
        let isHeard = stand.isHeard
        let services = FleetAPI(mirror: mirror, registry: registry, isHeard: { isHeard.isOn }).services
        let (listening, sink) = AsyncStream<Void>.makeStream()
        for (path, size) in [(stand.socket, 100), (stand.otherSocket, 7)] {
            let server = try FleetServer(services, pageSize: size).server(
                at: .unix(path: path), tls: nil, access: .open)
            group.addTask { try await server.run { _ in sink.yield() } }
        }
        group.addTask { try await registry.follow { mirror.take($0) } }
        var waits = listening.makeAsyncIterator()
        await waits.next()
        await waits.next()
        while mirror.look({ _ in true }) == nil { try await Task.sleep(for: .milliseconds(5)) }
        try await body(stand)
    }

    // MARK: what machines say

    /// A machine joins.
    func join(_ id: ID<Machine>, _ address: String = "10.0.0.1", metadata: [String: String] = [:]) async throws {
        let machine = Machine(id: id, name: id.text, address: address, metadata: metadata, version: "1")
        guard try await registry.register(machine, lease: lease) == .done else { throw StandFailure("taken") }
        try await settle()
    }

    /// A unit is placed on a machine.
    func place(_ name: UnitName, on machine: ID<Machine>) async throws {
        let value = #"{"machine":"\#(machine)","why":"because"}"#
        _ = try await store.put("/quarterdeck/shop/placements/\(name)", Array(value.utf8))
        try await settle()
    }

    /// A machine says something of many units.
    func say(_ states: [(UnitName, UnitState?)], _ machine: ID<Machine>) async throws {
        try await registry.publish(states, of: machine, lease: lease)
        try await settle()
    }

    /// A machine says something of a unit.
    func say(_ name: UnitName, _ machine: ID<Machine>, _ state: UnitState?) async throws {
        try await registry.publish([(name, state)], of: machine, lease: lease)
        try await settle()
    }

    /// Waits until the API shows all that was written: its answer to a change does.
    func settle() async throws {
        let answer = try await send(
            "PATCH", "/fleet/v1/machines", body: #"[{"op":"remove","path":"/none/metadata/x"}]"#)
        guard answer.status == 204 else { throw StandFailure("not settled: \(answer)") }
    }

    // MARK: requests

    /// Sends a request as `fleetctl`'s library does, and reads the whole answer.
    func send(
        _ method: String, _ path: String, headers: [String] = [], body: String? = nil, at socket: String? = nil
    ) async throws -> RawAnswer {
        try await RawAnswer.ask(socket ?? self.socket, RawAnswer.request(method, path, headers, body))
    }

    /// Stores or changes a unit.
    @discardableResult
    func put(_ name: String, _ body: String, query: String = "") async throws -> RawAnswer {
        try await send(
            "PUT", "/fleet/v1/units/\(name)?alt=json\(query)", headers: ["Content-Type: application/json"], body: body)
    }

    func get(_ path: String, at socket: String? = nil) async throws -> RawAnswer {
        try await send("GET", path, at: socket)
    }
}

struct StandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
