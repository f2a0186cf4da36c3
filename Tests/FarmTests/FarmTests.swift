import Foundation
import Programs
import Testing

@Suite(.serialized) struct `An embedded farm` {
    /// Units that never become active: one fails again and again, one fits nowhere.
    private static let troubled: Set<String> = ["flaky.service", "gpu.service"]

    @Test func `moves every unit of a killed VM and grows by a VM that takes units`() async throws {
        try await TestFarm.with { farm in
            let before = try await Self.settled(farm)
            let victim = try #require(try await farm.vms().first { $0.name == "customer-a-1" })
            let victimPID = try #require(victim.pid)
            let lost = before.filter { $0.machine == victim.machine && !Self.isGlobal($0) }
            #expect(!lost.isEmpty)

            kill(victimPID, SIGKILL)

            _ = try await Programs.eventually("every unit of the lost VM is active elsewhere", within: .seconds(30)) {
                let now = try await farm.units()
                let isMoved = lost.allSatisfy { one in
                    now.contains {
                        $0.unit == one.unit && $0.cluster == one.cluster && $0.machine != victim.machine
                            && ($0.active == "active" || Self.troubled.contains($0.unit))
                    }
                }
                return isMoved ? true : nil
            }
            let vm = try #require(try await farm.vms().first { $0.id == victim.id })
            #expect(vm.state == "lost")
            try await Self.grows(farm)
        }
    }

    private static func grows(_ farm: TestFarm) async throws {
        let count = try await farm.vms().count { $0.cluster == "customer-b" }

        let scaled = try await farm.run("scale", "customer-b", "+1")

        #expect(scaled.code == 0, "\(scaled.errors)")
        let name = try await Programs.eventually("a new VM joins", within: .seconds(30)) {
            let vms = try await farm.vms().filter { $0.cluster == "customer-b" }
            return vms.count == count + 1 && vms.allSatisfy({ $0.machine != nil }) ? vms.last?.name : nil
        }
        _ = try await Programs.eventually("the new VM \(name) runs a unit", within: .seconds(30)) {
            try await farm.units().contains { $0.vm == name && $0.active == "active" } ? true : nil
        }
    }

    @Test func `obeys the command line`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            _ = try await Self.settled(farm)
            try await Self.startsAndStops(farm)
            try await Self.movesAndDrains(farm)
            try await Self.refuses(farm)
        }
    }

    private static func startsAndStops(_ farm: TestFarm) async throws {
        let file = farm.directory + "/hello.service"
        try "[Service]\nExecStart=/bin/sh -c 'echo hello; sleep 1000'\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let started = try await farm.run("start", file, "--cluster", "customer-a")
        #expect(started.code == 0, "\(started.errors)")
        #expect(started.output.hasPrefix("Unit hello.service launched on "))
        let told = try await Programs.eventually("the log", within: .seconds(10)) {
            let log = try await farm.run("journal", "hello.service")
            return log.output.contains("hello") ? log : nil
        }
        #expect(told.code == 0)
        let rooted = try await farm.run("journal", "--sudo", "hello.service")
        #expect(rooted.code == 2 && rooted.errors.contains("are for fleet's machines"), "\(rooted.errors)")
        #expect(try await farm.run("cat", "hello.service").output.contains("ExecStart=/bin/sh"))
        let stopped = try await farm.run("stop", "hello.service")
        #expect(stopped.code == 0, "\(stopped.errors)")
        #expect(try await farm.units().first { $0.unit == "hello.service" }?.active == "inactive")
        #expect(try await farm.run("destroy", "hello.service").code == 0)
        _ = try await Programs.eventually("it is gone", within: .seconds(10)) {
            try await farm.units().contains { $0.unit == "hello.service" } ? nil : true
        }
    }

    private static func movesAndDrains(_ farm: TestFarm) async throws {
        let before = try #require(try await farm.units().first { $0.unit == "worker@1.service" })
        let moved = try await farm.run("move", "worker@1.service")
        #expect(moved.code == 0, "\(moved.errors)")
        // Until the machine it left has stopped it, the unit is told of both.
        _ = try await Programs.eventually("it is on another machine only", within: .seconds(10)) {
            let rows = try await farm.units().filter { $0.unit == "worker@1.service" }
            return !rows.isEmpty && rows.allSatisfy { $0.machine != before.machine } ? true : nil
        }
        let events = try await farm.run("list-events", "--cluster", "customer-a", "--no-legend")
        #expect(events.code == 0 && events.output.contains("worker@1.service"), "\(events.output)\(events.errors)")
        #expect(try await farm.run("list-events", "--cluster", "nothing").code == 1)
        let drained = try await farm.run("drain", "customer-a-1")
        #expect(drained.code == 0, "\(drained.errors)")
        let machine = try await farm.vms().first { $0.name == "customer-a-1" }?.machine
        _ = try await Programs.eventually(
            "only global units, and what fits nowhere else, are left", within: .seconds(15)
        ) {
            let left = try await farm.units().filter { $0.machine == machine && !isGlobal($0) && $0.why == nil }
            return left.isEmpty ? true : nil
        }
        #expect(try await farm.run("drain", "--undo", "customer-a-1").code == 0)
    }

    private static func refuses(_ farm: TestFarm) async throws {
        let bad = farm.directory + "/bad.service"
        try "[Service]\nExecStart\nRestart=sometimes\n".write(toFile: bad, atomically: true, encoding: .utf8)
        let refused = try await farm.run("submit", bad, "--cluster", "customer-a")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("bad.service:2: 'ExecStart' has no '='"))
        #expect(try await farm.run("cat", "bad.service", "--cluster", "customer-a").code == 1)
        #expect(try await farm.run("start", "nothing.service", "--cluster", "customer-a").code == 1)
        #expect(try await farm.run("scale", "customer-a").code == 2)
        let explained = try await farm.run("explain", "gpu.service")
        #expect(explained.output.contains("no machine has gpu=true"))
        #expect(explained.output.contains("has no gpu=true"))
        #expect(explained.output.contains("start its agent with --metadata gpu=true"))
        let lost = try await farm.run("what-if", "--lose", "server1", "--lose", "server2", "--lose", "server3")
        #expect(lost.code == 1)
        #expect(lost.output.contains("no machine is left"))
        let more = try await farm.run("what-if", "--add", "customer-a=2", "-o", "json")
        #expect(more.code == 0)
        #expect(more.output.contains("\"harmless\" : true"))
        let nobody = try await farm.run("what-if", "--drain", "nobody")
        #expect(nobody.code == 1)
        #expect(nobody.errors.contains("there is no server, VM or machine 'nobody'"))
    }

    @Test func `leaves no process behind, even when it is killed`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            _ = try await Programs.eventually("a unit runs", within: .seconds(30)) {
                try await farm.units().contains { $0.active == "active" } ? true : nil
            }
            #expect(!Self.processes(of: farm).isEmpty)

            kill(farm.process, SIGKILL)

            _ = try await Programs.eventually("all its processes end", within: .seconds(20)) {
                Self.processes(of: farm).isEmpty ? true : nil
            }
        }
    }

    @Test func `shows a settled frame on standard output`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            _ = try await Self.settled(farm)
            let frame = try await farm.run("deck", "--once", "--size", "120x40")
            #expect(frame.code == 0, "\(frame.errors)")
            #expect(frame.output.split(separator: "\n", omittingEmptySubsequences: false).count == 41)
            for word in ["server1", "customer-a-1", "customer-b", "web@1.service", "gpu.service"] {
                #expect(frame.output.contains(word), "\(word)")
            }
        }
    }

    private static func settled(_ farm: TestFarm) async throws -> [TestFarm.UnitRow] {
        try await Programs.eventually("every unit that can be is active", within: .seconds(90)) {
            let units = try await farm.units()
            let isSettled =
                units.count > 10
                && units.allSatisfy {
                    $0.active == "active" || troubled.contains($0.unit) || $0.why != nil && $0.machine == nil
                }
            return isSettled ? units : nil
        }
    }

    private static func isGlobal(_ row: TestFarm.UnitRow) -> Bool { row.unit == "exporter.service" }

    private static func processes(of farm: TestFarm) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int32(name) != nil, let data = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return String(decoding: data, as: UTF8.self).contains("QUARTERDECK_FARM=\(farm.directory)")
        }
    }
}
