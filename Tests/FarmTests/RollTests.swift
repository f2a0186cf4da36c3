import Foundation
import Programs
import Testing

@Suite(.serialized) struct `A new file` {
    private static func text(_ word: String, _ more: String = "") -> String {
        "[Service]\nExecStart=/bin/sh -c 'echo \(word); exec sleep 1000'\n\(more)"
    }

    private static func write(_ farm: TestFarm, _ name: String, _ text: String) throws -> String {
        let path = "\(farm.directory)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func rows(_ farm: TestFarm, _ prefix: String) async throws -> [TestFarm.UnitRow] {
        try await farm.units().filter { $0.unit.hasPrefix(prefix) }.sorted { $0.unit < $1.unit }
    }

    @Test func `is rolled over the units of a template, which keep their machines, and stops at the first that fails`()
        async throws
    {
        try await TestFarm.with(vms: 4) { farm in
            let path = try Self.write(farm, "app@.service", Self.text("one"))
            let names = (1...3).map { "\(farm.directory)/app@\($0).service" }
            let started = try await farm.run(["start", "--cluster", "customer-a", path] + names)
            #expect(started.code != 0, "a template is not started")
            let again = try await farm.run(["start", "--cluster", "customer-a"] + names)
            #expect(again.code == 0, "\(again.errors)")
            let before = try await Self.rows(farm, "app@")
            #expect(before.count == 3)

            _ = try Self.write(farm, "app@.service", Self.text("two"))
            let dry = try await farm.run([
                "roll", "--cluster", "customer-a", "--dry-run", "--file", path, "app@*.service",
            ])
            #expect(dry.output.contains("would roll app@1.service\n") && dry.output.contains("to 3 of 3 units"))
            let rolled = try await farm.run(
                ["roll", "--cluster", "customer-a", "--settle", "0", "--batch", "2", "--file", path, "app@*.service"])
            #expect(rolled.code == 0, "\(rolled.errors)")
            #expect(rolled.output.contains("rolled app@1.service app@2.service\nrolled app@3.service\n"))
            let after = try await Self.rows(farm, "app@")
            #expect(after.map(\.machine) == before.map(\.machine))
            #expect(after.allSatisfy { $0.active == "active" })
            #expect(Set(after.map(\.hash)).isDisjoint(with: before.map(\.hash)))

            _ = try Self.write(farm, "app@.service", "[Service]\nExecStart=/bin/false\n")
            let failed = try await farm.run(
                ["roll", "--cluster", "customer-a", "--back", "--file", path, "app@*.service"])
            #expect(failed.code != 0)
            #expect(failed.errors.contains("stopped at app@1.service with 0 of 3 units done"), "\(failed.errors)")
            _ = try await Programs.eventually("the first runs its file of before", within: .seconds(30)) {
                let rows = try await Self.rows(farm, "app@")
                return rows.map(\.hash) == after.map(\.hash) && rows.allSatisfy { $0.active == "active" } ? true : nil
            }
        }
    }

    @Test func `does not go on over units that it broke, keeps their drop-ins, and becomes their template's`()
        async throws
    {
        try await TestFarm.with(vms: 4) { farm in
            let path = try Self.write(farm, "app@.service", Self.text("one"))
            let folder = "\(farm.directory)/app@2.service.d"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "[Service]\nEnvironment=OWN=yes\n".write(
                toFile: "\(folder)/own.conf", atomically: true, encoding: .utf8)
            #expect(try await farm.run("submit", "--cluster", "customer-a", path).code == 0)
            let names = (1...3).map { "\(farm.directory)/app@\($0).service" }
            let started = try await farm.run(["start", "--cluster", "customer-a"] + names)
            #expect(started.code == 0, "\(started.errors)")
            let roll = ["roll", "--cluster", "customer-a", "--settle", "0", path]

            _ = try Self.write(farm, "app@.service", "[Service]\nExecStart=/bin/false\n")
            let failed = try await farm.run(roll)
            #expect(failed.errors.contains("stopped at app@1.service with 0 of 3 units done"), "\(failed.errors)")
            let again = try await farm.run(roll)
            #expect(again.code != 0 && again.errors.contains("have the file already"), "\(again.errors)")
            let others = try await Self.rows(farm, "app@").filter { $0.unit != "app@1.service" }
            #expect(others.count == 2 && others.allSatisfy { $0.active == "active" })

            _ = try Self.write(farm, "app@.service", Self.text("two"))
            let mended = try await farm.run(roll)
            #expect(mended.code == 0 && mended.output.contains("stored app@.service"), "\(mended.errors)")
            #expect(try await farm.run("cat", "app@2.service").output.contains("OWN=yes"))
            #expect(try await !farm.run("cat", "app@1.service").output.contains("OWN=yes"))
            #expect(try await farm.run("cat", "app@.service").output.contains("echo two"))
        }
    }

    @Test func `undoes nothing that somebody does with its units meanwhile`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            let path = try Self.write(farm, "app@.service", Self.text("one"))
            let names = (1...4).map { "\(farm.directory)/app@\($0).service" }
            let started = try await farm.run(["start", "--cluster", "customer-a"] + names)
            #expect(started.code == 0, "\(started.errors)")
            let roll = ["roll", "--cluster", "customer-a", "--settle", "6", "--file", path, "app@*.service"]

            _ = try Self.write(farm, "app@.service", Self.text("two"))
            async let second = farm.run(roll)
            try await Self.has(farm, "app@1.service", "echo two")
            #expect(try await farm.run("stop", "--no-block", "--cluster", "customer-a", "app@2").code == 0)
            #expect(try await farm.run("destroy", "--cluster", "customer-a", "app@3").code == 0)
            let rolled = try await second
            #expect(rolled.code == 0, "\(rolled.errors)")
            #expect(rolled.output.contains("left out app@3.service: it was destroyed meanwhile\n"), "\(rolled.output)")
            #expect(try await farm.run("cat", "app@3.service").code == 1)
            let rows = try await Self.rows(farm, "app@")
            #expect(rows.map(\.desired) == ["launched", "loaded", "launched"])
            #expect(Set(rows.map(\.hash)).count == 1)

            _ = try Self.write(farm, "app@.service", Self.text("three"))
            async let third = farm.run(roll)
            try await Self.has(farm, "app@1.service", "echo three")
            let other = try Self.write(farm, "app@4.service", Self.text("other"))
            #expect(try await farm.run("submit", "--replace", "--cluster", "customer-a", other).code == 0)
            let stopped = try await third
            #expect(stopped.code == 1)
            #expect(stopped.errors.contains("'app@4.service' got another file meanwhile"), "\(stopped.errors)")
            #expect(try await farm.run("cat", "app@4.service").output.contains("echo other"))
        }
    }

    @Test func `that fails is taken back from the units that still have it, wanted as they are by then`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            let path = try Self.write(farm, "app@.service", Self.text("one"))
            let names = (1...2).map { "\(farm.directory)/app@\($0).service" }
            #expect(try await farm.run(["start", "--cluster", "customer-a"] + names).code == 0)
            #expect(try await farm.run("stop", "--cluster", "customer-a", "app@2").code == 0)

            let short = "[Service]\nExecStart=/bin/sh -c 'echo two; sleep 6; exit 1'\n"
            _ = try Self.write(farm, "app@.service", short)
            let words = ["roll", "--cluster", "customer-a", "--settle", "20", "--batch", "2", "--back"]
            async let roll = farm.run(words + ["--file", path, "app@*.service"])
            try await Self.has(farm, "app@2.service", "echo two")
            #expect(try await farm.run("start", "--no-block", "--cluster", "customer-a", "app@2").code == 0)
            let failed = try await roll

            #expect(
                failed.code == 1 && failed.errors.contains("the batch got back what was before"), "\(failed.errors)")
            let rows = try await Self.rows(farm, "app@")
            #expect(rows.map(\.desired) == ["launched", "launched"])
            for name in ["app@1.service", "app@2.service"] { try await Self.has(farm, name, "echo one") }
        }
    }

    /// Waits until a unit's stored file has these words.
    private static func has(_ farm: TestFarm, _ unit: String, _ words: String) async throws {
        try await Programs.eventually("\(unit) has '\(words)'", within: .seconds(30)) {
            try await farm.run("cat", "--cluster", "customer-a", unit).output.contains(words) ? true : nil
        }
    }

    @Test func `of a global unit goes from machine to machine, and back when it fails`() async throws {
        try await TestFarm.with(vms: 6) { farm in
            let global = "[X-Fleet]\nGlobal=yes\n"
            let path = try Self.write(farm, "all.service", Self.text("one", global))
            let started = try await farm.run(["start", "--cluster", "customer-a", path])
            #expect(started.code == 0, "\(started.errors)")
            let before = try await Programs.eventually("it runs on three machines", within: .seconds(30)) {
                let rows = try await Self.rows(farm, "all.service").filter { $0.active == "active" }
                return rows.count == 3 ? rows : nil
            }
            _ = try Self.write(farm, "all.service", "[Service]\nExecStart=/bin/false\n" + global)
            let failed = try await farm.run(["roll", "--cluster", "customer-a", path])
            #expect(failed.code != 0)
            let held = try await Self.rows(farm, "all.service")
            #expect(held.count { $0.active == "active" && before.map(\.hash).contains($0.hash) } == 2)
            let again = try await farm.run(["roll", "--cluster", "customer-a", path])
            #expect(again.code != 0 && again.errors.contains("stopped at customer-a-"), "\(again.errors)")
            #expect(try await Self.rows(farm, "all.service").count { $0.active == "active" } == 2)
            let other = try Self.write(farm, "other.service", Self.text("other", global))
            let second = try await farm.run(["roll", "--cluster", "customer-a", "--file", other, "all.service"])
            #expect(second.errors.contains("another file of 'all.service'"), "\(second.errors)")
            let given = try await farm.run(["roll", "--cluster", "customer-a", "--abandon", "all.service"])
            #expect(given.code == 0, "\(given.errors)")
            _ = try await Programs.eventually("all run the file of before", within: .seconds(30)) {
                try await Self.rows(farm, "all.service").map(\.hash) == before.map(\.hash) ? true : nil
            }
            _ = try Self.write(farm, "all.service", Self.text("two", global))
            let rolled = try await farm.run(["roll", "--cluster", "customer-a", "--settle", "0", path])
            #expect(rolled.code == 0, "\(rolled.errors)")
            #expect(rolled.output.contains("rolled all.service on customer-a-1\n"), "\(rolled.output)")
            let after = try await Self.rows(farm, "all.service")
            #expect(after.count == 3 && Set(after.map(\.hash)).count == 1)
            #expect(after.first?.hash != before.first?.hash)
            let done = try await farm.run(["roll", "--cluster", "customer-a", path])
            #expect(done.output.contains("on all machines"), "\(done.output)")
        }
    }
}

@Suite(.serialized) struct `The machines of a cluster` {
    @Test func `are evened out when that is asked, and then nothing is left to do`() async throws {
        try await TestFarm.with(vms: 4) { farm in
            let file = "[Service]\nExecStart=/bin/sleep 1000\n"
            try file.write(toFile: farm.directory + "/many@.service", atomically: true, encoding: .utf8)
            let names = (1...6).map { "\(farm.directory)/many@\($0).service" }
            let machine = try #require(try await farm.units().first { $0.cluster == "customer-b" }?.machine)
            let other = try #require(
                try await farm.units().first {
                    $0.cluster == "customer-b" && $0.machine != machine && $0.machine != nil
                }?
                .machine)
            #expect(try await farm.run("drain", other).code == 0)
            #expect(try await farm.run(["start", "--cluster", "customer-b"] + names).code == 0)
            #expect(try await farm.run("drain", "--undo", other).code == 0)
            let dry = try await farm.run("rebalance", "--cluster", "customer-b")
            #expect(dry.output.contains("nothing was moved"), "\(dry.output)\(dry.errors)")
            let done = try await farm.run("rebalance", "--cluster", "customer-b", "--yes", "--moves", "50")
            #expect(done.code == 0, "\(done.errors)")
            let again = try await farm.run("rebalance", "--cluster", "customer-b")
            #expect(again.output == "no move would even out the machines\n")
        }
    }
}
