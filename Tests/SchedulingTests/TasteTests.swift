import Model
import Scheduling
import Testing

private func asks(
    rules: [String] = [], avoids: [String] = [], prefers: [String] = [], isSticky: Bool = false
) -> Requirements {
    var asks = Requirements.none
    asks.rules = rules.compactMap(MetadataRule.init).sorted()
    asks.prefers = prefers.compactMap(MetadataRule.init).sorted()
    asks.avoids = avoids.map { Glob($0) }
    asks.isSticky = isSticky
    return asks
}

@Suite struct `A unit with rules on metadata` {
    static let machines = [
        machine("a", ["zone": "x", "cores": "2"]), machine("b", ["zone": "y", "cores": "8"]),
        machine("c", ["gpu": "1"]),
    ]

    @Test(arguments: [
        ("zone!=x", ["b", "c"]), ("zone in (x, y)", ["a", "b"]), ("zone not in (x, y)", ["c"]), ("cores>=4", ["b"]),
        ("cores<8", ["a"]), ("gpu", ["c"]), ("!gpu", ["a", "b"]), ("zone=x", ["a"]),
    ])
    func `goes where they hold`(rule: String, fitting: [String]) {
        var schedule = Schedule(Self.machines, wanted: [("u.service", asks(rules: [rule]))])
        _ = schedule.plan()
        #expect(schedule.machinesThatFit("u.service").map(\.text) == fitting)
        #expect(schedule.placement(of: "u.service")?.text == fitting.first)
    }

    @Test func `says which rule holds nowhere, and goes when it does`() {
        var schedule = Schedule(Self.machines, wanted: [("u.service", asks(rules: ["cores>=16"]))])
        #expect(schedule.plan().lines == ["u.service waits: no machine is cores>=16 (0 of 3)"])
        schedule.set(machine("b", ["zone": "y", "cores": "16"]))
        #expect(schedule.plan().lines == ["u.service -> b: the only machine that fits"])
        schedule.set(machine("b", ["zone": "y", "cores": "8"]))
        #expect(
            schedule.plan().lines == [
                "u.service <- b: the machine is not cores>=16", "u.service waits: no machine is cores>=16 (0 of 3)",
            ])
    }
}

@Suite struct `A unit with preferences` {
    @Test func `spreads over machines while it can, and shares one when it must`() {
        let web = asks(avoids: ["web@*.service"])
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("other.service", .none)])
        _ = schedule.plan()
        for name in ["web@1.service", "web@2.service", "web@3.service"] as [UnitName] { schedule.want(name, web) }
        #expect(
            schedule.plan().lines == [
                "web@1.service -> b: as it prefers, with the fewest units (0)",
                "web@2.service -> a: as it prefers, with the fewest units (1)",
                "web@3.service -> b: no machine is as it prefers: here beside 1 unit that it avoids",
            ])
    }

    @Test func `prefers metadata over fewer units`() {
        let db = asks(prefers: ["disk=ssd"])
        var schedule = Schedule([machine("a"), machine("b", ["disk": "ssd"])])
        for name in ["1.service", "2.service"] as [UnitName] { schedule.want(name, db) }
        _ = schedule.plan()
        #expect(schedule.placement(of: "2.service") == "b")
        schedule.removeMachine("b")
        #expect(
            schedule.plan().lines.last
                == "2.service -> a: no machine is as it prefers: here without 1 of what it prefers")
    }

    @Test func `is not driven from where it is by what comes later`() {
        var schedule = Schedule([machine("a")], wanted: [("web@1.service", asks(avoids: ["web@*"]))])
        schedule.want("web@2.service", asks(avoids: ["web@*"]))
        _ = schedule.plan()
        schedule.set(machine("b"))
        #expect(schedule.plan().lines == [])
    }
}

@Suite struct `A sticky unit` {
    private func made() -> Schedule {
        var schedule = Schedule([machine("a"), machine("b")], wanted: [("db.service", asks(isSticky: true))])
        _ = schedule.plan()
        return schedule
    }

    @Test func `waits for its machine, and is at home when it comes back`() {
        var schedule = made()
        schedule.removeMachine("a")
        #expect(
            schedule.plan().lines == [
                "db.service stays on a: sticky: waits for machine a, which is gone; only an operator moves it"
            ])
        #expect(schedule.plan().lines == [])
        schedule.set(machine("a"))
        #expect(schedule.plan().lines == [])
        #expect(schedule.placement(of: "db.service") == "a")
        #expect(schedule.takeRelieved() == ["db.service"])
    }

    @Test func `stays on a machine that drains or no longer fits`() {
        var schedule = made()
        schedule.setDraining("a", true)
        #expect(
            schedule.plan().lines == [
                "db.service stays on a: sticky: stays on its machine, which is draining; only an operator moves it"
            ])
    }

    @Test(arguments: [true, false]) func `goes where an operator moves it`(isGone: Bool) {
        var schedule = made()
        if isGone { schedule.removeMachine("a") }
        _ = schedule.plan()
        schedule.move("db.service", to: "b")
        #expect(
            schedule.plan().lines == ["db.service <- a: moved by an operator", "db.service -> b: moved by an operator"])
    }

    @Test func `is free again once it is unloaded`() {
        var schedule = made()
        schedule.setUnit("db.service", asks(isSticky: true), .inactive)
        _ = schedule.plan()
        schedule.removeMachine("a")
        schedule.setUnit("db.service", asks(isSticky: true), .launched)
        #expect(schedule.plan().lines == ["db.service -> b: the only machine that fits"])
    }
}

@Suite struct `Rebalancing` {
    private func crowded() -> Schedule {
        var schedule = Schedule([machine("a")])
        for number in 1...6 { schedule.want(UnitName(stringLiteral: "u\(number).service")) }
        _ = schedule.plan()
        schedule.set(machine("b"))
        schedule.set(machine("c"))
        _ = schedule.plan()
        return schedule
    }

    @Test func `evens out the load with as few moves as that takes`() {
        let result = crowded().rebalance(limit: 100)
        #expect(
            result.moves.map { "\($0.unit) \($0.from) \($0.to) \($0.why)" } == [
                "u1.service a b 0 units there, 6 here", "u2.service a c 0 units there, 5 here",
                "u3.service a b 1 units there, 4 here", "u4.service a c 1 units there, 3 here",
            ])
        #expect(result.loads.map(\.after) == [2, 2, 2])
        #expect(!result.isCut)
    }

    @Test func `is bounded, and says that there is more`() {
        let result = crowded().rebalance(limit: 2)
        #expect(result.moves.count == 2 && result.isCut)
        #expect(result.loads.map(\.before) == [6, 0, 0])
    }

    @Test func `leaves what is sticky, tied, followed or global`() {
        var schedule = Schedule([machine("a")])
        schedule.want("sticky.service", asks(isSticky: true))
        schedule.want("pinned.service", Requirements(machineID: "a"))
        schedule.want("peer.service")
        schedule.want("follower.service", Requirements(peers: ["peer.service"]))
        schedule.want("global.service", Requirements(isGlobal: true))
        _ = schedule.plan()
        schedule.set(machine("b"))
        _ = schedule.plan()
        #expect(schedule.rebalance(limit: 10).moves.isEmpty)
    }

    @Test func `brings units nearer to what they prefer`() {
        var schedule = Schedule([machine("a")])
        for name in ["web@1.service", "web@2.service"] as [UnitName] { schedule.want(name, asks(avoids: ["web@*"])) }
        _ = schedule.plan()
        schedule.set(machine("b"))
        schedule.want("x.service")
        _ = schedule.plan()
        let result = schedule.rebalance(limit: 10)
        #expect(result.moves.map(\.unit) == ["web@1.service"])
        #expect(result.moves.first?.why == "nearer to what it prefers")
    }

    @Test(arguments: 1...20)
    func `ends, obeys every requirement, and leaves nothing to gain by a unit that it did not move`(seed: Int) {
        var random = UInt64(seed)
        func next(_ count: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(count))
        }
        var schedule = Schedule((0..<4).map { machine("m\($0)", ["zone": "\($0 % 2)"]) })
        for number in 0..<40 {
            var need = Requirements.none
            switch next(5) {
            case 0: need = asks(rules: ["zone=\(next(2))"])
            case 1: need = conflicts("u\(number + 1).service")
            case 2: need = asks(avoids: ["u1*.service"])
            case 3: need = asks(prefers: ["zone=1"])
            default: break
            }
            schedule.want(UnitName(stringLiteral: "u\(number).service"), need)
        }
        _ = schedule.plan()
        for index in 4..<8 { schedule.set(machine("m\(index)", ["zone": "\(index % 2)"])) }
        _ = schedule.plan()
        let result = schedule.rebalance(limit: 1_000)
        #expect(!result.isCut)
        for move in result.moves {
            schedule.move(move.unit, to: move.to)
            let lines = schedule.plan().lines
            #expect(lines.first == "\(move.unit) <- \(move.from): moved by an operator")
        }
        #expect(schedule.plan().lines == [])
        // No unit is moved twice in one go, so a second look begins with one that was moved, or finds nothing.
        let again = schedule.rebalance(limit: 1).moves
        #expect(again.allSatisfy { move in result.moves.contains { $0.unit == move.unit } })
    }
}
