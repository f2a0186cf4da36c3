import Foundation
import Programs
import Testing

@Suite(.serialized) struct `The status of a unit` {
    private static func write(_ name: String, _ text: String, _ farm: TestFarm) throws -> String {
        let path = farm.directory + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func pids(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix(" Main PID: ") }
    }

    @Test func `is as systemctl says it, and then what is known besides`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let unit = "[Unit]\nDescription=Says hello\n[Service]\nExecStart=/bin/sh -c 'echo hello; exec sleep 1000'\n"
            let path = try Self.write("hello.service", unit, farm)
            let loaded = try await farm.run("load", path, "--cluster", "customer-a")
            #expect(loaded.code == 0, "\(loaded.errors)")
            let before = try await farm.run("status", "hello", "--cluster", "customer-a").output
            #expect(before.hasPrefix("● hello.service - Says hello\n   Loaded: loaded\n   Active: inactive (dead)"))
            #expect(before.contains("\n   Wanted: loaded\n   Placed: "), "\(before)")

            #expect(try await farm.run("start", "hello", "--cluster", "customer-a").code == 0)
            try await Programs.eventually("its status says all", within: .seconds(30)) {
                let now = try await farm.run("status", "hello", "--cluster", "customer-a").output
                let active =
                    /Active: active \(running\) since [A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; \d+s ago/
                let hasLog = now.contains("\n\n") && now.contains(" hello\n")
                return now.contains(active) && Self.pids(now).count == 1 && hasLog ? true : nil
            }
        }
    }

    @Test func `that is global has a block for each machine, and all restart when that is asked`() async throws {
        try await TestFarm.with(vms: 6) { farm in
            let path = try Self.write(
                "every.service", "[Service]\nExecStart=/bin/sleep 1000\n[X-Fleet]\nGlobal=true\n", farm)
            #expect(try await farm.run("start", path, "--cluster", "customer-a").code == 0)
            let status = { try await farm.run("status", "every", "--cluster", "customer-a").output }
            let before = try await Programs.until("it runs on three", within: .seconds(30), status) {
                $0.components(separatedBy: "   Active: active (running) since ").count == 4
            }
            let head = "● every.service - every.service\n   Wanted: launched on every machine that fits\n"
            #expect(before.hasPrefix(head), "\(before)")
            #expect(before.components(separatedBy: "\n\n  Machine: ").count == 4, "\(before)")
            let pids = Self.pids(before)
            #expect(Set(pids).count == 3, "\(before)")

            let restarted = try await farm.run("restart", "every", "--cluster", "customer-a")

            #expect(restarted.code == 0, "\(restarted.errors)")
            #expect(restarted.output == "Triggered global unit every.service restart\n")
            try await Programs.eventually("all three are others", within: .seconds(30)) {
                let now = Self.pids(try await status())
                return now.count == 3 && Set(now).isDisjoint(with: pids) ? true : nil
            }
        }
    }
}
