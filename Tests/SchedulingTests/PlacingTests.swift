import Model
import Scheduling
import Testing

@Suite struct `A unit that is wanted` {
    @Test func `goes to the machine with the fewest units, ties to the lower ID`() {
        var schedule = Schedule([machine("b"), machine("a"), machine("c")])
        for name in ["1.service", "2.service", "3.service", "4.service"] as [UnitName] { schedule.want(name) }
        #expect(
            schedule.plan().lines == [
                "1.service -> a: fewest units (0) of 3 machines", "2.service -> b: fewest units (0) of 3 machines",
                "3.service -> c: fewest units (0) of 3 machines", "4.service -> a: fewest units (1) of 3 machines",
            ])
        #expect(schedule.plan().isEmpty)
    }

    @Test func `goes to the only machine there is`() {
        var schedule = Schedule([machine("a")], wanted: [("web.service", .none)])
        #expect(schedule.plan().lines == ["web.service -> a: the only machine that fits"])
    }

    @Test func `waits while there is no machine, is told once, and is placed when one joins`() {
        var schedule = Schedule([], wanted: [("web.service", .none)])
        #expect(schedule.plan().lines == ["web.service waits: there is no machine"])
        #expect(!schedule.hasWork)
        #expect(schedule.plan().isEmpty)
        schedule.set(machine("a"))
        #expect(schedule.plan().lines == ["web.service -> a: the only machine that fits"])
    }

    @Test func `is placed loaded just as launched`() {
        var schedule = Schedule([machine("a")])
        schedule.setUnit("web.service", .none, .loaded)
        #expect(schedule.plan().count == 1)
        schedule.want("web.service")
        #expect(schedule.plan().isEmpty)
    }

    @Test func `leaves its machine when it is wanted inactive, and when it is destroyed`() {
        var schedule = Schedule([machine("a")], wanted: [("web.service", .none), ("api.service", .none)])
        _ = schedule.plan()
        schedule.setUnit("web.service", .none, .inactive)
        schedule.removeUnit("api.service")
        #expect(
            schedule.plan().lines == ["web.service <- a: not wanted on a machine", "api.service <- a: destroyed"])
        #expect(schedule.load(of: "a") == 0)
    }

    @Test func `is never placed as a template`() {
        var schedule = Schedule([machine("a")], wanted: [("web@.service", .none)])
        #expect(schedule.plan().isEmpty)
        #expect(schedule.placement(of: "web@.service") == nil)
    }

    @Test func `comes back under its name after it was destroyed`() {
        var schedule = Schedule([machine("a")], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.removeUnit("web.service")
        _ = schedule.plan()
        schedule.want("web.service", Requirements(metadata: ["disk": ["ssd"]]))
        #expect(schedule.plan().lines == ["web.service waits: no machine has disk=ssd (0 of 1)"])
    }

    @Test func `that changed its file while placed moves only when its machine no longer fits`() {
        var schedule = Schedule([machine("a"), machine("b", ["disk": "ssd"])], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.want("web.service", Requirements(milliCPU: 100))
        #expect(schedule.plan().isEmpty)
        schedule.want("web.service", Requirements(metadata: ["disk": ["ssd"]]))
        #expect(
            schedule.plan().lines == [
                "web.service <- a: the machine has no disk=ssd", "web.service -> b: the only machine that fits",
            ])
    }

    @Test func `is where the store says, whatever was planned`() {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.setPlacement("web.service", "b")
        #expect(schedule.plan().isEmpty)
        #expect(schedule.load(of: "a") == 0)
        schedule.setPlacement("web.service", nil)
        #expect(schedule.plan().lines == ["web.service -> a: fewest units (0) of 2 machines"])
    }

    @Test func `that nobody stored leaves the machine it is placed on`() {
        var schedule = Schedule([machine("a")])
        schedule.setPlacement("ghost.service", "a")
        #expect(schedule.plan().lines == ["ghost.service <- a: destroyed"])
    }

    @Test func `gives its reason to wait back when it is no longer wanted`() {
        var schedule = Schedule([], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.setUnit("web.service", .none, .inactive)
        #expect(schedule.plan().isEmpty)
        #expect(schedule.takeRelieved() == ["web.service"])
        #expect(schedule.takeRelieved().isEmpty)
    }

    @Test func `is not told again why it waits when the store has the reason already`() {
        var schedule = Schedule([machine("a")], wanted: [("web.service", Requirements(metadata: ["gpu": ["true"]]))])
        schedule.setWaiting("web.service", "no machine has gpu=true (0 of 1)")
        #expect(schedule.plan().isEmpty)
        schedule.setWaiting("web.service", "an older reason")
        #expect(schedule.plan().lines == ["web.service waits: no machine has gpu=true (0 of 1)"])
    }
}

@Suite struct `A plan` {
    @Test func `is the same for the same facts`() {
        func plan() -> [Decision] {
            var schedule = Schedule((0..<20).map { machine("m\($0)", ["zone": "z\($0 % 3)"]) })
            for number in 0..<200 {
                guard let name = try? UnitName("u@\(number).service") else { continue }
                let zone = Requirements(metadata: ["zone": ["z\(number % 3)"]])
                schedule.want(name, number % 2 == 0 ? zone : conflicts("u@\(number % 7)*.service"))
            }
            var decisions = schedule.plan()
            schedule.removeMachine("m3")
            schedule.setDraining("m4", true)
            decisions += schedule.plan()
            return decisions
        }
        #expect(plan() == plan())
    }

    @Test func `retries what waits only when something changed that could help`() {
        var schedule = Schedule([machine("a")], wanted: [("gpu.service", Requirements(metadata: ["gpu": ["yes"]]))])
        _ = schedule.plan()
        schedule.set(machine("b"))
        #expect(!schedule.plan().lines.contains { $0.contains("->") })
        schedule.set(machine("c", ["gpu": "yes"]))
        #expect(schedule.plan().lines == ["gpu.service -> c: the only machine that fits"])
    }

    @Test func `explains a unit machine by machine`() throws {
        var schedule = Schedule(
            [machine("a", ["disk": "ssd"]), machine("b"), machine("c", ["disk": "ssd"])],
            wanted: [("db.service", Requirements(metadata: ["disk": ["ssd"]]))])
        _ = schedule.plan()
        schedule.setDraining("c", true)
        let lines = try #require(schedule.explain("db.service")).lines
        #expect(lines.map { $0.misfit?.sentence } == [nil, "has no disk=ssd", "is draining"])
        #expect(lines.map(\.isPlacement) == [true, false, false])
        #expect(lines.map(\.units) == [1, 0, 0])
        #expect(schedule.machinesThatFit("db.service") == ["a"])
        #expect(schedule.explain("none.service") == nil)
    }
}
