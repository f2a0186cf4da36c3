import Model
import Scheduling
import Testing

@Suite struct `A global unit` {
    @Test func `is placed by nobody and counts on every machine that has its metadata`() {
        var schedule = Schedule([machine("a", ["disk": "ssd"]), machine("b")])
        schedule.want("exporter.service", Requirements(metadata: ["disk": ["ssd"]], isGlobal: true))
        schedule.want("web.service")
        #expect(schedule.plan().lines == ["web.service -> b: fewest units (0) of 2 machines"])
        #expect(schedule.load(of: "a") == 1)
        schedule.removeUnit("exporter.service")
        _ = schedule.plan()
        #expect(schedule.load(of: "a") == 0)
    }

    @Test func `counts on a machine that joins, and not while it is wanted inactive`() {
        var schedule = Schedule([machine("a")])
        schedule.want("exporter.service", Requirements(isGlobal: true))
        schedule.set(machine("b"))
        #expect(schedule.load(of: "b") == 1)
        schedule.setUnit("exporter.service", Requirements(isGlobal: true), .inactive)
        #expect(schedule.load(of: "b") == 0)
    }

    @Test func `keeps units that conflict with it away, but moves none that is there`() {
        var schedule = Schedule([machine("a"), machine("b", ["old": "yes"])], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.want("lonely.service", Requirements(conflicts: [Glob("*.service")], isGlobal: true))
        schedule.set(machine("a", ["new": "fact"]))
        schedule.want("api.service")
        #expect(
            schedule.plan().lines == ["api.service waits: no machine fits: 2 with a conflict by *.service"])
        #expect(schedule.placement(of: "web.service") == "a")
    }

    @Test func `that was not global before leaves its machine`() {
        var schedule = Schedule([machine("a")], wanted: [("web.service", .none)])
        _ = schedule.plan()
        schedule.want("web.service", Requirements(isGlobal: true))
        #expect(schedule.plan().lines == ["web.service <- a: global: runs on every machine that fits"])
        #expect(schedule.load(of: "a") == 1)
    }
}

@Suite struct `A unit that asks for processor or memory` {
    @Test func `goes where enough is free`() {
        let asks = Requirements(milliCPU: 1_500, memoryMiB: 100)
        var schedule = Schedule(
            [machine("a", cpu: 2_000, memory: 4_096), machine("b", cpu: 4_000, memory: 150)],
            wanted: [("1.service", asks), ("2.service", asks), ("3.service", asks)])
        #expect(
            schedule.plan().lines == [
                "1.service -> a: fewest units (0) of 2 machines", "2.service -> b: fewest units (0) of 2 machines",
                "3.service waits: no machine fits: 1 short of memory, 1 short of processor",
            ])
        #expect(
            schedule.explain("3.service")?.lines.map { $0.misfit?.sentence } == [
                "has 0.5 of the 1.5 cores asked", "has 50 of the 100 MiB asked",
            ])
    }

    @Test func `is placed where another left`() {
        let asks = Requirements(memoryMiB: 600)
        var schedule = Schedule(
            [machine("a", memory: 1_000)], wanted: [("1.service", asks), ("2.service", asks)])
        _ = schedule.plan()
        schedule.setUnit("1.service", asks, .inactive)
        #expect(
            schedule.plan().lines == [
                "1.service <- a: not wanted on a machine", "2.service -> a: the only machine that fits",
            ])
    }

    @Test func `is not held back by what a machine does not tell`() {
        var schedule = Schedule([machine("a")], wanted: [("big.service", Requirements(milliCPU: 9_000_000))])
        #expect(schedule.plan().count == 1)
    }

    @Test func `is not driven away when its machine shrinks`() {
        var schedule = Schedule(
            [machine("a", memory: 1_000)], wanted: [("1.service", Requirements(memoryMiB: 600))])
        _ = schedule.plan()
        schedule.set(machine("a", memory: 500))
        #expect(schedule.plan().isEmpty)
    }
}
