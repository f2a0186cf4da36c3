import Model
import Scheduling
import Testing

@Suite struct `A machine that drains` {
    @Test func `gives its units to machines that fit, and takes none`() {
        var schedule = Schedule(
            [machine("a"), machine("b")], wanted: [("1.service", .none), ("2.service", .none), ("3.service", .none)])
        _ = schedule.plan()
        schedule.setDraining("a", true)
        #expect(
            schedule.plan().lines == [
                "1.service <- a: machine a is draining", "1.service -> b: the only machine that fits",
                "3.service <- a: machine a is draining", "3.service -> b: the only machine that fits",
            ])
        schedule.want("4.service")
        #expect(schedule.plan().lines == ["4.service -> b: the only machine that fits"])
        schedule.setDraining("a", false)
        schedule.want("5.service")
        #expect(schedule.plan().lines == ["5.service -> a: fewest units (0) of 2 machines"])
    }

    @Test func `keeps what fits nowhere else, with the reason, until something fits`() {
        let ssd = Requirements(metadata: ["disk": ["ssd"]])
        var schedule = Schedule([machine("a", ["disk": "ssd"]), machine("b")], wanted: [("db.service", ssd)])
        _ = schedule.plan()
        schedule.setDraining("a", true)
        #expect(
            schedule.plan().lines == [
                "db.service stays on a: no machine fits: 1 draining, 1 without disk=ssd"
            ])
        #expect(schedule.plan().isEmpty)
        schedule.set(machine("c", ["disk": "ssd"]))
        #expect(
            schedule.plan().lines == [
                "db.service <- a: machine a is draining", "db.service -> c: the only machine that fits",
            ])
    }

    @Test func `takes the reason back when the drain is undone`() {
        var schedule = Schedule([machine("a")], wanted: [("db.service", .none)])
        _ = schedule.plan()
        schedule.setDraining("a", true)
        #expect(schedule.plan().lines == ["db.service stays on a: no machine fits: 1 draining"])
        schedule.setDraining("a", false)
        #expect(schedule.plan().isEmpty)
        #expect(schedule.takeRelieved() == ["db.service"])
    }

    @Test func `moves peers together, whichever is decided first`() {
        var schedule = Schedule([machine("a"), machine("b")])
        schedule.want("a-follower.service", Requirements(peers: ["z-peer.service"]))
        schedule.want("z-peer.service")
        _ = schedule.plan()
        schedule.setDraining("a", true)
        _ = schedule.plan()
        #expect(schedule.placement(of: "a-follower.service") == "b")
        #expect(schedule.placement(of: "z-peer.service") == "b")
    }
}

@Suite struct `A move` {
    @Test func `goes anywhere but where the unit is`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.move("web.service", to: nil)
        #expect(
            schedule.plan().lines == [
                "web.service <- a: moved by an operator", "web.service -> b: moved by an operator",
            ])
    }

    @Test func `goes to the machine named`() {
        var schedule = Schedule([machine("a"), machine("b"), machine("c")], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.move("web.service", to: "c")
        _ = schedule.plan()
        #expect(schedule.placement(of: "web.service") == "c")
    }

    @Test func `is refused with the reason`() {
        var schedule = Schedule(
            [machine("a", ["disk": "ssd"]), machine("b")],
            wanted: [("db.service", Requirements(metadata: ["disk": ["ssd"]])), ("x.service", .none)])
        _ = schedule.plan()
        func answer(_ name: UnitName, _ machine: ID<Machine>?) -> [String] {
            schedule.move(name, to: machine)
            return schedule.plan().lines
        }
        #expect(answer("db.service", "b") == ["db.service is not moved: the machine has no disk=ssd"])
        #expect(answer("db.service", "a") == ["db.service is not moved: it is there already"])
        #expect(answer("db.service", "gone") == ["db.service is not moved: machine gone is gone"])
        #expect(
            answer("db.service", nil) == [
                "db.service is not moved: no machine fits: 1 being left, 1 without disk=ssd"
            ])
        schedule.setDraining("a", true)
        _ = schedule.plan()
        #expect(answer("x.service", "a") == ["x.service is not moved: the machine is draining"])
    }

    @Test func `of a unit that is on no machine is answered too`() {
        var schedule = Schedule([], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.move("web.service", to: nil)
        #expect(schedule.plan().lines == ["web.service is not moved: it is on no machine"])
        schedule.setUnit("web.service", .none, .inactive)
        schedule.move("web.service", to: nil)
        #expect(schedule.plan().lines == ["web.service is not moved: not wanted on a machine"])
    }
}

@Suite struct `A machine that is lost` {
    @Test func `loses its units to machines that fit`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("1.service", .none), ("2.service", .none)])
        _ = schedule.plan()
        schedule.removeMachine("a")
        #expect(
            schedule.plan().lines == [
                "1.service <- a: machine a is gone", "1.service -> b: the only machine that fits",
            ])
        schedule.set(machine("a"))
        #expect(schedule.plan().isEmpty)
    }

    @Test func `with many others gives its units back slowly, and keeps those whose machine returns`() {
        var schedule = Schedule([machine("a"), machine("b"), machine("c")])
        for number in 1...9 {
            if let name = try? UnitName("\(number).service") { schedule.want(name) }
        }
        _ = schedule.plan()
        schedule.removeMachine("b")
        schedule.removeMachine("c")
        let pace = Pace(limit: 2, lost: 2, of: 3)
        let first = schedule.plan(pace).lines
        #expect(
            first == [
                "2.service <- b: machine b is gone", "2.service -> a: the only machine that fits",
                "5.service <- b: machine b is gone", "5.service -> a: the only machine that fits",
                "8.service stays on b: 2 of 3 machines were lost at once: units come back slowly",
                "3.service stays on c: 2 of 3 machines were lost at once: units come back slowly",
                "6.service stays on c: 2 of 3 machines were lost at once: units come back slowly",
                "9.service stays on c: 2 of 3 machines were lost at once: units come back slowly",
            ])
        #expect(schedule.isPaced)
        #expect(schedule.plan(Pace(limit: 0, lost: 2, of: 3)).isEmpty)
        #expect(schedule.plan(Pace(limit: 1, lost: 2, of: 3)).lines.count == 2)
        schedule.set(machine("c"))
        #expect(schedule.plan(pace).isEmpty)
        #expect(schedule.takeRelieved() == ["3.service", "6.service", "9.service"])
        #expect(schedule.placement(of: "9.service") == "c")
        #expect(!schedule.hasWork)
    }
}
