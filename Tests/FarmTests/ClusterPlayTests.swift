import Foundation
import Glibc
import Programs
import Testing

/// Units as people of fleet wrote them, on a cluster of three machines.
private struct Play {
    let farm: TestFarm
    let cluster = "customer-a"

    static func with(_ work: (Play) async throws -> Void) async throws {
        try await TestFarm.with { try await work(Play(farm: $0)) }
    }

    /// Writes a unit's file and gives its path.
    @discardableResult
    func write(_ name: String, _ asks: String = "", command: String = "exec sleep 1000", more: String = "") throws
        -> String
    {
        let path = "\(farm.directory)/\(name)"
        let text = "[Service]\nExecStart=/bin/sh -c '\(command)'\n\(more)\n[X-Fleet]\n\(asks)\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @discardableResult
    func run(_ verb: String, _ units: [String], _ flags: String...) async throws -> Program.Result {
        try await farm.run([verb, "--cluster", cluster] + flags + units)
    }

    /// Runs a verb that has to succeed.
    func must(_ verb: String, _ units: [String], _ flags: String...) async throws {
        let done = try await farm.run([verb, "--cluster", cluster] + flags + units)
        #expect(done.code == 0, "\(verb): \(done.errors)")
    }

    func units(_ prefix: String) async throws -> [TestFarm.UnitRow] {
        try await farm.units().filter { $0.cluster == cluster && $0.unit.hasPrefix(prefix) }.sorted {
            $0.unit < $1.unit
        }
    }

    /// Where each active unit of that beginning is.
    func places(_ prefix: String) async throws -> [String: String] {
        let active = try await units(prefix).filter { $0.active == "active" }
        return Dictionary(active.map { ($0.unit, $0.machine ?? "") }) { first, _ in first }
    }

    func files(_ prefix: String) async throws -> [String] {
        struct Row: Decodable {
            var unit: String
            var cluster: String
        }
        let rows = try await farm.run("list-unit-files", "-o", "json").json([Row].self)
        return rows.filter { $0.cluster == cluster && $0.unit.hasPrefix(prefix) }.map(\.unit)
    }

    func until<Value>(_ what: String, _ look: () async throws -> Value?) async throws -> Value {
        try await Programs.eventually(what, within: .seconds(40), look)
    }

    /// Ends the VM of a machine, as if its power failed.
    func kill(machine: String) async throws {
        let vm = try #require(try await farm.vms().first { $0.machine == machine })
        Glibc.kill(try #require(vm.pid), SIGKILL)
    }
}

@Suite(.serialized) struct `Nine units` {
    @Test func `are stored, forgotten, stored again with other files, and listed by name`() async throws {
        try await Play.with { play in
            let names = try (1...9).map { try play.write("hello@\($0).service") }
            for _ in 1...2 {
                try await play.must("submit", names)
                #expect(try await play.files("hello@") == (1...9).map { "hello@\($0).service" })
                try await play.must("destroy", names)
                #expect(try await play.files("hello@") == [])
            }
            try await play.must("submit", names)
            for number in 1...9 { try play.write("hello@\(number).service", command: "echo new; exec sleep 1000") }
            try await play.must("submit", names, "--replace")
            #expect(try await play.files("hello@").count == 9)
            for name in names {
                let text = try await play.run("cat", [String(name.split(separator: "/").last ?? "")]).output
                #expect(text.contains("echo new"))
            }
        }
    }

    @Test func `are loaded and unloaded, started and stopped, again and again`() async throws {
        try await Play.with { play in
            let names = try (1...6).map { try play.write("hello@\($0).service") }
            for _ in 1...2 {
                try await play.must("load", names)
                #expect(try await play.units("hello@").map(\.active) == Array(repeating: "inactive", count: 6))
                try await play.must("unload", names)
                #expect(try await play.units("hello@").isEmpty)
            }
            for _ in 1...2 {
                try await play.must("start", names)
                #expect(try await play.places("hello@").count == 6)
                try await play.must("stop", names)
                #expect(try await play.places("hello@").isEmpty)
                #expect(try await play.units("hello@").count == 6)
            }
            try await play.must("start", names)
            let before = try await play.places("hello@")
            for number in 1...6 { try play.write("hello@\(number).service", command: "echo new; exec sleep 1000") }
            try await play.must("start", names, "--replace")
            #expect(try await play.places("hello@") == before, "a new file is no reason to move")
            #expect(try await play.run("cat", ["hello@6.service"]).output.contains("echo new"))
        }
    }

    @Test func `have the drop-ins beside them, those of their template first`() async throws {
        try await Play.with { play in
            try play.write("app@.service", command: "echo $$WHO; exec sleep 1000", more: "Environment=WHO=nobody")
            for (folder, value) in [("app@.service.d", "all"), ("app@2.service.d", "two")] {
                let path = "\(play.farm.directory)/\(folder)"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try "[Service]\nEnvironment=WHO=\(value)\n".write(
                    toFile: "\(path)/10-who.conf", atomically: true, encoding: .utf8)
                try "nonsense".write(toFile: "\(path)/README", atomically: true, encoding: .utf8)
            }
            let names = (1...2).map { "\(play.farm.directory)/app@\($0).service" }
            try await play.must("start", names)
            for (name, value) in [("app@1.service", "all"), ("app@2.service", "two")] {
                _ = try await play.until("\(name) says who it is") {
                    try await play.run("journal", [name]).output.contains(" \(value)\n") ? true : nil
                }
            }
            let text = try await play.run("cat", ["app@2.service"]).output
            #expect(text.contains("WHO=nobody\nEnvironment=WHO=two\n"), "its own takes the place of the template's")
            let broken = "\(play.farm.directory)/app@3.service.d"
            try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: true)
            try "Environment=A".write(toFile: "\(broken)/a.conf", atomically: true, encoding: .utf8)
            let refused = try await play.run("start", ["\(play.farm.directory)/app@3.service"])
            #expect(refused.code != 0 && refused.errors.contains("app@3.service.d/a.conf:1"), "\(refused.errors)")
        }
    }

    @Test func `are other processes after a restart`() async throws {
        try await Play.with { play in
            let name = try play.write("pid.service", command: "echo process $$$$; exec sleep 1000")
            try await play.must("start", [name])
            try await play.must("restart", ["pid.service"])
            let log = try await play.until("two processes told of themselves") {
                let lines = try await play.run("journal", ["pid.service"]).output.split(separator: "\n")
                    .map { $0.split(separator: " ").dropFirst() }.filter { $0.first == "process" }.map(\.last)
                return lines.count == 2 ? lines : nil
            }
            #expect(log[0] != log[1])
            #expect(try await play.places("pid").count == 1)
        }
    }
}

@Suite(.serialized) struct `Units that belong together or apart` {
    @Test func `stay together when the machine of one is lost`() async throws {
        try await Play.with { play in
            let pairs = try (1...3).flatMap { number in
                [
                    try play.write("ping.\(number).service"),
                    try play.write("pong.\(number).service", "MachineOf=ping.\(number).service"),
                ]
            }
            try await play.must("start", pairs, "--no-block")
            let before = try await play.until("six are active") {
                let places = try await play.places("p").filter { $0.key.hasPrefix("ping") || $0.key.hasPrefix("pong") }
                return places.count == 6 ? places : nil
            }
            for number in 1...3 {
                #expect(before["ping.\(number).service"] == before["pong.\(number).service"])
            }
            let lost = try #require(before["ping.1.service"])
            try await play.kill(machine: lost)
            _ = try await play.until("all are active elsewhere, each pair on one machine") {
                let now = try await play.places("p").filter { $0.key.hasPrefix("ping") || $0.key.hasPrefix("pong") }
                let isTogether = (1...3).allSatisfy { now["ping.\($0).service"] == now["pong.\($0).service"] }
                return now.count == 6 && isTogether && !now.values.contains(lost) ? true : nil
            }
        }
    }

    @Test func `never share a machine when they conflict, and the one too many says why`() async throws {
        try await Play.with { play in
            let three = try (0...2).map { try play.write("apart.\($0).service", "Conflicts=apart.*.service") }
            try await play.must("start", three)
            let places = try await play.places("apart.")
            #expect(Set(places.values).count == 3)
            let more = try (3...4).map { try play.write("apart.\($0).service", "Conflicts=apart.*.service") }
            let refused = try await play.run("start", more)
            #expect(refused.code != 0)
            #expect(
                refused.errors.contains("no machine fits: 3 with a conflict by apart.*.service"), "\(refused.errors)")
            #expect(try await play.files("apart.").count == 5)
            #expect(try await play.places("apart.") == places)
            // Who is lost is replaced, and nobody else moves.
            let lost = try #require(places["apart.1.service"])
            try await play.must("destroy", ["apart.1.service"])
            let next = try await play.until("one that waited has the place") {
                try await play.places("apart.").first { $0.value == lost }
            }
            #expect(["apart.3.service", "apart.4.service"].contains(next.key))
        }
    }

    @Test func `are parted by conflicts on several lines`() async throws {
        try await Play.with { play in
            let asks = (0...2).map { "Conflicts=many.\($0).service" }.joined(separator: "\n")
            let names = try (0...2).map { number in
                let others = asks.split(separator: "\n").filter { !$0.contains("many.\(number).") }
                return try play.write("many.\(number).service", others.joined(separator: "\n"))
            }
            try await play.must("start", names)
            #expect(Set(try await play.places("many.").values).count == 3)
        }
    }

    @Test func `are parted when only one of them says so`() async throws {
        try await Play.with { play in
            let first = try #require(try await play.farm.vms().first { $0.cluster == play.cluster }?.machine)
            let shy = try play.write("shy.service", "Conflicts=loud.service")
            try await play.must("start", [shy])
            let place = try #require(try await play.places("shy")["shy.service"])
            let loud = try play.write("loud.service", "MachineID=\(place)")
            let refused = try await play.run("start", [loud])
            #expect(refused.code != 0 && refused.errors.contains("conflict"), "\(refused.errors) \(first)")
            try await play.must("destroy", ["shy.service"])
            _ = try await play.until("the other is active") { try await play.places("loud")["loud.service"] }
        }
    }

    @Test func `give way to those that replace them, and none moves when both would`() async throws {
        try await Play.with { play in
            let victim = try play.write("victim.service")
            try await play.must("start", [victim])
            let place = try #require(try await play.places("victim")["victim.service"])
            // It goes to the least loaded machine; there it must meet its victim to part from it.
            let kicker = try play.write("kicker.service", "Replaces=victim.service")
            try await play.must("start", [kicker])
            try await play.run("move", ["kicker.service"], "--to", place)
            let parted: Bool = try await play.until("they are apart, both active") {
                let now = try await play.places("")
                guard let one = now["victim.service"], let other = now["kicker.service"] else { return nil }
                return one != other && other == place ? true : nil
            }
            #expect(parted)
            let names = try [
                play.write("ring.0.service", "Replaces=ring.1.service"),
                play.write("ring.1.service", "Replaces=ring.0.service"),
            ]
            try await play.must("start", names)
            let rings = try await play.places("ring.")
            try await Task.sleep(for: .seconds(2))
            #expect(try await play.places("ring.") == rings)
        }
    }
}

@Suite(.serialized) struct `Units that choose machines` {
    @Test func `run on the machine they name, by its whole ID or its beginning`() async throws {
        try await Play.with { play in
            let machines = try await play.farm.vms().filter { $0.cluster == play.cluster }.compactMap(\.machine)
            #expect(machines.count == 3)
            let names = try machines.enumerated().map { index, id in
                try play.write("pin.\(index).service", "MachineID=\(index == 0 ? String(id.prefix(8)) : id)")
            }
            try await play.must("start", names)
            let places = try await play.places("pin.")
            for (index, id) in machines.enumerated() { #expect(places["pin.\(index).service"] == id) }
        }
    }

    @Test func `are made from a template with their name in what they ask`() async throws {
        try await Play.with { play in
            let machines = try await play.farm.vms().filter { $0.cluster == play.cluster }.compactMap(\.machine)
            let template = try play.write("pin@.service", "MachineID=%i")
            try await play.must("submit", [template])
            let names = machines.reversed().map { "pin@\($0).service" }
            try await play.must("start", names)
            let places = try await play.places("pin@")
            for id in machines { #expect(places["pin@\(id).service"] == id) }
            let invalid = try await play.run("start", ["pin@nowhere.service"], "--block-attempts", "20")
            #expect(invalid.code != 0 && invalid.errors.contains("machine 'nowhere' is not here"), "\(invalid.errors)")
            #expect(try await play.run("start", ["pin@.service"]).errors.contains("cannot activate template"))
        }
    }

    @Test func `run everywhere when they are global, but not beside what they conflict with`() async throws {
        try await Play.with { play in
            let names = try [
                play.write("every.0.service", "Global=true\nConflicts=every.1.service"),
                play.write("every.1.service", "Global=true\nConflicts=every.0.service"),
            ]
            let first = try await play.run("start", [names[0]])
            #expect(first.output == "Triggered global unit every.0.service start\n")
            _ = try await play.until("it runs on three machines") {
                let rows = try await play.units("every.0").filter { $0.active == "active" }
                return Set(rows.map(\.machine)).count == 3 ? true : nil
            }
            try await play.must("start", [names[1]])
            try await Task.sleep(for: .seconds(2))
            let others = try await play.units("every.1").filter { $0.active == "active" }
            #expect(others.isEmpty)
            #expect(try await play.units("every.0").count { $0.active == "active" } == 3)
        }
    }

    @Test func `move alone when their machine goes, and come back to nothing`() async throws {
        try await Play.with { play in
            let scaled = try await play.farm.run("scale", play.cluster, "+1")
            #expect(scaled.code == 0, "\(scaled.errors)")
            let names = try (0...2).map { try play.write("apart.\($0).service", "Conflicts=apart.*.service") }
            try await play.must("start", names)
            let before = try await play.places("apart.")
            let lost = try #require(before["apart.1.service"])
            try await play.kill(machine: lost)
            let after = try await play.until("three are active on three machines that are left") {
                let now = try await play.places("apart.")
                return now.count == 3 && !now.values.contains(lost) ? now : nil
            }
            #expect(after["apart.0.service"] == before["apart.0.service"])
            #expect(after["apart.2.service"] == before["apart.2.service"])
        }
    }
}
