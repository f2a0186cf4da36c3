import Foundation
import Model
import Programs
import Registry
import Runtime
import Synchronization
import Testing
import Web

@testable import NodeAgent

@Suite struct `An agent's events` {
    private final class Heard: Sendable {
        let events = Mutex<[Event]>([])
    }

    private struct Event: Decodable {
        var at: Int64
        var weight: String
        var unit: String?
        var machine: String?
        var text: String
    }

    @Test func `are told as they happen to whoever listens`() async throws {
        try await AgentStand.with { stand in
            let api = stand.folder + "/api.sock"
            let agent = try await stand.agent("aaaaaaaa", ["--listen", "unix:" + api])
            defer { agent.kill() }
            let (socket, sleepers) = (stand.socket("aaaaaaaa"), (1...50).map { stand.sleeper($0) })
            let url = "http+unix://\(api.percentEncoded)/v1/events"
            let found = Heard()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await WebClient().lines(url) { lines in
                        let events = try lines.filter { !$0.isEmpty }.map {
                            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
                        }
                        found.events.withLock { $0 += events }
                    }
                }
                group.addTask {
                    let fleetctl = Fleetctl(socket: socket)
                    // Whoever listens hears what comes after; units come until the first is heard of.
                    for number in 1...50 {
                        try await fleetctl.start("heard@\(number).service", sleepers[number - 1])
                        let isHeard = found.events.withLock { $0.contains { $0.unit == "heard@\(number).service" } }
                        if isHeard { break }
                    }
                    try await Programs.eventually("its placing is told too", within: .seconds(20)) {
                        let texts = found.events.withLock { $0.map(\.text) }
                        return texts.contains { $0.contains("placed on") } ? true : nil
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            let events = found.events.withLock { $0 }
            #expect(events.allSatisfy { $0.at > 1_700_000_000_000 && !$0.weight.isEmpty })
            #expect(events.map(\.at) == events.map(\.at).sorted())
        }
    }

    @Test func `end with a word for whoever takes them too slowly`() async throws {
        try await FleetStand.with { stand async throws in
            let listeners = EventListeners(behindMax: 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect {
                        try await listeners.events(of: stand.registry, SystemClock()) { _ in
                            try await Task.sleep(for: .seconds(2))
                        }
                    } throws: {
                        "\($0)".contains("come faster than they are taken")
                    }
                }
                group.addTask {
                    let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/true\n")
                    var number = 0
                    while true {
                        number += 1
                        try await stand.registry.submit(try UnitName("u\(number).service"), file, .inactive)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }
}
