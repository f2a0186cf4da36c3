import Foundation
import Programs
import Testing

extension Machines {
    /// On one machine, so that it is known where.
    private static let onFirst = "[X-Fleet]\nMachineMetadata=host=m1\n"

    @Suite struct `A unit that cannot be run` {
        @Test func `for a name that the machine has or forbids is refused with the path`() async throws {
            try await Stand.with { stand in
                try await stand.shell("m1", "systemctl mask forbidden.service")
                let text = "[Service]\nExecStart=/bin/sleep 1000\n" + onFirst

                try await stand.start(
                    ["ssh.service": text, "forbidden.service": text, "good.service": text], words: ["--no-block"])

                try await stand.until("good.service", "runs") { $0.active == "active" }
                let taken = try await stand.until("ssh.service", "is refused") { $0.active == "failed" }
                #expect(taken.why.contains("/lib/systemd/system/ssh.service'; choose another name"), "\(taken)")
                let masked = try await stand.until("forbidden.service", "is refused") { $0.active == "failed" }
                #expect(masked.why.contains("run 'systemctl unmask forbidden.service' there"), "\(masked)")
                #expect(try await stand.must("status", "ssh.service").contains(taken.why))
                #expect(try await stand.shell("m1", "systemctl is-active ssh.service").trimmed == "active")
                let started = try await stand.run("start", "ssh.service")
                #expect(started.code == 1 && started.errors.contains("choose another name"), "\(started)")
            }
        }

        @Test func `for what its file says is told in systemd's words`() async throws {
            try await Stand.with { stand in
                let bad = "[Service]\nType=oneshot\nRestart=always\nExecStart=/bin/true\n" + onFirst
                let good = "[Service]\nExecStart=/bin/sleep 1000\n" + onFirst

                try await stand.start(["bad.service": bad, "good.service": good], words: ["--no-block"])

                try await stand.until("good.service", "runs") { $0.active == "active" }
                let row = try await stand.until("bad.service", "is refused") { $0.active == "failed" }
                #expect(row.why.contains("systemd says bad-setting: bad.service: "), "\(row)")
                let again = try await stand.run("start", "bad.service", limit: .seconds(10))
                #expect(again.code == 1 && again.errors.contains("correct the unit's file"), "\(again)")
            }
        }

        @Test func `for a program that is missing or fails is told how it ended`() async throws {
            try await Stand.with { stand in
                // A simple service counts as started before its program is.
                let missing = try await stand.run(
                    "start",
                    try stand.file("missing.service", "[Service]\nType=exec\nExecStart=/no/such\n" + onFirst))
                let failing = try await stand.run(
                    "start",
                    try stand.file(
                        "failing.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 7'\n" + onFirst))

                #expect(missing.code == 1 && missing.errors.contains("203 (EXEC)"), "\(missing)")
                #expect(failing.code == 1 && failing.errors.contains("exit 7"), "\(failing)")
            }
        }

        @Test func `because it never gets ready shows its job, and stops when it is told to`() async throws {
            try await Stand.with { stand in
                let hangs = "[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep 1000\n" + onFirst
                try await stand.start(["hang.service": hangs], words: ["--no-block"])
                let row = try await stand.until("hang.service", "starts") { $0.active == "activating" }
                #expect(row.why.hasPrefix("start job ") && row.why.hasSuffix(" is running"), "\(row)")

                let good = "[Service]\nExecStart=/bin/sleep 1000\n" + onFirst
                try await stand.start(["good.service": good])
                try await stand.must("stop", "hang.service", limit: .seconds(10))

                let stopped = try await stand.until("hang.service", "has stopped") { $0.active == "inactive" }
                #expect(stopped.why == "-", "\(stopped)")
                #expect(try await stand.unit("good.service")?.active == "active")
            }
        }
    }

    @Suite struct `A machine without room` {
        /// The state moves to a disk of 8 KiB, which is full then.
        private static let fillState = """
            systemctl stop quarterdeck-agent
            cp -a /var/lib/quarterdeck /tmp/state
            mount -t tmpfs -o size=8k tmpfs /var/lib/quarterdeck
            cp -a /tmp/state/. /var/lib/quarterdeck
            dd if=/dev/zero of=/var/lib/quarterdeck/fill bs=4k 2>/dev/null
            systemctl start quarterdeck-agent
            """

        @Test func `for unit files says so, goes on with what runs, and recovers`() async throws {
            try await Stand.with { stand in
                let text = Stand.beating + onFirst
                try await stand.start(["steady.service": text])
                try await stand.shell(
                    "m1", "mount -o remount,size=4M /run; dd if=/dev/zero of=/run/fill bs=4k 2>/dev/null; true")

                let refused = try await stand.run("start", try stand.file("late.service", text))
                #expect(refused.code == 1 && refused.errors.contains("No space left on device"), "\(refused)")
                #expect(stand.runs("steady.service").allSatisfy { Stand.now - $0.last < 2 })

                try await stand.shell("m1", "rm /run/fill; mount -o remount,size=1G /run")
                try await stand.must("stop", "late.service")
                try await stand.must("start", "late.service")
                #expect(stand.runs("late.service").count == 1)
                #expect(stand.runs("steady.service").count == 1)
            }
        }

        @Test func `for its state runs units all the same`() async throws {
            try await Stand.with { stand in
                try await stand.start(["steady.service": Stand.beating + onFirst])
                let begin = Date()
                try await stand.shell("m1", Self.fillState)
                try await stand.untilJoined(Stand.machines)

                try await stand.start(["late.service": Stand.beating + onFirst])

                try await stand.until("steady.service", "goes on") { $0.active == "active" }
                #expect(stand.runs("late.service").count == 1)
                #expect(stand.runs("steady.service").count == 1)

                try await stand.shell(
                    "m1",
                    """
                    rm /var/lib/quarterdeck/lease; dd if=/dev/zero of=/var/lib/quarterdeck/more bs=4k 2>/dev/null
                    systemctl restart quarterdeck-agent
                    """)
                try await Programs.eventually("it says what it cannot write", within: .seconds(10)) {
                    try await stand.agentLog("m1", since: begin).contains("cannot write '/var/lib/quarterdeck/lease'")
                        ? true : nil
                }
                try await stand.shell(
                    "m1",
                    "systemctl stop quarterdeck-agent; umount /var/lib/quarterdeck; systemctl start quarterdeck-agent")
                try await stand.untilJoined(Stand.machines)
            }
        }
    }

    @Suite struct `An agent that loses D-Bus` {
        @Test func `says so, connects again and goes on`() async throws {
            try await Stand.with { stand in
                try await stand.start(["steady.service": Stand.beating + onFirst])
                let begin = Date()
                try await stand.shell("m1", "systemctl stop dbus.socket dbus.service")
                try await Programs.eventually("the doctor tells it", within: .seconds(10)) {
                    let said = try await stand.run("doctor")
                    return said.code == 1 && said.output.contains("systemd cannot be reached over D-Bus") ? true : nil
                }
                try await stand.shell("m1", "systemctl start dbus.socket dbus.service")
                try await Programs.eventually("the doctor finds nothing wrong", within: .seconds(30)) {
                    try await stand.run("doctor").code == 0 ? true : nil
                }
                try await stand.shell("m1", "systemctl kill -s KILL dbus.service")
                try await stand.start(["late.service": Stand.beating + onFirst], words: ["--no-block"])

                try await stand.until("late.service", "runs") { $0.active == "active" }
                #expect(stand.runs("steady.service").count == 1 && stand.runs("late.service").count == 1)
                let said = try await stand.agentLog("m1", since: begin)
                #expect(said.contains("systemd cannot be reached over D-Bus"), "\(said)")
                #expect(said.contains("the unit manager answers again"), "\(said)")
            }
        }
    }
}
