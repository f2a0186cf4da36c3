import Foundation
import Programs
import Testing

@Suite(.enabled(if: EtcdStand.isPossible, "needs etcd and etcdctl (Debian: etcd-server, etcd-client)"))
struct `Agents of a store that fails` {
    enum Absence: Sendable, CaseIterable {
        case frozen, killed
    }

    @Test(arguments: Absence.allCases)
    func `keep and leave every unit where it is while the store is away for 45 s`(_ absence: Absence) async throws {
        try await EtcdStand.with(members: 3, agents: ["a", "b", "c"]) { stand in
            for number in 1...6 { try await stand.startUnit(number) }
            let (processes, placements) = (stand.processes(), try await stand.placements())
            #expect(processes.count == 6)
            #expect(placements.count == 6)

            if absence == .frozen { stand.signalMembers(SIGSTOP) } else { stand.killMembers() }
            try await Task.sleep(for: .seconds(45))
            #expect(stand.processes() == processes)
            if absence == .frozen { stand.signalMembers(SIGCONT) } else { try stand.restartMembers() }

            let back = ContinuousClock.now
            try await stand.serves()
            // A new unit shows that a scheduler leads and an agent obeys again.
            _ = try await Programs.eventually("a unit starts", within: .seconds(40)) {
                try await stand.startUnit(7)
                return stand.processes()[7] == nil ? nil : true
            }
            try await stand.joined(3)
            // Longer than any lease or grace could run out only now.
            try await Task.sleep(until: back + .seconds(16))
            var now = try await stand.placements()
            now["u7.service"] = nil
            #expect(now == placements)
            var still = stand.processes()
            still[7] = nil
            #expect(still == processes)
        }
    }

}

@Suite(.serialized, .enabled(if: EtcdStand.isPossible, "needs etcd and etcdctl (Debian: etcd-server, etcd-client)"))
struct `Agents in trouble with their store` {
    @Test func `obey the next leader when theirs is stopped, and refuse what it would still write`() async throws {
        try await EtcdStand.with(members: 1, agents: ["a", "b", "c"]) { stand in
            for number in 1...6 { try await stand.startUnit(number) }
            let old = try #require(try await stand.leader())
            let there = try await stand.placements().filter { $0.value.contains(stand.machine(old)) }
            #expect(!there.isEmpty)

            stand.signalAgent(old, SIGSTOP)

            let next = try await Programs.eventually("another leads", within: .seconds(30)) {
                let leader = try await stand.leader()
                return leader == old ? nil : leader
            }
            _ = try await Programs.eventually("its units are placed elsewhere", within: .seconds(30)) {
                let left = try await stand.placements().values.filter { $0.contains(stand.machine(old)) }
                return left.isEmpty ? true : nil
            }
            try await stand.startUnit(7)
            let placements = try await stand.placements()
            #expect(placements.count == 7)
            stand.signalAgent(old, SIGCONT)

            try await stand.joined(3)
            _ = try await Programs.eventually("every unit runs once", within: .seconds(20)) {
                let processes = stand.processes()
                return processes.count == 7 && processes.values.allSatisfy { $0.count == 1 } ? true : nil
            }
            #expect(try await stand.leader() == next)
            #expect(try await stand.placements() == placements)
            #expect(stand.log(old).contains("ended; registering anew"))
        }
    }

    @Test func `do as a restored backup says, and stop nothing for an empty store`() async throws {
        try await EtcdStand.with(members: 1, agents: ["a", "b"]) { stand in
            for number in 1...3 { try await stand.startUnit(number) }
            let saved = stand.processes()
            let backup = stand.directory + "/backup"
            #expect(try await stand.control("snapshot", "save", backup).code == 0)
            for number in 4...5 { try await stand.startUnit(number) }
            #expect(stand.processes().count == 5)

            try await stand.restartMember(from: backup)

            _ = try await Programs.eventually("what came after the backup is gone", within: .seconds(30)) {
                stand.processes().count == 3 ? true : nil
            }
            #expect(stand.processes() == saved)
            try await stand.joined(2)
            try await stand.startUnit(6)
            let all = stand.processes()
            #expect(all.count == 4)

            try await stand.restartMember(from: nil)

            try await stand.joined(2)
            for name in ["a", "b"] {
                _ = try await Programs.eventually("agent \(name) has read it", within: .seconds(20)) {
                    stand.log(name).components(separatedBy: "was restored").count == 3 ? true : nil
                }
            }
            #expect(stand.processes() == all)
        }
    }

    @Test func `go on when the store is out of space, which everybody is told`() async throws {
        try await EtcdStand.with(members: 1, agents: ["a"], ["--quota-backend-bytes=\(4 << 20)"]) { stand in
            try await stand.startUnit(1)
            let processes = stand.processes()
            let value = String(repeating: "x", count: 100_000)
            _ = try await Programs.eventually("the store is full", within: .seconds(30)) {
                try await stand.control("put", "/fill", value).errors.contains("space exceeded") ? true : nil
            }
            let file = stand.directory + "/u2.service"
            try "[Service]\nExecStart=/bin/true\n".write(toFile: file, atomically: true, encoding: .utf8)

            let refused = try await stand.run("start", file)

            #expect(refused.code != 0)
            #expect(refused.errors.contains("is out of disk quota; compact and defragment it"), "\(refused.errors)")
            let frame = try await stand.run("deck", "--once", "--size", "200x50")
            #expect(frame.output.contains("store is out of space: run etcdctl compact and defrag, then alarm disarm"))
            // Longer than the machine's lease would live without renewals.
            try await Task.sleep(for: .seconds(7))
            #expect(try await stand.keys("machines/").count == 1)
            #expect(stand.processes() == processes)
        }
    }
}
