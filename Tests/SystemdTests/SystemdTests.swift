import Model
import Synchronization
import Testing

@testable import Systemd

@Suite(.enabled(if: Testbed.isThere, Testbed.reason), .serialized)
struct `A unit that systemd runs` {
    @Test func `is loaded, started, stopped and unloaded`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("web.service", "ExecStart=/bin/sh -c 'echo up; exec sleep 1000'")
            let loaded = try #require(await bench.state("web.service"))
            #expect(loaded.load == "loaded" && loaded.active == .inactive && loaded.sub == "dead")
            #expect(!loaded.isLaunched && loaded.note == nil)

            try await bench.systemd.start("web.service")
            let running = try await bench.until("web.service") { $0.sub == "running" && $0.note == nil }
            #expect(running.active == .active && running.isLaunched)
            #expect(running.mainPID != nil && running.since != nil)

            try await bench.systemd.stop("web.service")
            let stopped = try #require(await bench.state("web.service"))
            #expect(stopped.active == .inactive && stopped.note == nil && !stopped.isLaunched)

            try await bench.systemd.unload("web.service")
            #expect(await bench.systemd.units().isEmpty)
            let left = try await Testbed.shell("sd1", "systemctl show -P LoadState web.service; ls /run/quarterdeck/*")
            #expect(left.hasPrefix("not-found\n") && !left.contains("web"))
        }
    }

    @Test func `is taken over by a later agent without a restart`() async throws {
        let pid = Mutex<Int32?>(nil)
        try await SystemdBench.run("sd1") { bench in
            try await bench.service("kept.service", "ExecStart=/bin/sleep 1000")
            try await bench.systemd.start("kept.service")
            let state = try await bench.until("kept.service") { $0.sub == "running" }
            try await bench.service("idle.service", "ExecStart=/bin/sleep 1000")
            pid.withLock { $0 = state.mainPID }
        }
        try await SystemdBench.with { bench in
            let units = await bench.systemd.units()
            #expect(units.map(\.name) == ["idle.service", "kept.service"])
            #expect(units.map(\.isLaunched) == [false, true])
            #expect(units.last?.state.mainPID == pid.withLock { $0 })
            let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/sleep 1000\n")
            #expect(units.last?.hash == file.hash)
        }
    }
}
