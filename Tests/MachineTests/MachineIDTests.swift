import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `A machine whose ID another has` {
        @Test func `is refused and told why, runs nothing, and joins when the other is gone`() async throws {
            try await Stand.with(breaking: true) { stand in
                try await withCopy(of: "m1", stand) { copy in
                    let begin = Date()
                    try await stand.install(copy)
                    let row = try await Programs.eventually("the list tells it", within: .seconds(20)) {
                        try await stand.must("list-machines", "-o", "wide").split(separator: "\n").first {
                            $0.contains("refused")
                        }
                    }

                    let address = try await stand.shell(copy, ". /etc/machine.env; echo $MACHINE_IP").trimmed
                    #expect(row.contains("host=m1") && row.contains(address), "\(row)")
                    let said = try await stand.agentLog(copy, since: begin)
                    #expect(
                        said.contains("is taken by machine") && said.contains("systemd-machine-id-setup"), "\(said)")
                    let doctor = try await stand.run("doctor")
                    #expect(doctor.code == 1 && doctor.output.contains("its machine ID is taken again"), "\(doctor)")
                    try await stand.startInstances((1...3).map { "steady@\($0).service" }, of: Stand.beating)
                    #expect(stand.files(copy).isEmpty)

                    _ = try await Testbed.shell("m1", "systemctl poweroff")
                    try await Programs.eventually("the other one joins", within: .seconds(20)) {
                        try await stand.joined().contains(copy) ? true : nil
                    }
                }
            }
        }

        private func withCopy(of machine: String, _ stand: Stand, _ work: (String) async throws -> Void) async throws {
            try await stand.boot(["m4"])
            do {
                let id = try await stand.shell(machine, "cat /etc/machine-id").trimmed
                // Its systemd, its journal and its agent have the ID from the boot on.
                try await stand.fault("m4", "crash")
                try id.write(toFile: stand.disk("m4", "/etc/machine-id"), atomically: true, encoding: .utf8)
                try await stand.boot(["m4"])
                try await work("m4")
            } catch {
                try await Testbed.run("down", "m4")
                throw error
            }
            try await Testbed.run("down", "m4")
        }
    }
}
