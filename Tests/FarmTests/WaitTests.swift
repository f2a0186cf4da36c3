import Foundation
import Programs
import Testing

@Suite(.serialized) struct `Waiting for a unit that is started` {
    private static func write(_ name: String, _ text: String, _ farm: TestFarm) throws -> String {
        let path = farm.directory + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `ends when the unit runs, has finished, fits nowhere, or takes longer than it may`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            try await Self.takesItsTime(farm)
            try await Self.finishes(farm)
            try await Self.fitsNowhere(farm)
        }
    }

    private static func takesItsTime(_ farm: TestFarm) async throws {
        let slow = try write(
            "slow.service", "[Service]\nExecStartPre=/bin/sleep 8\nExecStart=/bin/sleep 1000\n", farm)

        let early = try await farm.run("start", slow, "--cluster", "customer-a", "--block-attempts", "2")
        #expect(early.code == 1)
        #expect(
            early.errors.contains("unit 'slow.service' is not launched yet but activating (start-pre)"),
            "\(early.errors)")

        let late = try await farm.run("start", "slow", "--cluster", "customer-a")
        #expect(late.code == 0, "\(late.errors)")
        #expect(late.output.hasPrefix("Unit slow.service launched on "), "\(late.output)")
    }

    private static func finishes(_ farm: TestFarm) async throws {
        let once = try write("once.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n", farm)
        let done = try await farm.run("start", once, "--cluster", "customer-a")
        #expect(done.code == 0 && done.output.hasPrefix("Unit once.service launched on "), "\(done.errors)")

        let bad = try write("broken.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n", farm)
        let failed = try await farm.run("start", bad, "--cluster", "customer-a")
        #expect(failed.code == 1 && failed.errors.hasPrefix("unit 'broken.service' failed: "), "\(failed.errors)")
    }

    private static func fitsNowhere(_ farm: TestFarm) async throws {
        let apart = try write(
            "apart@.service", "[Service]\nExecStart=/bin/sleep 1000\n[X-Fleet]\nConflicts=apart@*.service\n", farm)
        #expect(try await farm.run("submit", apart, "--cluster", "customer-a").code == 0)
        #expect(try await farm.run("start", "apart@1", "--cluster", "customer-a").code == 0)

        let second = try await farm.run("start", "apart@2", "--cluster", "customer-a")

        #expect(second.code == 1)
        #expect(
            second.errors.contains("waits: no machine fits: 1 with a conflict by apart@*.service"), "\(second.errors)")
        let stopped = try await farm.run("stop", "apart@*", "slow", "--cluster", "customer-a")
        #expect(stopped.code == 1, "one of them waits")
        #expect(stopped.output.contains("Unit apart@1.service loaded on "), "\(stopped.output)\(stopped.errors)")
        #expect(stopped.output.contains("Unit slow.service loaded on "))
        let destroyed = try await farm.run("destroy", "apart@?", "--cluster", "customer-a")
        #expect(
            destroyed.output.split(separator: "\n").sorted() == [
                "Destroyed apart@1.service", "Destroyed apart@2.service",
            ])
        #expect(try await farm.run("cat", "apart@", "--cluster", "customer-a").code == 0)
    }
}

@Suite(.serialized, .enabled(if: EtcdStand.isPossible)) struct `Waiting for a unit that is mended` {
    @Test func `does not end with the reason of the file of before`() async throws {
        try await EtcdStand.with(members: 1, agents: ["a"]) { stand in
            let path = stand.directory + "/web.service"
            let service = "[Service]\nExecStart=/bin/sleep 100\n"
            try (service + "[X-Fleet]\nMachineMetadata=disk=none\n").write(
                toFile: path, atomically: true, encoding: .utf8)
            let before = try await stand.run("start", path)
            #expect(before.code == 1 && before.errors.contains("disk=none"), "\(before)")
            // The same once more: what it asks has stayed, and so has the reason.
            try (service + "ExecStartPre=/bin/true\n[X-Fleet]\nMachineMetadata=disk=none\n").write(
                toFile: path, atomically: true, encoding: .utf8)
            let again = try await stand.run("start", "--replace", "--block-attempts", "30", path)
            #expect(again.code == 1 && again.errors.contains("disk=none"), "\(again)")

            try service.write(toFile: path, atomically: true, encoding: .utf8)
            // The scheduler takes its time, and the reason of before stands meanwhile.
            stand.signalAgent("a", SIGSTOP)
            async let started = stand.run("start", "--replace", "--block-attempts", "30", path)
            try await Programs.eventually("the new file is stored", within: .seconds(30)) {
                try await stand.control("get", "/quarterdeck/shop/units/web.service").output.contains("disk=none")
                    ? nil : true
            }
            stand.signalAgent("a", SIGCONT)

            let mended = try await started
            #expect(mended.code == 0 && mended.output.hasPrefix("Unit web.service launched on "), "\(mended)")
        }
    }
}
