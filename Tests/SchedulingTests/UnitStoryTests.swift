import Model
import Testing

@testable import Scheduling

/// A cluster of three machines and some units, told as stories.
private enum Told {
    static func part(_ units: [Unit], _ machines: [Machine] = machines) -> Inventory.ClusterPart {
        var inventory = Inventory()
        let contents = ClusterContents(cluster: Cluster(id: "c", name: "c"), machines: machines, units: units)
        _ = inventory.apply(Report(source: .cluster("c"), revision: 1, observedAt: .zero, body: .cluster(contents)))
        guard let part = inventory.clusters["c"] else { preconditionFailure("it was just reported") }
        return part
    }

    static let machines = [
        Machine(id: "a", name: "east-1", metadata: ["disk": "ssd"], memoryMiB: 1_000),
        Machine(id: "b", name: "east-2", memoryMiB: 1_000), Machine(id: "c", name: "east-3", memoryMiB: 200),
    ]

    static func unit(
        _ name: UnitName, _ options: [String] = [], on machine: ID<Machine>? = nil, why: String = "",
        waits: String? = nil, desired: DesiredState = .launched
    ) -> Unit {
        let lines = options.map { option in
            option.hasPrefix("Memory") ? "[X-Quarterdeck]\n\(option)\n" : "[X-Fleet]\n\(option)\n"
        }
        guard let file = try? UnitFile(parsing: "[Service]\nExecStart=/bin/serve\n" + lines.joined()) else {
            preconditionFailure("\(options)")
        }
        return Unit(
            name: name, file: file, desired: desired,
            placement: machine.map { Placement(machine: $0, why: why) }, waiting: waits.map { .init(why: $0) })
    }

    static func lines(_ story: UnitStory) -> [String] {
        story.sentences.map(\.text)
            + story.machines.map {
                "\($0.name) \($0.units) \($0.standing): \($0.text)" + ($0.remedy.map { " → \($0)" } ?? "")
            }
    }
}

@Suite struct `The story of a unit` {
    @Test func `that was destroyed says who still has it`() throws {
        var part = Told.part([])
        part.units["web.service"] = .destroyed("web.service", ["b": UnitState(active: .deactivating, sub: "stop")])
        let story = try #require(UnitStory(of: "web.service", in: part))
        #expect(Told.lines(story) == ["it was destroyed; east-2 still has it and stops it"])
    }

    @Test func `that fleet places names fleet's own file for metadata`() throws {
        var part = Told.part([Told.unit("web.service", ["MachineMetadata=disk=tape"], waits: "no machine fits")])
        part.cluster.kind = .fleet
        let story = try #require(UnitStory(of: "web.service", in: part))
        #expect(story.machines.first?.remedy == "add disk=tape to metadata in its fleet.conf")
    }

    @Test func `that waits names all that keeps it from each machine, and what would help`() throws {
        let part = Told.part([
            Told.unit("web@1.service", ["Conflicts=web@*.service"], on: "a"),
            Told.unit(
                "web@2.service", ["Conflicts=web@*.service", "MachineMetadata=disk=ssd", "Memory=512M"],
                waits: "no machine fits: 2 without disk=ssd, 1 with a conflict by web@*.service"),
        ])
        let story = try #require(UnitStory(of: "web@2.service", in: part))
        #expect(
            Told.lines(story) == [
                "web@2.service waits: no machine fits: 2 without disk=ssd, 1 with a conflict by web@*.service",
                "it asks for disk=ssd, no web@*.service beside it, 512 MiB",
                "rule: of the machines that fit the one with the fewest units, ties to the lower ID; where it fits it stays",
                "east-2 0 barred: has no disk=ssd → start its agent with --metadata disk=ssd",
                "east-3 0 barred: has no disk=ssd; has 200 of the 512 MiB asked"
                    + " → start its agent with --metadata disk=ssd, and free 312 MiB there",
                "east-1 1 barred: has web@1.service, a conflict by web@*.service → move web@1.service away",
            ])
    }

    @Test func `that is placed says why there, and where it would go`() throws {
        let part = Told.part([
            Told.unit("web.service", on: "b", why: "fewest units (0) of 3 machines"), Told.unit("x.service", on: "a"),
        ])
        let story = try #require(UnitStory(of: "web.service", in: part))
        #expect(
            Told.lines(story) == [
                "web.service is placed on east-2: fewest units (0) of 3 machines", "it asks for nothing in particular",
                "rule: of the machines that fit the one with the fewest units, ties to the lower ID; where it fits it stays",
                "if it had to leave: it would go to east-3, fewest units (0) of 3 machines",
                "east-2 1 here: it is here", "east-3 0 next: would be chosen", "east-1 1 fits: fits",
            ])
    }

    @Test func `that drains, lost its machine, follows a peer or names a machine says so`() throws {
        var machines = Told.machines
        machines[1].isDraining = true
        let part = Told.part(
            [
                Told.unit("gone.service", on: "z"), Told.unit("peer.service", ["MachineOf=lead.service"]),
                Told.unit("lead.service", on: "b", waits: "nothing fits"), Told.unit("named.service", ["MachineID=c"]),
            ], machines)
        let lead = try #require(UnitStory(of: "lead.service", in: part))
        #expect(lead.sentences[1].text == "it is to leave, but nothing fits")
        #expect(lead.machines.first?.text == "it is here, but is draining")
        #expect(lead.machines.first?.remedy == "undo its drain")
        let gone = try #require(UnitStory(of: "gone.service", in: part))
        #expect(gone.sentences.first == .init(weight: .critical, text: "gone.service is placed on z, which is gone"))
        let peer = try #require(UnitStory(of: "peer.service", in: part))
        #expect(peer.sentences.map(\.text).contains("rule: the machine that has its peer lead.service"))
        #expect(peer.machines.map(\.text).contains("does not have its peer lead.service"))
        let named = try #require(UnitStory(of: "named.service", in: part))
        #expect(named.sentences.map(\.text).contains("now: it would go to east-3, its file names this machine"))
        #expect(named.machines.map(\.standing) == [.next, .barred, .barred])
    }

    @Test func `that is global tells each machine as its agent decides`() throws {
        var log = Told.unit("log.service", ["Global=true", "MachineMetadata=disk=ssd", "Conflicts=db*.service"])
        log.states["a"] = UnitState(active: .active, sub: "running")
        let story = try #require(UnitStory(of: "log.service", in: Told.part([log, Told.unit("db.service", on: "b")])))
        #expect(
            Told.lines(story) == [
                "log.service is global: it runs on every machine that fits, 1 of 3; 1 report it",
                "it asks for disk=ssd, no db*.service beside it",
                "rule: every machine with its metadata where nothing conflicts with it",
                "east-1 1 here: it is here",
                "east-3 0 barred: has no disk=ssd → start its agent with --metadata disk=ssd",
                "east-2 1 barred: has no disk=ssd; has db.service, a conflict by db*.service"
                    + " → start its agent with --metadata disk=ssd, and move db.service away",
            ])
    }

    @Test func `of a template is that of its instances; of none there is none`() throws {
        let part = Told.part([
            Told.unit("web@.service", desired: .inactive), Told.unit("web@1.service", on: "a", why: "named"),
            Told.unit("web@2.service", waits: "no machine"), Told.unit("web@3.service", desired: .inactive),
        ])
        let story = try #require(UnitStory(of: "web@.service", in: part))
        #expect(
            Told.lines(story) == [
                "web@.service is a template: its instances are placed, it never is",
                "3 instances: 1 on machines, 1 wait", "  web@1.service is on east-1: named",
                "  web@2.service waits: no machine", "  web@3.service is wanted inactive",
            ])
        #expect(UnitStory(of: "none.service", in: part) == nil)
        #expect(UnitStory(of: "web@2.service", in: Told.part([Told.unit("web@2.service")], []))?.machines == [])
    }
}
