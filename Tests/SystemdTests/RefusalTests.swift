import Model
import Testing

@testable import Systemd

@Suite(.enabled(if: Testbed.isThere, Testbed.reason), .serialized)
struct `A unit that the machine does not take` {
    @Test func `is refused with the path where the machine has its own`() async throws {
        try await SystemdBench.with("sd2") { bench in
            let text = await sentence { try await bench.service("dbus.service", "ExecStart=/bin/true") }
            #expect(
                text == "cannot load 'dbus.service' on machine '01234567': the machine has a unit of that name at "
                    + "'/usr/lib/systemd/system/dbus.service'; choose another name")
            #expect(await bench.systemd.units().isEmpty)
            let template = await sentence { try await bench.service("getty@x.service", "ExecStart=/bin/true") }
            #expect(template.contains("has a unit of that name at '/usr/lib/systemd/system/getty@.service'"))
            let mount = await sentence { try await bench.load("run.mount", "[Mount]\nWhat=a\nWhere=/run\n") }
            #expect(mount.contains("has a unit of that name at"), "\(mount)")
            let files = try await Testbed.shell("sd2", "ls /run/systemd/system /run/quarterdeck/units")
            #expect(!files.contains("run.mount"))
        }
    }

    @Test func `is refused when it is masked`() async throws {
        try await Testbed.shell("sd2", "systemctl mask --runtime masked-one.service")
        try await SystemdBench.with("sd2") { bench in
            let text = await sentence { try await bench.service("masked-one.service", "ExecStart=/bin/true") }
            #expect(
                text == "cannot load 'masked-one.service' on machine '01234567': systemd says the unit is masked; "
                    + "run 'systemctl unmask masked-one.service' there")
        }
        try await Testbed.shell("sd2", "systemctl unmask --runtime masked-one.service")
    }

    @Test func `is shown with systemd's own words`() async throws {
        try await SystemdBench.with("sd2") { bench in
            let text = await sentence { try await bench.load("bad.service", "[Service]\nRestart=no\n") }
            #expect(text.hasPrefix("cannot load 'bad.service' on machine '01234567': systemd says bad-setting: "))
            #expect(text.contains("Service has no ExecStart="), "\(text)")
            let state = try #require(await bench.state("bad.service"))
            #expect(state.load == "bad-setting" && state.active == .inactive)
            #expect(state.note?.contains("Service has no ExecStart=") == true)
            let start = await sentence { try await bench.systemd.start("bad.service") }
            #expect(start.contains("systemd says"), "\(start)")

            let mount = await sentence { try await bench.load("mnt-a.mount", "[Mount]\nWhat=tmpfs\nWhere=/mnt/b\n") }
            #expect(mount.contains("Where= setting doesn't match unit name"), "\(mount)")
        }
    }

    @Test func `can be replaced by one that is taken`() async throws {
        try await SystemdBench.with("sd2") { bench in
            _ = await sentence { try await bench.load("mend.service", "[Service]\nRestart=no\n") }
            try await bench.service("mend.service", "ExecStart=/bin/sleep 1000")
            #expect(await bench.state("mend.service")?.load == "loaded")
            try await bench.systemd.start("mend.service")
            try await bench.until("mend.service") { $0.sub == "running" }
        }
    }

    @Test func `is unknown when it was not loaded`() async throws {
        try await SystemdBench.with("sd2") { bench in
            for work in [bench.systemd.start, bench.systemd.stop, bench.systemd.restart, bench.systemd.reload] {
                let text = await sentence { try await work("dbus.service") }
                #expect(text.hasPrefix("unit 'dbus.service' is not on machine '01234567'"))
            }
            let text = await sentence {
                try await bench.systemd.log("dbus.service", last: 1, follows: false) { _ in }
            }
            #expect(text.hasPrefix("unit 'dbus.service' is not on machine"))
        }
    }
}
