import Model
import Scheduling
import Testing

@Suite struct `A unit that names a machine` {
    @Test(arguments: ["0123456789abcdef", "01234567"])
    func `goes there by the full ID or by its first eight characters`(text: String) {
        var schedule = Schedule(
            [machine("00000000ffff"), machine("0123456789abcdef")],
            wanted: [("pin.service", Requirements(machineID: text))])
        #expect(schedule.plan().lines == ["pin.service -> 0123456789abcdef: its file names this machine"])
    }

    @Test func `waits while it is not here`() {
        var schedule = Schedule(
            [machine("a"), machine("b")], wanted: [("pin.service", Requirements(machineID: "cafecafe"))])
        #expect(schedule.plan().lines == ["pin.service waits: machine 'cafecafe' is not here"])
        schedule.set(machine("cafecafe0000"))
        #expect(schedule.plan().lines == ["pin.service -> cafecafe0000: its file names this machine"])
    }
}

@Suite struct `A unit that asks for metadata` {
    static let machines = [
        machine("a", ["disk": "ssd", "zone": "x"]), machine("b", ["disk": "ssd", "zone": "y"]), machine("c"),
    ]

    @Test func `needs every key`() {
        let asks = Requirements(metadata: ["disk": ["ssd"], "zone": ["y"]])
        var schedule = Schedule(Self.machines, wanted: [("db.service", asks)])
        #expect(schedule.plan().lines == ["db.service -> b: the only machine that fits"])
    }

    @Test func `takes any one of a key's values`() {
        let asks = Requirements(metadata: ["zone": ["z", "y", "x"]])
        var schedule = Schedule(Self.machines, wanted: [("db.service", asks), ("db2.service", asks)])
        #expect(
            schedule.plan().lines == [
                "db.service -> a: fewest units (0) of 2 machines", "db2.service -> b: fewest units (0) of 2 machines",
            ])
    }

    @Test func `says which is lacking when no machine has it`() {
        var schedule = Schedule(
            Self.machines,
            wanted: [
                ("gpu.service", Requirements(metadata: ["gpu": ["true"]])),
                ("far.service", Requirements(metadata: ["zone": ["q", "r"]])),
                ("mix.service", Requirements(metadata: ["disk": ["ssd"], "zone": ["q"]])),
            ])
        #expect(
            schedule.plan().lines == [
                "gpu.service waits: no machine has gpu=true (0 of 3)",
                "far.service waits: no machine has zone=q or zone=r (0 of 3)",
                "mix.service waits: no machine fits: 2 without zone=q, 1 without disk=ssd",
            ])
    }

    @Test func `leaves a machine that loses its metadata`() {
        let asks = Requirements(metadata: ["zone": ["x", "y"]])
        var schedule = Schedule(Self.machines, wanted: [("db.service", asks)])
        _ = schedule.plan()
        schedule.set(machine("a", ["disk": "ssd"]))
        #expect(
            schedule.plan().lines == [
                "db.service <- a: the machine has no zone=x or zone=y",
                "db.service -> b: the only machine that fits",
            ])
    }
}

@Suite struct `A unit with a peer` {
    static let beside = Requirements(peers: ["ping.service"])

    @Test func `is placed beside it, in the same plan`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("pong.service", Self.beside)])
        #expect(schedule.plan().lines == ["pong.service waits: its peer ping.service is not placed"])
        schedule.want("ping.service")
        #expect(
            schedule.plan().lines == [
                "ping.service -> a: fewest units (0) of 2 machines",
                "pong.service -> a: beside its peer ping.service",
            ])
    }

    @Test func `moves with it`() {
        var schedule = Schedule(
            [machine("a"), machine("b")], wanted: [("ping.service", .none), ("pong.service", Self.beside)])
        _ = schedule.plan()
        schedule.move("ping.service", to: nil)
        #expect(
            schedule.plan().lines == [
                "ping.service <- a: moved by an operator", "ping.service -> b: moved by an operator",
                "pong.service <- a: the machine does not have its peer ping.service",
                "pong.service -> b: beside its peer ping.service",
            ])
        schedule.removeMachine("b")
        _ = schedule.plan()
        #expect(schedule.placement(of: "ping.service") == "a")
        #expect(schedule.placement(of: "pong.service") == "a")
    }

    @Test func `leaves when it is destroyed`() {
        var schedule = Schedule([machine("a")], wanted: [("ping.service", .none), ("pong.service", Self.beside)])
        _ = schedule.plan()
        schedule.removeUnit("ping.service")
        #expect(
            schedule.plan().lines == [
                "pong.service <- a: the machine cannot have it before its peer ping.service is placed",
                "ping.service <- a: destroyed", "pong.service waits: its peer ping.service is not placed",
            ])
    }

    @Test func `waits for ever when they wait for each other`() {
        var schedule = Schedule(
            [machine("a")],
            wanted: [
                ("a.service", Requirements(peers: ["b.service"])), ("b.service", Requirements(peers: ["a.service"])),
            ])
        #expect(
            schedule.plan().lines == [
                "a.service waits: its peer b.service is not placed",
                "b.service waits: its peer a.service is not placed",
            ])
    }

    @Test func `that is global goes to a machine that has it`() {
        var schedule = Schedule([machine("a"), machine("b", ["disk": "ssd"])])
        schedule.want("exporter.service", Requirements(metadata: ["disk": ["ssd"]], isGlobal: true))
        schedule.want("side.service", Requirements(peers: ["exporter.service"]))
        #expect(schedule.plan().lines == ["side.service -> b: beside its peer exporter.service"])
    }
}

@Suite struct `Units that conflict` {
    @Test func `never share a machine, and the one too many waits`() {
        var schedule = Schedule([machine("a"), machine("b"), machine("c")])
        for number in 0..<4 {
            if let name = try? UnitName("c@\(number).service") { schedule.want(name, conflicts("c@*.service")) }
        }
        #expect(
            schedule.plan().lines == [
                "c@0.service -> a: fewest units (0) of 3 machines", "c@1.service -> b: fewest units (0) of 3 machines",
                "c@2.service -> c: fewest units (0) of 3 machines",
                "c@3.service waits: no machine fits: 3 with a conflict by c@*.service",
            ])
        schedule.removeUnit("c@1.service")
        #expect(
            schedule.plan().lines == [
                "c@1.service <- b: destroyed", "c@3.service -> b: fewest units (0) of 3 machines",
            ])
    }

    @Test func `do so whichever of the two declares it`() {
        var schedule = Schedule(
            [machine("a")], wanted: [("rude.service", conflicts("hello.service")), ("hello.service", .none)])
        #expect(
            schedule.plan().lines.last == "hello.service waits: no machine fits: 1 with a conflict by hello.service")
        var reversed = Schedule(
            [machine("a")], wanted: [("hello.service", .none), ("rude.service", conflicts("h?llo.*"))])
        #expect(reversed.plan().lines.last == "rude.service waits: no machine fits: 1 with a conflict by h?llo.*")
    }

    @Test func `may conflict with their own name`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("a@1.service", conflicts("a@1.service"))])
        #expect(schedule.plan().count == 1)
        schedule.set(machine("a", ["new": "fact"]))
        #expect(schedule.plan().isEmpty)
    }

    @Test func `by specifiers conflict with their like only`() throws {
        let text = "[Service]\nExecStart=/bin/true\n[X-Fleet]\nConflicts=%p@*.service\n"
        let file = try UnitFile(parsing: text)
        var schedule = Schedule([machine("a"), machine("b")])
        for name in ["web@1.service", "web@2.service", "db@1.service"] as [UnitName] {
            schedule.want(name, Requirements(of: file, name: name))
        }
        _ = schedule.plan()
        #expect(schedule.placement(of: "web@1.service") == "a")
        #expect(schedule.placement(of: "web@2.service") == "b")
        #expect(schedule.placement(of: "db@1.service") == "a")
    }

    @Test func `are parted when the store has them together`() {
        var schedule = Schedule(
            [machine("a"), machine("b")], wanted: [("x.service", conflicts("y.service")), ("y.service", .none)])
        schedule.setPlacement("x.service", "a")
        schedule.setPlacement("y.service", "a")
        #expect(
            schedule.plan().lines == [
                "x.service <- a: the machine has a unit that conflicts by y.service",
                "x.service -> b: fewest units (0) of 2 machines",
            ])
    }
}

@Suite struct `A unit that replaces` {
    @Test func `sends its victim to another machine`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("old.service", .none), ("x.service", .none)])
        _ = schedule.plan()
        schedule.want("new.service", replaces("old.service"))
        #expect(
            schedule.plan().lines == [
                "new.service -> a: fewest units (1) of 2 machines", "old.service <- a: replaced there by new.service",
                "old.service -> b: fewest units (1) of 2 machines",
            ])
    }

    @Test func `leaves its victim waiting where there is no other machine`() {
        var schedule = Schedule([machine("a")], wanted: [("old.service", .none)])
        _ = schedule.plan()
        schedule.want("new.service", replaces("old.*"))
        #expect(
            schedule.plan().lines == [
                "new.service -> a: the only machine that fits", "old.service <- a: replaced there by new.service",
                "old.service waits: no machine fits: 1 where old.* replaces it",
            ])
    }

    @Test func `is ignored when both replace each other`() {
        var schedule = Schedule([machine("a")], wanted: [("one.service", replaces("two.service"))])
        _ = schedule.plan()
        schedule.want("two.service", replaces("one.service"))
        #expect(schedule.plan().lines == ["two.service -> a: the only machine that fits"])
        #expect(schedule.plan().isEmpty)
    }

    @Test func `in a ring comes to rest`() {
        var schedule = Schedule(
            [machine("a"), machine("b")],
            wanted: [
                ("a.service", replaces("b.service")), ("b.service", replaces("c.service")),
                ("c.service", replaces("a.service")),
            ])
        #expect(schedule.plan().count < 20)
        #expect(schedule.plan().isEmpty)
    }
}
