import FoundationEssentials
import Glibc
import Model
import Runtime
import Supervisor
import Testing

/// A supervisor in a directory of its own, ended with its units after the work.
struct SupervisorBench {
    let supervisor: Supervisor
    let directory: String

    static func with(_ work: @escaping @Sendable (SupervisorBench) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/qd-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await run(directory) { bench in
            try await work(bench)
            for unit in await bench.supervisor.units() { await bench.supervisor.unload(unit.name) }
        }
    }

    /// Runs a supervisor as long as the work lasts; its units go on after that.
    static func run(
        _ directory: String, boot: String = "boot", _ work: @escaping @Sendable (SupervisorBench) async throws -> Void
    ) async throws {
        let clock = SystemClock()
        let supervisor = try Supervisor(
            directory: directory, machine: ID(directory.filter(\.isHexDigit)), hostName: "bench", bootID: boot,
            inherited: [("INHERITED", "yes")], now: { clock.now() })
        await supervisor.adopt()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await supervisor.run()
                return false
            }
            group.addTask {
                try await work(SupervisorBench(supervisor: supervisor, directory: directory))
                return true
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next() {
                if isDone { return }
            }
        }
    }

    func load(_ name: UnitName, _ service: String, unit: String = "") async throws {
        let text = (unit.isEmpty ? "" : "[Unit]\n\(unit)\n") + "[Service]\n\(service)\n"
        try await supervisor.load(name, try UnitFile(parsing: text))
    }

    func state(_ name: UnitName) async -> UnitState? {
        await supervisor.units().first { $0.name == name }?.state
    }

    /// Waits until the unit's state fits.
    @discardableResult
    func until(_ name: UnitName, _ fits: @Sendable (UnitState) -> Bool) async throws -> UnitState {
        for _ in 0..<400 {
            if let state = await state(name), fits(state) { return state }
            try await Task.sleep(for: .milliseconds(25))
        }
        let last = await state(name)
        throw SourceError("\(name) is \(String(describing: last))")
    }

    func log(_ name: UnitName) async throws -> [String] {
        let lines = LineCollector()
        try await supervisor.log(name, last: 500, follows: false) { lines.add($0) }
        return lines.texts
    }

    /// Waits until the unit wrote a line.
    func untilLogged(_ name: UnitName, _ text: String) async throws {
        for _ in 0..<400 {
            if try await log(name).contains(where: { $0.contains(text) }) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw SourceError("\(name) wrote \(try await log(name))")
    }
}

@Suite struct `A supervised service` {
    @Test func `runs, writes its log and stops with its whole process group`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("web.service", "ExecStart=/bin/sh -c 'echo up; sleep 1000 & sleep 1000'")
            try await bench.supervisor.start("web.service")
            let running = try await bench.until("web.service") { $0.active == .active }
            #expect(running.sub == "running")
            try await bench.untilLogged("web.service", "up")
            let pid = try #require(running.mainPID)
            #expect(Self.living(session: pid) == 3)

            try await bench.supervisor.stop("web.service")

            #expect(Self.living(session: pid) == 0)
            #expect(await bench.state("web.service")?.active == .inactive)
            #expect(await bench.state("web.service")?.isLaunched == false)
        }
    }

    @Test func `leaves no orphan, not even one with a session of its own`() async throws {
        try await SupervisorBench.with { bench in
            // A number of our own: other tests may run beside this one.
            let seconds = 9_000_000 + Int(getpid())
            let start = "/bin/sh -c 'setsid sleep \(seconds) & echo forked; exec sleep 1000'"
            try await bench.load("fork.service", "ExecStart=\(start)")
            try await bench.supervisor.start("fork.service")
            try await bench.untilLogged("fork.service", "forked")

            await bench.supervisor.unload("fork.service")

            #expect(Self.count("sleep\u{0}\(seconds)") == 0)
        }
    }

    @Test func `is killed when it does not stop in time`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load(
                "deaf.service",
                "ExecStart=/bin/sh -c 'trap \"\" TERM; echo deaf; while true; do sleep 0.1; done'\nTimeoutStopSec=300ms"
            )
            try await bench.supervisor.start("deaf.service")
            try await bench.untilLogged("deaf.service", "deaf")
            let pid = try #require(await bench.state("deaf.service")?.mainPID)

            try await bench.supervisor.stop("deaf.service")

            #expect(Self.living(session: pid) == 0)
        }
    }

    @Test func `is restarted as its file says, and counted`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load(
                "flaky.service", "ExecStart=/bin/sh -c 'exit 3'\nRestart=on-failure\nRestartSec=50ms",
                unit: "StartLimitBurst=3\nStartLimitIntervalSec=10min")
            try await bench.supervisor.start("flaky.service")

            let failed = try await bench.until("flaky.service") { $0.active == .failed }

            #expect(failed.restarts == 3)
            #expect(failed.note == "start limit hit: 3 starts in 10m")
        }
    }

    @Test func `says why it failed`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("once.service", "ExecStart=/bin/sh -c 'exit 7'")
            try await bench.load("gone.service", "ExecStart=/no/such/program")
            try await bench.supervisor.start("once.service")
            try await bench.supervisor.start("gone.service")

            #expect(try await bench.until("once.service") { $0.active == .failed }.note == "exit 7")
            let missing = try await bench.until("gone.service") { $0.active == .failed }
            #expect(missing.note == "cannot run '/no/such/program': No such file or directory")
        }
    }

    @Test func `of type oneshot is done, not failed`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("job.service", "Type=oneshot\nExecStart=/bin/true\nExecStart=/bin/sh -c 'echo two'")
            try await bench.load("stay.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true")
            try await bench.supervisor.start("job.service")
            try await bench.supervisor.start("stay.service")

            let done = try await bench.until("job.service") { $0.note == "done: exit 0" }
            #expect(done.active == .inactive)
            #expect(try await bench.until("stay.service") { $0.active == .active }.sub == "exited")
            try await bench.untilLogged("job.service", "two")
        }
    }

    @Test func `of type notify is active when it says so`() async throws {
        try await SupervisorBench.with { bench in
            let perl =
                "use Socket; my $a = $ENV{NOTIFY_SOCKET}; $a =~ s/^@/\\\\0/; sleep 1; "
                + "socket(my $s, AF_UNIX, SOCK_DGRAM, 0); send($s, qq(READY=1), 0, pack_sockaddr_un($a)); sleep 1000"
            try await bench.load("notify.service", "Type=notify\nExecStart=/usr/bin/perl -e '\(perl)'")
            try await bench.supervisor.start("notify.service")
            _ = try await bench.until("notify.service") { $0.mainPID != nil }
            #expect(await bench.state("notify.service")?.active == .activating)

            try await bench.until("notify.service") { $0.active == .active && $0.sub == "running" }
        }
    }

    @Test func `runs its other commands in their order, and minus forgives`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load(
                "full.service",
                """
                Environment=WHO=world "TWO=a b"
                ExecStartPre=-/bin/false
                ExecStartPre=/bin/sh -c 'echo pre'
                ExecStart=@/bin/sh renamed -c 'echo hello ${WHO} $0 $INHERITED; exec sleep 1000'
                ExecStartPost=/bin/sh -c 'echo post'
                ExecStop=/bin/sh -c 'echo stopping $MAINPID'
                ExecStopPost=/bin/sh -c 'echo stopped'
                """)
            try await bench.supervisor.start("full.service")
            try await bench.until("full.service") { $0.active == .active }
            try await bench.supervisor.stop("full.service")
            try await bench.untilLogged("full.service", "stopped")

            let said = try await bench.log("full.service").filter { !$0.contains("process") }
            #expect(said.count == 5)
            #expect(said.first == "pre")
            #expect(Set(said[1...2]) == ["hello world renamed yes", "post"])
            #expect(said.last == "stopped")
        }
    }

    @Test func `is reloaded by its own command, and only while it runs`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load(
                "web.service", "ExecStart=/bin/sleep 1000\nExecReload=/bin/sh -c 'echo reloading $MAINPID'")
            await #expect(throws: SupervisorError.self) { try await bench.supervisor.reload("web.service") }
            try await bench.supervisor.start("web.service")
            let pid = try #require(try await bench.until("web.service") { $0.active == .active }.mainPID)

            try await bench.supervisor.reload("web.service")

            try await bench.untilLogged("web.service", "reloading \(pid)")
        }
    }

    @Test func `names what it cannot honour`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("plain.service", "ExecStart=/bin/sleep 1000\nMemoryMax=1G\nUser=nobody")
            #expect(await bench.state("plain.service")?.note == "not honoured here: MemoryMax= User=")
            await #expect(throws: SupervisorError.self) {
                try await bench.load("fork.service", "Type=forking\nExecStart=/bin/true")
            }
        }
    }

    @Test func `stops with the unit it is bound to, and needs it to start`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("db.service", "ExecStart=/bin/sleep 1000")
            try await bench.load(
                "side.service", "ExecStart=/bin/sleep 1000", unit: "BindsTo=db.service\nAfter=db.service")
            try await bench.supervisor.start("side.service")
            try await bench.until("side.service") { $0.active == .active }
            #expect(await bench.state("db.service")?.active == .active)

            try await bench.supervisor.stop("db.service")

            try await bench.until("side.service") { $0.active == .inactive }
        }
    }

    @Test func `is restarted with the unit it needs, however often that is asked at once`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("db.service", "ExecStart=/bin/sleep 1000")
            let unit = "BindsTo=db.service\nAfter=db.service"
            try await bench.load("side.service", "ExecStart=/bin/sleep 1000", unit: unit)
            try await bench.supervisor.start("side.service")
            let before = try await bench.until("side.service") { $0.active == .active }.mainPID

            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await bench.supervisor.restart("db.service") } }
                try await group.waitForAll()
            }

            try await bench.until("side.service") { $0.active == .active && $0.mainPID != before }
            try await Task.sleep(for: .milliseconds(500))
            let after = try await bench.until("side.service") { $0.active == .active }
            #expect(Self.living(session: try #require(after.mainPID)) == 1)
        }
    }

    @Test func `goes on while agents come and go`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/qd-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let pids = LineCollector()
        try await SupervisorBench.run(directory) { bench in
            try await bench.load(
                "web.service", "ExecStart=/bin/sh -c 'echo first; while true; do sleep 0.1; echo on; done'")
            try await bench.supervisor.start("web.service")
            let state = try await bench.until("web.service") { $0.active == .active }
            pids.add("\(state.mainPID ?? 0)")
        }
        try await SupervisorBench.run(directory) { bench in
            let state = try #require(await bench.state("web.service"))
            #expect(state.active == .active)
            #expect(state.isLaunched)
            #expect(pids.texts == ["\(state.mainPID ?? 0)"])
            try await bench.untilLogged("web.service", "on")
            kill(try #require(state.mainPID), SIGKILL)
            let ended = try await bench.until("web.service") { $0.active == .failed }
            #expect(ended.note != nil)
        }
        try await SupervisorBench.run(directory, boot: "another") { bench in
            let state = try #require(await bench.state("web.service"))
            #expect(state.active == .inactive)
            #expect(!state.isLaunched)
            await bench.supervisor.unload("web.service")
        }
    }

    @Test func `of type oneshot is not ended by the end of its agent`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/qd-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let pids = LineCollector()
        try await SupervisorBench.run(directory) { bench in
            try await bench.load("job.service", "Type=oneshot\nExecStart=/bin/sleep 1000")
            try await bench.supervisor.start("job.service")
            let state = try await bench.until("job.service") { $0.mainPID != nil }
            pids.add("\(state.mainPID ?? 0)")
        }
        try await SupervisorBench.run(directory) { bench in
            let state = try #require(await bench.state("job.service"))
            #expect(state.active == .activating)
            #expect(pids.texts == ["\(state.mainPID ?? 0)"])
            #expect(Self.living(session: try #require(state.mainPID)) == 1)
            await bench.supervisor.unload("job.service")
        }
    }

    @Test func `cannot flood the log or the terminal`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load(
                "loud.service",
                "ExecStart=/usr/bin/perl -e '$| = 1; print qq(\\x1b]0;owned\\x07\\x1b[2J<end>\\n); print q(x) x 2000000, qq(\\n); print qq(line $_\\n) for 1 .. 5000; print qq(done\\n); sleep 1000'"
            )
            try await bench.supervisor.start("loud.service")
            try await bench.untilLogged("loud.service", "done")

            let lines = try await bench.log("loud.service")
            #expect(lines.count <= 500)
            #expect(!lines.contains { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } })
            #expect(lines.allSatisfy { $0.count <= SafeText.lineLimit + 1 })
        }
    }

    @Test func `is measured`() async throws {
        try await SupervisorBench.with { bench in
            try await bench.load("busy.service", "ExecStart=/bin/sh -c 'while true; do :; done'")
            try await bench.supervisor.start("busy.service")
            try await bench.until("busy.service") { $0.active == .active }
            _ = await bench.supervisor.figures()
            try await Task.sleep(for: .seconds(1.2))
            let (machine, units) = await bench.supervisor.figures()
            #expect((units["busy.service"]?.cpuPercent ?? 0) > 5)
            #expect((units["busy.service"]?.memoryBytes ?? 0) > 100_000)
            #expect((machine.memoryBytes ?? 0) > (units["busy.service"]?.memoryBytes ?? 0))
        }
    }

    private static func count(_ words: String) -> Int {
        everyProcess("cmdline").count { $0.contains(words) }
    }

    /// The processes of a session that are not zombies.
    private static func living(session: pid_t) -> Int {
        everyProcess("stat").count { text in
            guard let end = text.lastIndex(of: ")") else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 4 && fields[1] != "Z" && fields[4] == "\(session)"
        }
    }

    private static func everyProcess(_ file: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard Int32(name) != nil, let file = fopen("/proc/\(name)/\(file)", "re") else { return nil }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = fread(&buffer, 1, buffer.count, file)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
