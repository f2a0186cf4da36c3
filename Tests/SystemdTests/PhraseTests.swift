import Model
import Testing

@testable import Systemd

@Suite struct `What is said of a unit` {
    private func note(
        isLaunched: Bool = true, isOneshot: Bool = false, restart: Duration = .seconds(6), job: String? = nil,
        _ change: (inout UnitFacts) -> Void
    ) -> String? {
        var facts = UnitFacts()
        change(&facts)
        var policy = UnitPolicy(of: UnitFile(options: []))
        policy.isOneshot = isOneshot
        policy.restartDelay = restart
        policy.restartsFailed = true
        return facts.note(isLaunched: isLaunched, policy, jobFailure: job)
    }

    @Test func `is nothing while all is well, and after a stop that was asked for`() {
        #expect(note { $0.active = "active" } == nil)
        #expect(note(isLaunched: false) { ($0.mainCode, $0.mainStatus) = (1, 143) } == nil)
    }

    @Test func `is how it ended and when it is restarted`() {
        let crashed = note {
            ($0.active, $0.sub, $0.result) = ("activating", "auto-restart", "exit-code")
            ($0.mainCode, $0.mainStatus, $0.restarts) = (1, 1, 1)
        }
        #expect(crashed == "exit 1 · restart in 6s (2×)")
        let atOnce = note(restart: .milliseconds(100)) {
            ($0.active, $0.sub, $0.result) = ("activating", "auto-restart", "signal")
            ($0.mainCode, $0.mainStatus) = (2, 9)
        }
        #expect(atOnce == "killed by SIGKILL · restart at once (1×)")
    }

    @Test(arguments: [
        ("exit-code", 1, 3, "exit 3"), ("exit-code", 1, 203, "exit 203 (EXEC)"), ("signal", 2, 15, "killed by SIGTERM"),
        ("core-dump", 3, 11, "killed by SIGSEGV, core dumped"), ("signal", 2, 40, "killed by signal 40"),
        ("start-limit-hit", 1, 3, "start limit hit: exit 3"), ("start-limit-hit", 0, 0, "start limit hit"),
        ("timeout", 2, 15, "timeout"), ("oom-kill", 2, 9, "oom-kill"), ("watchdog", 2, 6, "watchdog"),
        ("exit-code", 0, 0, "exit-code of a command before or after the main process"),
    ])
    func `is why it failed`(result: String, code: Int64, status: Int64, words: String) {
        let note = note {
            ($0.active, $0.sub, $0.result) = ("failed", "failed", result)
            ($0.mainCode, $0.mainStatus) = (code, status)
        }
        #expect(note == words)
    }

    @Test func `is that it is given up after restarts, but not when it was stopped`() {
        let givenUp = { (facts: inout UnitFacts) in
            (facts.active, facts.result, facts.mainCode, facts.mainStatus, facts.restarts) = (
                "failed", "signal", 2, 9, 3
            )
        }
        #expect(note(givenUp) == "start limit hit: killed by SIGKILL")
        #expect(note(isLaunched: false, givenUp) == "killed by SIGKILL")
    }

    @Test func `is its job while there is one`() {
        #expect(note { ($0.job, $0.active) = (123, "inactive") } == "start job 123 waits")
        #expect(note { ($0.job, $0.active) = (123, "activating") } == "start job 123 is running")
        #expect(note { ($0.job, $0.active) = (124, "deactivating") } == "stop job 124 is running")
    }

    @Test func `is what became of its start job`() {
        #expect(note(job: "dependency") { _ in } == "start job failed: result dependency")
    }

    @Test func `is that it is done when it ended by itself`() {
        #expect(note { $0.mainCode = 1 } == "exit 0")
        #expect(note(isOneshot: true) { $0.mainCode = 1 } == "done: exit 0")
        #expect(
            note { ($0.isConditionMet, $0.conditionAt) = (false, 1) }
                == "not started: a condition of its file is not met"
        )
    }

    @Test func `is systemd's words when it does not take the file`() {
        #expect(note { ($0.load, $0.loadError) = ("bad-setting", "no ExecStart=") } == "no ExecStart=")
    }
}

@Suite struct `A unit's object path` {
    @Test func `is escaped as systemd does`() {
        #expect(BusRequest.unitPath("api@1.service") == "/org/freedesktop/systemd1/unit/api_401_2eservice")
        #expect(BusRequest.unitPath("1-a_b.timer") == "/org/freedesktop/systemd1/unit/_31_2da_5fb_2etimer")
    }
}

@Suite struct `The command of a container` {
    private func command(_ start: String, name: UnitName = "api@1.service") throws -> ContainerCommand? {
        let file = try UnitFile(parsing: "[Service]\nExecStart=\(start)\n")
        let specifiers = Specifiers(
            name, machine: "m", hostName: "h", runtimeDirectory: "/run", stateDirectory: "/var/lib")
        return ContainerCommand(of: file, specifiers)
    }

    @Test func `is found by its engine and its name`() throws {
        let podman = try #require(try command("/usr/bin/podman run --rm --name web --cidfile=%t/%n.cid image"))
        #expect(podman.engine == "podman" && podman.name == "web" && podman.idFile == "/run/api@1.service.cid")
        let docker = try #require(try command("-/usr/bin/docker --host x run --name=%p-%i image"))
        #expect(docker.engine == "docker" && docker.name == "api-1")
    }

    @Test func `is none of other commands`() throws {
        #expect(try command("/bin/sleep 10") == nil)
        #expect(try command("/usr/bin/podman ps --name x") == nil)
        #expect(try command("/opt/run-podman run --name x") == nil)
    }
}
