import Etcd
import Foundation
import Model
import Programs
import Registry
import Synchronization
import Testing

@testable import NodeAgent

/// A store that takes transactions alone, and those only while its gate is open.
private actor GatedStore: KeyStore {
    private(set) var writes: [[Op]] = []
    private(set) var entered = 0
    private var isOpen = true
    private var failures = 0

    func close() { isOpen = false }
    func open() { isOpen = true }
    func fail(_ count: Int) { failures = count }

    func txn(if guards: [Compare], then: [Op], else otherwise: [Op]) async throws -> TxnResult {
        entered += 1
        while !isOpen { try await Task.sleep(for: .milliseconds(2)) }
        if failures > 0 {
            failures -= 1
            throw EtcdError.unavailable(endpoint: "gate", cause: "closed")
        }
        writes.append(then)
        return TxnResult(succeeded: true, revision: Int64(writes.count), fetched: [])
    }

    func get(_ key: String) async throws -> KeyValue? { throw EtcdError.closed }
    func range(prefix: String, revision: Int64) async throws -> RangeResult { throw EtcdError.closed }
    func put(_ key: String, _ value: [UInt8], lease: Int64) async throws -> Int64 { throw EtcdError.closed }
    func delete(_ key: String) async throws -> Bool { throw EtcdError.closed }
    func deletePrefix(_ prefix: String) async throws -> Int64 { throw EtcdError.closed }
    func watch(
        prefix: String, from revision: Int64, _ tell: @Sendable (WatchUpdate) async throws -> Void
    ) async throws { throw EtcdError.closed }
    func grantLease(ttlSeconds: Int64) async throws -> Lease { throw EtcdError.closed }
    func keepAlive(_ id: Int64) async throws -> Int64 { throw EtcdError.closed }
    func revokeLease(_ id: Int64) async throws { throw EtcdError.closed }
    func mark(at key: String) async throws -> StoreMark { throw EtcdError.closed }
    func status() async throws -> [MemberStatus] { [] }
}

@Suite struct `What a machine says of its units` {
    private struct Bench: Sendable {
        let publisher = StatePublisher()
        let store = GatedStore()

        func say(_ name: UnitName, _ sub: String?) {
            publisher.enqueue(name, sub.map { UnitState(active: .active, sub: $0) })
        }

        /// What was written, a line for each transaction: `a.service=running b.service=–`.
        func written() async throws -> [String] {
            struct Record: Decodable { var sub: String }
            return try await store.writes.map { operations in
                try operations.map { operation in
                    switch operation {
                    case .put(let key, let value, let lease):
                        let record = try JSONDecoder().decode(Record.self, from: Data(value))
                        return "\(Self.unit(key))=\(record.sub)" + (lease == 7 ? "" : " without the lease")
                    case .delete(let key): return "\(Self.unit(key))=–"
                    case .get(let key), .deletePrefix(let key): return "\(key)?"
                    }
                }.joined(separator: " ")
            }
        }

        private static func unit(_ key: String) -> Substring { key.split(separator: "/").dropLast().last ?? "" }

        func until(_ count: Int) async throws -> [String] {
            try await Programs.until("\(count) writes", within: .seconds(60), { try await written() }) {
                $0.count >= count
            }
        }
    }

    private final class Failed: Sendable {
        let names = Mutex<[UnitName]>([])
    }

    private static func with(
        _ body: @escaping @Sendable (Bench, Failed) async throws -> Void
    ) async throws {
        let (bench, failed) = (Bench(), Failed())
        let registry = ClusterRegistry(cluster: "shop", store: bench.store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await bench.publisher.run(registry, machine: "m1", lease: { 7 }) { name in
                    failed.names.withLock { $0.append(name) }
                }
            }
            group.addTask { try await body(bench, failed) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    @Test func `is written at once, and while the store is slow only the last of each unit, in one write`() async throws
    {
        try await Self.with { bench, failed in
            await bench.store.close()
            bench.say("a.service", "start")
            try await Programs.eventually("the first is on its way", within: .seconds(60)) {
                await bench.store.entered == 1 ? true : nil
            }
            for sub in ["running", "reload", "exited"] { bench.say("a.service", sub) }
            bench.say("c.service", "dead")
            bench.say("b.service", "running")
            bench.say("c.service", nil)
            #expect(try await bench.written() == [])
            await bench.store.open()

            let written = try await bench.until(2)
            #expect(written == ["a.service=start", "a.service=exited b.service=running c.service=–"])
            #expect(failed.names.withLock { $0 } == [])
        }
    }

    @Test func `is written again when it could not be, unless there is newer to say`() async throws {
        try await Self.with { bench, failed in
            await bench.store.close()
            await bench.store.fail(1)
            bench.say("a.service", "start")
            bench.say("b.service", "start")
            try await Programs.eventually("both are on their way", within: .seconds(60)) {
                await bench.store.entered >= 1 ? true : nil
            }
            bench.say("a.service", "running")
            await bench.store.open()

            try await Programs.eventually("all is written", within: .seconds(60)) {
                let words = try await bench.written().flatMap { $0.split(separator: " ") }
                return words.contains("a.service=running") && words.contains("b.service=start") ? true : nil
            }
            #expect(try await !bench.written().joined().contains("a.service=start"))
            #expect(failed.names.withLock { $0.contains("a.service") })
        }
    }

    @Test func `of hundreds of units is written a hundred at a time, in the order of their names`() async throws {
        try await Self.with { bench, _ in
            await bench.store.close()
            bench.say("a.service", "start")
            try await Programs.eventually("the first is on its way", within: .seconds(60)) {
                await bench.store.entered == 1 ? true : nil
            }
            let names = (100..<350).map { "u\($0).service" }
            for name in names.shuffled() { bench.say(try UnitName(name), "running") }
            await bench.store.open()

            let written = try await bench.until(4).dropFirst()
            #expect(written.map { $0.split(separator: " ").count } == [100, 100, 50])
            #expect(written.joined(separator: " ") == names.map { $0 + "=running" }.joined(separator: " "))
        }
    }
}
