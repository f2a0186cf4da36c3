import Etcd
import Foundation
import Model
import Registry
import Testing

@Suite struct `Fleet's API of a cluster with 5,000 units` {
    /// Walks a list to its end over one connection, and how many pages that took.
    private func walk(_ socket: String, _ list: String) throws -> (pages: Int, things: Int) {
        struct Thing: Decodable { var name: String }
        struct Page: Decodable {
            var nextPageToken: String?
            var units: [Thing]?
            var states: [Thing]?
        }
        var (pages, things, token) = (0, 0, String?.none)
        repeat {
            let query = token.map { "&nextPageToken=\($0)" } ?? ""
            let descriptor = try RawAnswer.connected(socket)
            defer { close(descriptor) }
            let answer = try RawAnswer.exchange(
                descriptor, RawAnswer.request("GET", "/fleet/v1/\(list)?alt=json\(query)", [], nil))
            let page = try answer.json(Page.self)
            things += (page.units ?? page.states ?? []).count
            pages += 1
            token = page.nextPageToken
        } while token != nil
        return (pages, things)
    }

    @Test func `tells all of them and their states page by page`() async throws {
        try await FleetStand.with { stand async throws in
            let machines = (0..<10).map { ID<Machine>("m\($0)") }
            for machine in machines { try await stand.join(machine) }
            let names = try (0..<5_000).map { try UnitName("u\(10_000 + $0).service") }
            for start in stride(from: 0, to: names.count, by: 100) {
                let writes = try (start..<start + 100).map { index in
                    let file =
                        "[Unit]\nDescription=Unit \(index)\nAfter=network.target\n\n[Service]\n"
                        + "ExecStart=/bin/sleep \(index)\nRestart=always\n"
                    let record = ["file": file, "desired": "launched"]
                    return Op.put(
                        "/quarterdeck/shop/units/\(names[index])", Array(try JSONEncoder().encode(record)), lease: 0)
                }
                try await stand.store.txn(writes)
            }
            for (index, machine) in machines.enumerated() {
                let states = names[index * 500..<(index + 1) * 500].map { name in
                    (name, UnitState?.some(UnitState(active: .active, sub: "running", hash: UnitHash(of: "x"))))
                }
                try await stand.say(states, machine)
            }
            for list in ["units", "state"] {
                let (found, taken) = try await onThread {
                    let begin = ContinuousClock.now
                    return (try walk(stand.socket, list), ContinuousClock.now - begin)
                }
                #expect(found.pages == 50)
                #expect(found.things == 5_000)
                print("\(list): 50 pages, decoded by the test, in \(taken)")
            }
        }
    }

    private func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
