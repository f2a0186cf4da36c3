import Model
import Testing

@testable import Systemd

@Suite(.enabled(if: Testbed.isThere, Testbed.reason), .serialized)
struct `The connection to systemd` {
    /// Loads and starts a hundred units at once.
    private func startMany(_ bench: SystemdBench, _ count: Int = 100) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    let name = try UnitName("many\(index).service")
                    try await bench.service(name, "ExecStart=/bin/sleep 1000")
                    try await bench.systemd.start(name)
                }
            }
            try await group.waitForAll()
        }
    }

    private func untilConnected(_ bench: SystemdBench) async throws {
        for _ in 0..<500 {
            if await bench.systemd.connection == nil { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Testbed.Failure(await bench.systemd.connection ?? "")
    }

    private func untilAllRun(_ bench: SystemdBench) async throws {
        for _ in 0..<3_000 {
            if await bench.systemd.units().allSatisfy({ $0.state.sub == "running" }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Testbed.Failure("not all run")
    }

    @Test func `starts a hundred units at once without reading all files anew`() async throws {
        try await SystemdBench.with("sd3") { bench in
            let clock = ContinuousClock()
            let begin = clock.now
            try await startMany(bench)
            try await untilAllRun(bench)
            let taken = clock.now - begin
            #expect(await bench.systemd.reloadsSeen == 0)
            #expect(taken < .seconds(10))
            let (machine, units) = await bench.systemd.figures()
            #expect(units.count == 100 && machine.memoryBytes != nil)
            #expect(units["many7.service"]?.tasks == 1)
            #expect((units["many7.service"]?.memoryBytes ?? 0) > 0)
        }
    }

    @Test func `carries more calls and jobs at once than the bus allows to wait`() async throws {
        try await SystemdBench.with("sd3") { bench in
            let before = try await Testbed.shell(
                "sd3", "journalctl -b -q --no-pager | grep -c 'disconnect on API' || true")
            try await startMany(bench, 600)
            try await untilAllRun(bench)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for unit in await bench.systemd.units() { group.addTask { try await bench.systemd.stop(unit.name) } }
                try await group.waitForAll()
            }
            #expect(await bench.systemd.units().allSatisfy { $0.state.active == .inactive })
            let after = try await Testbed.shell(
                "sd3", "journalctl -b -q --no-pager | grep -c 'disconnect on API' || true")
            #expect(before == after)
        }
    }

    @Test func `starts what it can and stops what hangs when hundreds hang`() async throws {
        try await SystemdBench.with("sd3") { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let name = try UnitName("hang\(index).service")
                        try await bench.service(
                            name, "Type=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep 1000")
                        try await bench.systemd.start(name)
                    }
                }
                try await group.waitForAll()
            }
            try await bench.service("free.service", "ExecStart=/bin/sleep 1000")
            try await bench.systemd.start("free.service")
            try await bench.until("free.service") { $0.sub == "running" }
        }
    }

    @Test func `reads all files anew a few times at most when a hundred kept units change`() async throws {
        try await SystemdBench.with("sd3") { bench in
            let names = (0..<100).map { "many\($0).service" }.joined(separator: " ")
            try await bench.load("all.target", "[Unit]\nWants=\(names)\n")
            try await bench.systemd.start("all.target")
            try await startMany(bench)
            let before = await bench.systemd.reloadsSeen
            try await withThrowingTaskGroup(of: Void.self) { group in
                for unit in await bench.systemd.units() where unit.name.type == "service" {
                    group.addTask { try await bench.service(unit.name, "ExecStart=/bin/sleep 2000") }
                }
                try await group.waitForAll()
            }
            let reloads = await bench.systemd.reloadsSeen - before
            #expect((1...5).contains(reloads), "\(reloads)")
            #expect(await bench.systemd.units().allSatisfy { $0.state.load == "loaded" })
        }
    }

    @Test(arguments: [
        "systemctl kill -s KILL dbus.service", "systemctl stop dbus.socket dbus.service; systemctl start dbus.socket",
        "systemctl daemon-reexec",
    ])
    func `comes back after`(command: String) async throws {
        try await SystemdBench.with("sd3") { bench in
            try await bench.service("stays.service", "ExecStart=/bin/sleep 1000")
            try await bench.service("goes.service", "ExecStart=/bin/sleep 1000")
            try await bench.systemd.start("stays.service")
            try await bench.systemd.start("goes.service")
            let before = try await bench.until("stays.service") { $0.sub == "running" }
            let pid = try #require(try await bench.until("goes.service") { $0.sub == "running" }.mainPID)
            try await Testbed.shell("sd3", "\(command); kill -KILL \(pid)")
            try await bench.until("goes.service") { $0.active == .failed && $0.note == "killed by SIGKILL" }
            try await untilConnected(bench)
            #expect(await bench.state("stays.service")?.mainPID == before.mainPID)
            try await bench.systemd.stop("stays.service")
            #expect(await bench.state("stays.service")?.active == .inactive)
        }
    }

    @Test func `is told when it is away, and by every order`() async throws {
        try await SystemdBench.with("sd3") { bench in
            try await bench.service("a.service", "ExecStart=/bin/sleep 1000")
            try await Testbed.shell("sd3", "systemctl stop dbus.socket dbus.service")
            var told = bench.systemd.connectionChanges.makeAsyncIterator()
            while let text = await told.next() {
                if text?.hasPrefix("systemd cannot be reached over D-Bus since ") == true { break }
            }
            let text = await sentence { try await bench.systemd.start("a.service") }
            #expect(text.hasPrefix("cannot start 'a.service' on machine '01234567': systemd cannot be reached"))
            try await Testbed.shell("sd3", "systemctl start dbus.socket")
            while let text = await told.next() { if text == nil { break } }
            try await bench.systemd.start("a.service")
            try await bench.until("a.service") { $0.sub == "running" }
        }
    }

    @Test func `survives that all files are read anew by others`() async throws {
        try await SystemdBench.with("sd3") { bench in
            try await bench.service("x.service", "ExecStart=/bin/sleep 1000")
            try await bench.systemd.start("x.service")
            try await bench.until("x.service") { $0.sub == "running" }
            _ = await bench.systemd.takeChanges()
            try await Testbed.shell("sd3", "systemctl daemon-reload")
            try await bench.service("y.service", "ExecStart=/bin/sleep 1000")
            #expect(await bench.state("x.service")?.sub == "running")
            try await bench.systemd.start("y.service")
            try await bench.until("y.service") { $0.sub == "running" }
        }
    }
}
