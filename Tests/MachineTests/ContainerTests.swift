import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `A unit that runs a container` {
        @Test(arguments: ["podman", "docker"])
        func `starts, writes its log, stops cleanly and moves`(engine: String) async throws {
            try await Stand.with { stand in
                for machine in ["m1", "m2"] {
                    try stand.put(Testbed.state + "/busybox.tar", machine, "/srv/busybox.tar")
                    try await stand.shell(machine, "\(engine) import /srv/busybox.tar busybox:1")
                }
                let name = "\(engine)-web.service"
                try await stand.start([name: Self.text(engine)])
                let first = try #require(try await stand.unit(name)?.machine)
                try await Programs.eventually("it writes", within: .seconds(10)) {
                    try await stand.must("journal", name).contains("inside") ? true : nil
                }

                try await stand.must("stop", name)
                let stopped = try await stand.until(name, "has stopped") { $0.active == "inactive" }
                #expect(stopped.why == "-", "\(stopped)")

                let second = first == "m1" ? "m2" : "m1"
                try await stand.must("start", name)
                try await stand.must("move", name, "--to", second)
                try await stand.until(name, within: .seconds(30), "has moved") {
                    $0.active == "active" && $0.machine == second
                }
                #expect(try await stand.shell(first, "\(engine) ps -q").isEmpty)
                #expect(try await stand.shell(second, "\(engine) ps --format '{{.Names}}'").trimmed == "\(engine)-web")
            }
        }

        private static func text(_ engine: String) -> String {
            """
            [Service]
            ExecStartPre=-/usr/bin/\(engine) rm -f %N
            ExecStart=/usr/bin/\(engine) run --rm --name %N busybox:1 \\
              /bin/sh -c 'echo inside; trap "exit 0" TERM; while :; do sleep 0.05; done'
            ExecStop=/usr/bin/\(engine) stop -t 5 %N
            SuccessExitStatus=143
            [X-Fleet]
            MachineMetadata=host=m1
            MachineMetadata=host=m2

            """
        }
    }
}
