import Foundation
import Programs
import Testing

/// A farm of ours with one cluster to import into, and a fleet to import from.
private struct Crossing: Sendable {
    let fleet: FakeFleet
    let endpoint: String
    let folder: String

    func run(_ words: String...) async throws -> Programs.Result {
        try await Programs.run(
            [Programs.quarterdeck] + words + ["--config", folder + "/farm/config.toml"],
            environment: ["HOME": folder, "XDG_STATE_HOME": folder], limit: .seconds(180))
    }

    func importing(_ words: String...) async throws -> Programs.Result {
        try await Programs.run(
            [
                Programs.quarterdeck, "import", "--from", endpoint, "--cluster", "customer-a", "--config",
                folder + "/farm/config.toml",
            ] + words, environment: ["HOME": folder, "XDG_STATE_HOME": folder], limit: .seconds(180))
    }

    func active() async throws -> Set<String> {
        let list = try await run("list-units", "--no-legend", "--fields", "unit,active,cluster")
        return Set(
            list.lines.map { $0.split(separator: "\t").map(String.init) }
                .filter { $0.count == 3 && $0[1] == "active" && $0[2] == "customer-a" }.map { $0[0] })
    }

    static func with(_ body: @escaping @Sendable (Crossing) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "qd-import-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/farm", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let farm = try Running(
            [Programs.quarterdeck, "demo", "--headless", "--keep", folder + "/farm", "--vms", "4"],
            environment: ["HOME": folder])
        defer {
            farm.signal(SIGTERM)
        }
        try await FakeFleet.with { fleet, endpoint in
            let crossing = Crossing(fleet: fleet, endpoint: endpoint, folder: folder)
            try await Programs.eventually("the farm is ready", within: .seconds(90)) {
                guard FileManager.default.fileExists(atPath: folder + "/farm/config.toml") else { return Bool?.none }
                return try await crossing.active().isEmpty ? nil : true
            }
            try await body(crossing)
        }
    }
}

@Suite(.serialized) struct `Taking over a fleet cluster` {
    @Test func `says first what would become of each unit and changes nothing`() async throws {
        try await Crossing.with { crossing in
            let fleet = crossing.fleet
            await fleet.put("shop.service", "launched", on: machineA, sleeper)
            await fleet.put("shop@.service", "inactive", sleeper)
            await fleet.put("bad.service", "launched", on: machineA, sleeper + [("Service", "Restart", "sometimes")])
            await fleet.put("far.service", "launched", sleeper + [("X-Fleet", "MachineMetadata", "region=moon")])
            await fleet.put("every.service", "launched", sleeper + [("X-Fleet", "Global", "true")])
            await fleet.put("ours.service", "launched", on: machineA, sleeper + [("X-Quarterdeck", "Metadata", "moon")])

            let foretold = try await crossing.importing()

            #expect(foretold.code == 1)
            let rows = Dictionary(
                foretold.lines.map { line in
                    let cells = line.split(separator: "\t").map(String.init)
                    return (cells[0], cells.dropFirst().joined(separator: "|"))
                }
            ) { first, _ in first }
            #expect(rows["shop.service"]?.hasPrefix("launched|on ") == true, "\(foretold.output)")
            #expect(rows["shop@.service"] == "inactive|stored")
            #expect(rows["bad.service"] == "launched|1 problem")
            #expect(rows["far.service"]?.hasPrefix("launched|would wait: no machine has region=moon") == true)
            #expect(rows["ours.service"]?.hasPrefix("launched|would wait: no machine ") == true, "\(foretold.output)")
            #expect(rows["every.service"] == "launched|on 2 of 2 machines", "\(foretold.output)")
            #expect(
                foretold.errors.contains("bad.service:3: Restart='sometimes' is unknown; use "), "\(foretold.errors)")
            #expect(foretold.errors.contains("3 of 6 cannot be taken over as things are; nothing was changed"))
            #expect(await fleet.units["shop.service"]?.desired == "launched")
            #expect(try await crossing.run("cat", "shop.service", "--cluster", "customer-a").code == 1)
        }
    }

    @Test func `moves unit by unit, and can be said twice`() async throws {
        try await Crossing.with { crossing in
            let fleet = crossing.fleet
            await fleet.put("shop.service", "launched", on: machineA, sleeper)
            await fleet.put(
                "side.service", "launched", on: machineA, sleeper + [("X-Fleet", "MachineOf", "shop.service")])
            await fleet.put("idle.service", "loaded", on: machineB, sleeper)
            await fleet.put("shop@.service", "inactive", sleeper)
            await fleet.put("every.service", "launched", sleeper + [("X-Fleet", "Global", "true")])

            let done = try await crossing.importing("--yes", "--destroy", "shop*", "side", "idle", "every")

            #expect(done.code == 0, "\(done.output)\(done.errors)")
            #expect(done.errors.hasSuffix("Successfully imported 5 units.\n"), "\(done.errors)")
            #expect(await fleet.units.isEmpty)
            #expect(try await crossing.active().isSuperset(of: ["shop.service", "side.service", "every.service"]))
            let files = try await crossing.run("list-unit-files", "--no-legend", "--fields", "unit,dstate,cluster")
            let wanted = Set(files.lines.map { $0.split(separator: "\t").joined(separator: " ") })
            #expect(wanted.contains("idle.service loaded customer-a"), "\(files.output)")
            #expect(wanted.contains("shop@.service inactive customer-a"))
            #expect(
                try await crossing.importing("--yes").output
                    == "there is nothing to take over from '\(crossing.endpoint)'\n")
        }
    }

    @Test func `puts a unit back that does not run here, and goes on with the others`() async throws {
        try await Crossing.with { crossing in
            let fleet = crossing.fleet
            await fleet.put("aaa.service", "launched", on: machineA, [("Service", "ExecStart", "/nonexistent/program")])
            await fleet.put("zzz.service", "launched", on: machineA, sleeper)

            let stopped = try await crossing.importing("--yes")
            #expect(stopped.code == 1 && stopped.errors.contains("0 of 2 are taken over"), "\(stopped.errors)")
            #expect(await fleet.units["aaa.service"]?.desired == "launched")
            #expect(await fleet.units["zzz.service"]?.launched == true)

            let done = try await crossing.importing("--yes", "--keep-going", "--replace")

            #expect(done.code == 1)
            #expect(
                done.errors.contains("'aaa.service' was not taken over and is wanted launched in fleet again"),
                "\(done.errors)")
            #expect(await fleet.units["aaa.service"]?.desired == "launched")
            #expect(await fleet.units["zzz.service"]?.desired == "inactive")
            #expect(try await crossing.active().contains("zzz.service"))
        }
    }

    @Test func `goes on after an interruption`() async throws {
        try await Crossing.with { crossing in
            let fleet = crossing.fleet
            await fleet.put("shop.service", "launched", on: machineA, sleeper)
            await fleet.change { fleet in fleet.stubborn = ["shop.service"] }
            let cut = try Running(
                [
                    Programs.quarterdeck, "import", "--from", crossing.endpoint, "--cluster", "customer-a", "--yes",
                    "--config", crossing.folder + "/farm/config.toml",
                ], environment: ["HOME": crossing.folder])
            try await Programs.eventually("it is stopped there", within: .seconds(120)) {
                await fleet.units["shop.service"]?.desired == "inactive" ? true : nil
            }
            cut.kill()
            await fleet.change { fleet in fleet.stubborn = [] }

            let done = try await crossing.importing("--yes")

            #expect(done.code == 0, "\(done.output)\(done.errors)")
            #expect(done.output.hasPrefix("Unit shop.service launched on "), "\(done.output)")
            #expect(try await crossing.active().contains("shop.service"))
            #expect(await fleet.units["shop.service"]?.desired == "inactive")
        }
    }
}
