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

    @Test func `is pulled in by the unit that its file names, and by no other once it is unloaded`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("hello.service", "ExecStart=/bin/sleep 1000")
            try await bench.service(
                "beside.service", "ExecStart=/bin/sleep 1000\n[Install]\nWantedBy=%p-no.service hello.service ../x",
                unit: "BindsTo=hello.service\nAfter=hello.service")
            #expect(await bench.state("beside.service")?.active == .inactive)

            try await bench.systemd.start("hello.service")
            _ = try await bench.until("beside.service") { $0.active == .active }
            try await bench.systemd.stop("hello.service")
            let stopped = try await bench.until("beside.service") { $0.active == .inactive }
            #expect(!stopped.isLaunched)

            let links = "ls /run/systemd/system/hello.service.wants /run/systemd/system/beside-no.service.wants"
            #expect(try await Testbed.shell("sd1", links).contains("beside.service"))
            try await bench.systemd.unload("beside.service")
            #expect(try await Testbed.shell("sd1", "\(links) 2>/dev/null; true") == "")
            try await bench.systemd.start("hello.service")
            _ = try await bench.until("hello.service") { $0.active == .active }
            #expect(try await Testbed.shell("sd1", "systemctl is-active beside.service; true") == "inactive\n")
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

    @Test func `tells how it failed, and starts again all the same`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("once.service", "ExecStart=/bin/sh -c 'exit 7'")
            for _ in 0..<8 {
                try await bench.systemd.start("once.service")
                let failed = try await bench.until("once.service") { $0.active == .failed }
                #expect(failed.note == "exit 7" && failed.isLaunched)
            }
            try await bench.systemd.stop("once.service")
            #expect(await bench.state("once.service")?.isLaunched == false)
        }
    }

    @Test func `tells its restarts while it crashes, until there were too many`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service(
                "loop.service", "ExecStart=/bin/sh -c 'kill -9 $$$$'\nRestart=always\nRestartSec=1",
                unit: "StartLimitBurst=2")
            try await bench.systemd.start("loop.service")
            let first = try await bench.until("loop.service") { $0.sub == "auto-restart" }
            #expect(first.note == "killed by SIGKILL · restart in 1s (1×)")
            let last = try await bench.until("loop.service") { $0.active == .failed }
            #expect(last.note == "start limit hit: killed by SIGKILL" && last.restarts >= 1)
        }
    }

    @Test func `tells what its start job ended with`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("base.service", "Type=oneshot\nExecStart=/bin/false")
            try await bench.service(
                "top.service", "ExecStart=/bin/sleep 1000", unit: "Requires=base.service\nAfter=base.service")
            try await bench.systemd.start("top.service")
            let top = try await bench.until("top.service") { $0.note?.hasPrefix("start job failed") == true }
            #expect(top.note == "start job failed: result dependency" && top.active == .inactive)
            #expect(await bench.state("base.service")?.note == "exit 1")
            try await bench.service("unmet.service", "ExecStart=/bin/sleep 9", unit: "ConditionPathExists=/nowhere")
            try await bench.systemd.start("unmet.service")
            try await bench.until("unmet.service") { $0.note == "not started: a condition of its file is not met" }
        }
    }

    @Test func `is stopped while its start hangs`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("hang.service", "Type=oneshot\nExecStart=/bin/sleep 1000\nTimeoutStartSec=infinity")
            try await bench.systemd.start("hang.service")
            let hanging = try await bench.until("hang.service") { $0.active == .activating && $0.note != nil }
            #expect(hanging.note?.hasPrefix("start job ") == true && hanging.note?.hasSuffix(" is running") == true)
            try await bench.systemd.stop("hang.service")
            let stopped = try #require(await bench.state("hang.service"))
            #expect(stopped.active != .activating && !stopped.isLaunched)
        }
    }

    @Test func `holds up no other while it stops, and its stop can be given up`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service(
                "slow.service", "ExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 3\nTimeoutStopSec=infinity")
            try await bench.systemd.start("slow.service")
            try await bench.until("slow.service") { $0.sub == "running" }
            let clock = ContinuousClock()
            let begin = clock.now
            await withTaskGroup(of: String.self) { group in
                group.addTask { await sentence { try await bench.systemd.stop("slow.service") } }
                _ = await sentence { try await bench.until("slow.service") { $0.active == .deactivating } }
                group.cancelAll()
                for await text in group { #expect(text.contains("CancellationError"), "\(text)") }
            }
            try await bench.service("quick.service", "ExecStart=/bin/sleep 1000")
            try await bench.systemd.start("quick.service")
            try await bench.until("quick.service") { $0.sub == "running" }
            #expect(clock.now - begin < .seconds(2))
            try await bench.systemd.stop("slow.service")
        }
    }

    @Test func `ends by itself without a failure`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("done.service", "Type=oneshot\nExecStart=/bin/true")
            try await bench.systemd.start("done.service")
            try await bench.until("done.service") { $0.active == .inactive && $0.note == "done: exit 0" }
            try await bench.service("odd.service", "ExecStart=/bin/sh -c 'exit 143'\nSuccessExitStatus=143")
            try await bench.systemd.start("odd.service")
            try await bench.until("odd.service") { $0.active == .inactive && $0.note == "exit 143" }
        }
    }

    @Test func `is stopped before it gets another file, and restarted and reloaded when asked`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("new.service", "ExecStart=/bin/sleep 1001")
            try await bench.systemd.start("new.service")
            let old = try await bench.until("new.service") { $0.sub == "running" }
            // The same file again changes nothing.
            try await bench.service("new.service", "ExecStart=/bin/sleep 1001")
            #expect(await bench.state("new.service")?.mainPID == old.mainPID)
            try await bench.service(
                "new.service", "ExecStart=/bin/sh -c 'echo second; exec sleep 1002'\nExecReload=/bin/sh -c 'echo again'"
            )
            #expect(await bench.state("new.service")?.active == .inactive)
            try await bench.systemd.start("new.service")
            try await bench.untilLogged("new.service", "second")
            try await bench.systemd.reload("new.service")
            try await bench.untilLogged("new.service", "again")
            let before = try #require(await bench.state("new.service")?.mainPID)
            try await bench.systemd.restart("new.service")
            try await bench.until("new.service") { $0.sub == "running" && $0.mainPID != before }
            try await bench.service("bare.service", "ExecStart=/bin/sleep 1001")
            let text = await sentence { try await bench.systemd.reload("bare.service") }
            #expect(text.contains("cannot reload 'bare.service'") && text.contains("systemd says"), "\(text)")
        }
    }

    @Test func `may be of any kind`() async throws {
        try await SystemdBench.with { bench in
            try await bench.service("tick.service", "Type=oneshot\nExecStart=/bin/true")
            try await bench.load("tick.timer", "[Timer]\nOnActiveSec=1h\n")
            try await bench.load("tick.socket", "[Socket]\nListenStream=/run/tick.sock\n")
            try await bench.load("tick.path", "[Path]\nPathExists=/run/tick.flag\n")
            try await bench.load("mnt-qd.mount", "[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/mnt/qd\n")
            try await bench.load("tick.target", "[Unit]\nDescription=all\n")
            let wanted: [(UnitName, String)] = [
                ("tick.timer", "waiting"), ("tick.socket", "listening"), ("tick.path", "waiting"),
                ("mnt-qd.mount", "mounted"), ("tick.target", "active"),
            ]
            for (name, sub) in wanted {
                try await bench.systemd.start(name)
                try await bench.until(name) { $0.active == .active && $0.sub == sub }
            }
            try await Testbed.shell("sd1", "touch /run/tick.flag; sleep 0.2; rm /run/tick.flag; findmnt /mnt/qd")
            try await bench.until("tick.service") { $0.since != nil }
            // The service is kept in memory by its timer: another file needs a reload of all.
            try await bench.service("tick.service", "Type=oneshot\nExecStart=/bin/echo changed")
            try await bench.systemd.start("tick.service")
            try await bench.untilLogged("tick.service", "changed")
        }
    }
}
